# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Load the estimator for the node, warm it up, and pass the logs of the library to ROS."""

from __future__ import annotations

from collections.abc import Mapping
import logging
import os
from typing import Any, TYPE_CHECKING

from dense_hand_pose.process import wait_passively
from dense_hand_pose.quoting import printable
from rclpy.logging import get_logger

from .limited_log import MAX_CHARACTERS
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


LIBRARY = 'dense_hand_pose'


class RosHandler(logging.Handler):
    """Passes records on to the ROS logger of the library's name."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log with the severity of the record; rclpy wants one line of code for each."""
        logger = get_logger(LIBRARY)
        text = printable(record.getMessage(), MAX_CHARACTERS)
        if record.levelno >= logging.ERROR:
            logger.error(text)
        elif record.levelno >= logging.WARNING:
            logger.warning(text)
        elif record.levelno >= logging.INFO:
            logger.info(text)
        else:
            logger.debug(text)


def log_through_ros() -> None:
    """Have the library's messages from INFO on appear in the log of ROS; once a process."""
    library = logging.getLogger(LIBRARY)
    if not any(isinstance(handler, RosHandler) for handler in library.handlers):
        library.addHandler(RosHandler())
        library.setLevel(logging.INFO)
