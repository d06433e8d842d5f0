# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Load the estimator for the node and warm it up."""

from __future__ import annotations

from collections.abc import Mapping
import os
from typing import Any, TYPE_CHECKING

from dense_hand_pose.runtimes.process import wait_passively

from .logs import log_through_ros
from .parameter_table import estimator_config

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPoseEstimator


def load_estimator(values: Mapping[str, Any]) -> HandPoseEstimator:
    """Return an estimator that has seen a frame; raises what loading the model raises."""
    wait_passively()
    log_through_ros()
    from dense_hand_pose.estimator import HandPoseEstimator  # brings a runtime: seconds

    config = estimator_config(values)
    estimator = HandPoseEstimator.load(
        values['model.name_or_path'],
        backend=values['model.backend'],
        precision=values['model.precision'],
        config=config,
        threads=values['model.threads'] or spare_threads(),
    )
    estimator.warm_up()
    return estimator


def spare_threads() -> int:
    """
    Return how many cores the network may keep busy: all that this process may use but one.

    With every core in the network each of its layers waits for a thread that the camera or the
    middleware has pushed aside.
    """
    return max(1, len(os.sched_getaffinity(0)) - 1)
