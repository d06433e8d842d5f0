# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""From the values of the node's parameters to the configurations of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dense_hand_pose.estimation.config import EstimatorConfig
from dense_hand_pose.tracking.smoothing import SmoothingConfig

from .parameter_table import PARAMETERS
from .parameters import wrong_choice


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
