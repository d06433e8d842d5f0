# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The parameters of the node hand_pose: one table.

Descriptors, checks, config/hand_pose.yaml and docs/parameters.md all come from it. After a change
run `python -m dense_hand_pose.ros.parameter_docs`; a test compares them.
"""

from dense_hand_pose.camera.camera_info import IMAGE_KINDS
from dense_hand_pose.codec.config import METHODS
from dense_hand_pose.estimation.config import MAX_HANDS
from dense_hand_pose.runtimes.base import BACKENDS, PRECISIONS

from .parameters import Parameter, Value

PARAMETERS: tuple[Parameter, ...] = (
    Parameter('autostart', True, 'Configure and activate without a lifecycle manager.'),
    Parameter(
        'model.name_or_path', 'default', 'Name of a built-in model or path of a .safetensors file.'
    ),
    Parameter(
        'model.backend', 'auto', 'What runs the network.', choices=BACKENDS
    ),
    Parameter(
        'model.precision',
        'auto',
        'What the network computes in; auto: the fastest with the joints of float32.',
        choices=PRECISIONS,
    ),
    Parameter(
        'model.threads',
        0,
        'CPU threads of the network; 0: one core less than there are, for camera and middleware.',
        0,
        256,
    ),
    Parameter(
        'hand.cube_size_m',
        0.30,
        'Edge of the cube around the hand centre that the network sees, metres.',
        0.1,
        1.0,
        live=True,
    ),
    Parameter(
        'hand.depth_min_m', 0.15, 'Nearest depth of a hand, metres.', 0.01, 10.0, live=True
    ),
    Parameter(
        'hand.depth_max_m', 1.2, 'Farthest depth of a hand, metres.', 0.01, 10.0, live=True
    ),
    Parameter(
        'hand.min_score',
        0.3,
        'What has a lower score as a hand is not reported. The score is made of confidence, bone '
        "lengths and, where the model has one, the network's own verdict.",
        0.0,
        1.0,
        live=True,
    ),
    Parameter(
        'hand.min_new_score',
        0.7,
        'A hand that was not followed in the half second before is not reported below this score.',
        0.0,
        1.0,
        live=True,
    ),
    Parameter(
        'camera.image_kind',
        'auto',
        'rectified: P of camera_info; raw: its K, and the lens is undone by D; auto: rectified '
        "where the last word of the image's topic has 'rect'.",
        choices=IMAGE_KINDS,
    ),
    Parameter(
        'roi.mode',
        'tracked',
        'Where hands are looked for: where they are expected after the last frames (searched '
        'when one is lost), by the detector or at the nearest surfaces in every frame, or at the '
        'newest point on ~/hand_center.',
        choices=('tracked', 'detector', 'nearest', 'topic'),
    ),
    Parameter('roi.max_hands', 1, 'So many hands are followed at most.', 1, MAX_HANDS),
    Parameter(
        'roi.search_every',
        0,
        'For roi.mode tracked: frames from one search for further hands to the next while fewer '
        'than roi.max_hands are known; 0: 4 with the detector, 15 without, half of that for half '
        'a second after a hand was lost.',
        0,
        1000,
        live=True,
    ),
    Parameter(
        'roi.max_center_age_s',
        0.5,
        'For roi.mode topic: by how much the stamps of ~/hand_center and image may differ, '
        'seconds.',
        0.001,
        60.0,
        live=True,
    ),
    Parameter(
        'decode.method',
        'soft',
        "How votes are merged: all softly, the paper's mean shift of the best, or one of all.",
        choices=METHODS,
        live=True,
    ),
    Parameter(
        'decode.candidates',
        5,
        'Votes a joint: the K of mean_shift; otherwise how many ~/debug/votes shows.',
        1,
        64,
        live=True,
    ),
    Parameter(
        'decode.bandwidth_m',
        0.04,
        'Bandwidth of both mean shifts, metres.',
        0.001,
        0.5,
        live=True,
    ),
    Parameter('decode.iterations', 10, 'Iterations of both mean shifts.', 0, 100, live=True),
    Parameter(
        'decode.weighted', True, 'mean_shift weighs votes by their heat map value.', live=True
    ),
    Parameter(
        'decode.min_confidence',
        0.25,
        'A hand whose joints have less than this mean confidence is not reported.',
        0.0,
        1.0,
        live=True,
    ),
    Parameter(
        'sync.mode',
        'exact',
        'exact: image and camera_info with equal stamps; latest_info: the newest camera_info.',
        choices=('exact', 'latest_info'),
    ),
    Parameter('sync.queue_size', 10, 'Images that may wait for their camera_info.', 1, 1000),
    Parameter(
        'sync.max_age_s',
        1.0,
        'Older images are dropped, seconds between stamp and now; 0 accepts any age.',
        0.0,
        3600.0,
        live=True,
    ),
    Parameter(
        'smoothing.enabled',
        False,
        'Publish ~/joints_smoothed, and show smoothed joints in ~/markers and /tf; ~/joints and '
        '~/joints_cloud stay as they are.',
        live=True,
    ),
    Parameter(
        'smoothing.min_cutoff_hz',
        1.5,
        'Cut-off of the One-Euro filter for a joint at rest, Hz; lower is smoother.',
        0.01,
        100.0,
        live=True,
    ),
    Parameter(
        'smoothing.beta',
        20.0,
        'Rise of the cut-off with the speed, Hz for each m/s; higher lags less.',
        0.0,
        1000.0,
        live=True,
    ),
    Parameter('publish.cloud', True, 'Publish ~/joints_cloud (only while somebody listens).'),
    Parameter('publish.markers', True, 'Publish ~/markers (only while somebody listens).'),
    Parameter(
        'publish.debug',
        True,
        'Publish ~/debug/image and ~/debug/votes (only while somebody listens).',
    ),
    Parameter(
        'publish.tf', False, 'Publish a frame for each joint on /tf (needs tf2_msgs).'
    ),
    Parameter('publish.tf_prefix', 'hand_', "Frames are this and the joint's name."),
    Parameter(
        'publish.joint_diameter_m', 0.012, 'Diameter of joint markers, metres.', 0.0005, 0.1,
        live=True,
    ),
    Parameter(
        'publish.bone_width_m', 0.006, 'Width of bone markers, metres.', 0.0005, 0.1, live=True
    ),
    Parameter(
        'publish.marker_lifetime_s',
        1.0,
        'Markers vanish when no result came for this long, seconds; 0 keeps them.',
        0.0,
        3600.0,
        live=True,
    ),
    Parameter('diagnostics.period_s', 1.0, 'Period of /diagnostics, seconds.', 0.1, 60.0),
    Parameter(
        'diagnostics.no_data_s',
        5.0,
        'Warn when no image arrived for this long, seconds.',
        0.5,
        3600.0,
        live=True,
    ),
)  # fmt: skip


def defaults() -> dict[str, Value]:
    """Return every parameter's default by name."""
    return {parameter.name: parameter.default for parameter in PARAMETERS}
