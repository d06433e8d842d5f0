# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The parameters of the node hand_pose: one table.

Descriptors, checks, config/hand_pose.yaml and docs/parameters.md all come from it. After a change
run `python -m dense_hand_pose.ros.parameter_docs`; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dense_hand_pose.camera.camera_info import IMAGE_KINDS
from dense_hand_pose.codec.config import METHODS
from dense_hand_pose.estimation.config import EstimatorConfig, MAX_HANDS
from dense_hand_pose.runtimes.base import BACKENDS, PRECISIONS
from dense_hand_pose.tracking.smoothing import SmoothingConfig

from .parameters import Parameter, Value, wrong_choice

PARAMETERS: tuple[Parameter, ...] = (
    Parameter('autostart', True, 'Configure and activate without a lifecycle manager.'),
    Parameter(
        'model.name_or_path', 'default', 'Name of a built-in model or path of a .safetensors file.'
    ),
    Parameter(
        'model.backend', 'auto', 'Runtime of the network.', choices=BACKENDS
    ),
    Parameter(
        'model.precision',
        'auto',
        'Number format of the network; auto: the fastest that agrees with float32.',
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
        'Hands below this score are not reported. The score combines confidence, bone lengths '
        'and, where the model has one, the presence head.',
        0.0,
        1.0,
        live=True,
    ),
    Parameter(
        'hand.min_new_score',
        0.7,
        'New hands below this score are not reported; new: not tracked in the last half second.',
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
        'Where hands are searched. tracked: at the predicted places, in the whole frame when one '
        'is lost; detector, nearest: by the detector or at the nearest surfaces in every frame; '
        'topic: at the newest point on ~/hand_center.',
        choices=('tracked', 'detector', 'nearest', 'topic'),
    ),
    Parameter('roi.max_hands', 1, 'Maximum number of hands.', 1, MAX_HANDS),
    Parameter(
        'roi.search_every',
        0,
        'For roi.mode tracked: frames from one search for further hands to the next while fewer '
        'than roi.max_hands are tracked; 0: 4 with the detector, 15 without, half of that for '
        'half a second after a hand was lost.',
        0,
        1000,
        live=True,
    ),
    Parameter(
        'roi.max_center_age_s',
        0.5,
        'For roi.mode topic: largest difference between the stamps of ~/hand_center and image, '
        'seconds.',
        0.001,
        60.0,
        live=True,
    ),
    Parameter(
        'decode.method',
        'soft',
        "Merging of votes: softmax over all, the paper's mean shift of the best, or one of all.",
        choices=METHODS,
        live=True,
    ),
    Parameter(
        'decode.candidates',
        5,
        'Votes for each joint: the K of mean_shift; for the others the number in ~/debug/votes.',
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
        'Hands whose joints have a mean confidence below this are not reported.',
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
    Parameter('publish.cloud', True, 'Publish ~/joints_cloud (computed for subscribers only).'),
    Parameter('publish.markers', True, 'Publish ~/markers (computed for subscribers only).'),
    Parameter(
        'publish.debug',
        True,
        'Publish ~/debug/image and ~/debug/votes (computed for subscribers only).',
    ),
    Parameter(
        'publish.tf', False, 'Publish a frame for each joint on /tf (needs tf2_msgs).'
    ),
    Parameter('publish.tf_prefix', 'hand_', "Prefix of the frames; the joint's name follows."),
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
        'Lifetime of markers without a new result, seconds; 0 keeps them.',
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


def problem(values: Mapping[str, Any]) -> str:
    """Return what is wrong with a complete set of the node's values, '' when nothing is."""
    wrong = wrong_choice(PARAMETERS, values)
    if not wrong:
        try:
            estimator_config(values)
        except ValueError as error:
            wrong = str(error)
    return wrong


def estimator_config(values: Mapping[str, Any]) -> EstimatorConfig:
    """Return the estimator's configuration; ValueError where values do not go together."""
    if values['hand.depth_min_m'] >= values['hand.depth_max_m']:
        raise ValueError(
            f'hand.depth_min_m = {values["hand.depth_min_m"]} must be less than '
            f'hand.depth_max_m = {values["hand.depth_max_m"]}'
        )
    names = {name.split('.')[1]: name for name in values if name.startswith(('hand.', 'decode.'))}
    chosen = {field: values[name] for field, name in names.items()}
    chosen.update({name: values[f'roi.{name}'] for name in ('max_hands', 'search_every')})
    # In mode topic every frame is given its centre: nothing is searched.
    roi_mode = 'nearest' if values['roi.mode'] == 'topic' else values['roi.mode']
    return EstimatorConfig(roi_mode=roi_mode, **chosen)


def smoothing_config(values: Mapping[str, Any]) -> SmoothingConfig | None:
    """Return how joints are smoothed, None where they are not."""
    if not values['smoothing.enabled']:
        return None
    return SmoothingConfig(
        min_cutoff_hz=values['smoothing.min_cutoff_hz'], beta=values['smoothing.beta']
    )
