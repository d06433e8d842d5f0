# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""From the values of the node's parameters to the configurations of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TYPE_CHECKING

from dense_hand_pose.ros.parameter_table import PARAMETERS
from dense_hand_pose.ros.parameters import wrong_choice
from dense_hand_pose.smoothing import SmoothingConfig

if TYPE_CHECKING:
    from dense_hand_pose.estimator import EstimatorConfig


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
    from dense_hand_pose.estimator import EstimatorConfig  # brings OpenCV: not before it is due

    names = {name.split('.')[1]: name for name in values if name.startswith(('hand.', 'decode.'))}
    chosen = {field: values[name] for field, name in names.items()}
    # In mode topic every frame is given its centre: nothing is tracked.
    roi_mode = 'tracked' if values['roi.mode'] == 'tracked' else 'nearest'
    return EstimatorConfig(roi_mode=roi_mode, **chosen)


def smoothing_config(values: Mapping[str, Any]) -> SmoothingConfig | None:
    """Return how joints are smoothed, None where they are not."""
    if not values['smoothing.enabled']:
        return None
    return SmoothingConfig(
        min_cutoff_hz=values['smoothing.min_cutoff_hz'], beta=values['smoothing.beta']
    )
