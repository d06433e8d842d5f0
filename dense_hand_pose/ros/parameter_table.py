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
from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.config_fields import bounds_of, choices_of
from dense_hand_pose.estimation.config import EstimatorConfig
from dense_hand_pose.kinematics.hand_fitter import FitConfig
from dense_hand_pose.runtimes.base import PRECISIONS
from dense_hand_pose.runtimes.registry import BACKENDS
from dense_hand_pose.tracking.smoothing import SmoothingConfig

from .parameters import Parameter, Value, wrong_choice

_DECODING_FIELDS = ('method', 'candidates', 'bandwidth_m', 'iterations', 'weighted')
_ESTIMATION_FIELDS = (
    ('model', 'views'),
    ('hand', 'cube_size_m'),
    ('hand', 'depth_min_m'),
    ('hand', 'depth_max_m'),
    ('hand', 'min_score'),
    ('hand', 'min_new_score'),
    ('roi', 'max_hands'),
    ('roi', 'search_every'),
    ('decode', 'min_confidence'),
)


def _field(name: str, config: type, field: str, description: str, live: bool = False) -> Parameter:
    """Return the row of a setting of a dataclass: its default, its range, its choices."""
    default = getattr(config(), field)
    bounds, choices = bounds_of(config, field), choices_of(config, field)
    if bounds is None:
        return Parameter(name, default, description, choices=choices, live=live)
    return Parameter(name, default, description, bounds.least, bounds.most, live=live)


PARAMETERS: tuple[Parameter, ...] = (
    Parameter('autostart', True, 'Configure and activate without a lifecycle manager.'),
    Parameter(
        'model.name_or_path',
        'auto',
        'Name of a built-in model (auto: the one for the device) or path of a .safetensors file.',
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
        'model.views',
        1,
        'Number of mirrored and turned crops whose estimates are averaged: 1, 2, 4 or 8; the '
        'network takes as many times as long.',
        1,
        8,
        live=True,
    ),
    _field(
        'hand.cube_size_m', EstimatorConfig, 'cube_size_m',
        'Edge of the cube around the hand centre that the network sees, metres.', live=True,
    ),
    _field(
        'hand.depth_min_m', EstimatorConfig, 'depth_min_m',
        'Nearest depth of a hand, metres.', live=True,
    ),
    _field(
        'hand.depth_max_m', EstimatorConfig, 'depth_max_m',
        'Farthest depth of a hand, metres.', live=True,
    ),
    _field(
        'hand.min_score', EstimatorConfig, 'min_score',
        'Hands below this score are not reported. The score combines confidence, bone lengths '
        'and, where the model has one, the presence head.', live=True,
    ),
    _field(
        'hand.min_new_score', EstimatorConfig, 'min_new_score',
        'New hands below this score are not reported; new: not tracked in the last half second.',
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
        'camera.image_transport',
        'raw',
        'raw: the topic image_rect; compressedDepth: image_rect/compressedDepth, as '
        'image_transport compresses depth (PNG or RVL).',
        choices=('raw', 'compressedDepth'),
    ),
    Parameter(
        'roi.mode',
        'tracked',
        'Where hands are searched. tracked: at the predicted places, in the whole frame when one '
        'is lost; detector, nearest: by the detector or at the nearest surfaces in every frame; '
        'topic: at the newest point on ~/hand_center.',
        choices=('tracked', 'detector', 'nearest', 'topic'),
    ),
    _field(
        'roi.max_hands', EstimatorConfig, 'max_hands',
        'Maximum number of hands.',
    ),
    _field(
        'roi.search_every', EstimatorConfig, 'search_every',
        'For roi.mode tracked: frames from one step of a search to the next while fewer than '
        'roi.max_hands are tracked; three steps search everything. 0: automatic, every frame.',
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
    _field(
        'decode.method', DecodingConfig, 'method',
        "Merging of votes: softmax over all, the paper's mean shift of the best, or one of all.",
        live=True,
    ),
    _field(
        'decode.candidates', DecodingConfig, 'candidates',
        'Votes for each joint: the K of mean_shift; for the others the number in ~/debug/votes.',
        live=True,
    ),
    _field(
        'decode.bandwidth_m', DecodingConfig, 'bandwidth_m',
        'Bandwidth of both mean shifts, metres.', live=True,
    ),
    _field(
        'decode.iterations', DecodingConfig, 'iterations',
        'Iterations of both mean shifts.', live=True,
    ),
    _field(
        'decode.weighted', DecodingConfig, 'weighted',
        'mean_shift weighs votes by their heat map value.', live=True,
    ),
    _field(
        'decode.min_confidence', EstimatorConfig, 'min_confidence',
        'Hands whose joints have a mean confidence below this are not reported.', live=True,
    ),
    Parameter(
        'fit.enabled',
        True,
        'Fit a hand with joint angles and constant bones to the joints: ~/joints are the fitted '
        "ones, ~/joints_raw the network's, and ~/palm, ~/joint_states and ~/pinch are published.",
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
    _field(
        'smoothing.min_cutoff_hz', SmoothingConfig, 'min_cutoff_hz',
        'Cut-off of the One-Euro filter for a joint at rest, Hz; lower is smoother.', live=True,
    ),
    _field(
        'smoothing.beta', SmoothingConfig, 'beta',
        'Rise of the cut-off with the speed, Hz for each m/s; higher lags less.', live=True,
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
    chosen: dict[str, Any] = {
        field: values[f'{group}.{field}'] for group, field in _ESTIMATION_FIELDS
    }
    decoding = DecodingConfig(**{field: values[f'decode.{field}'] for field in _DECODING_FIELDS})
    # In mode topic every frame is given its centre: nothing is searched.
    roi_mode = 'nearest' if values['roi.mode'] == 'topic' else values['roi.mode']
    fit = FitConfig() if values['fit.enabled'] else None
    return EstimatorConfig(roi_mode=roi_mode, decoding=decoding, fit=fit, **chosen)


def smoothing_config(values: Mapping[str, Any]) -> SmoothingConfig | None:
    """Return how joints are smoothed, None where they are not."""
    if not values['smoothing.enabled']:
        return None
    return SmoothingConfig(
        min_cutoff_hz=values['smoothing.min_cutoff_hz'], beta=values['smoothing.beta']
    )
