# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the library says by Python's logging, such as which backend was chosen and why, in ROS."""

import logging

from rclpy.logging import get_logger

LIBRARY = 'dense_hand_pose'


class RosHandler(logging.Handler):
    """Passes records on to the ROS logger of the library's name."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log with the severity of the record; rclpy wants one line of code for each."""
        logger, text = get_logger(LIBRARY), record.getMessage()
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
