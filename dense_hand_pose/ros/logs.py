# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The node's log: limited in lines and length, with the library's records and failed transitions.

Others can make the node write one line a kind and minute, and each is cut. rclpy is silent about
what a transition raises, and ends the process where a transition is not allowed.
"""

from collections.abc import Callable
import functools
import logging
import threading
import time

from dense_hand_pose.safe_output import printable
from lifecycle_msgs.srv import ChangeState
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.logging import get_logger

LOG_PERIOD_S = 60.0
"""A kind of message is logged when it first occurs, then at most this often, with a count."""

MAX_CHARACTERS = 500
"""A message quotes encodings, coefficients and names of others; its rest is cut."""


class LimitedLog:
    """Log each kind of message once in a period, from any thread."""

    def __init__(self, log: Callable[[str, str], None]) -> None:
        """Take `log(severity, line)`; severities are 'error', 'warn' and 'info'."""
        self._log = log
        self._lock = threading.Lock()
        self._logged_at: dict[str, float] = {}
        self._suppressed: dict[str, int] = {}

    def once(self, severity: str, kind: str, message: str, remedy: str = '') -> None:
        """Log a message, cut, and its remedy, unless its kind was ever logged."""
        with self._lock:
            if kind in self._logged_at:
                return
        self(severity, kind, message, remedy)

    def __call__(self, severity: str, kind: str, message: str, remedy: str = '') -> None:
        """Log a message, cut, and its remedy, unless its kind was logged within the period."""
        now = time.monotonic()
        with self._lock:
            logged_at = self._logged_at.get(kind)
            if logged_at is not None and now - logged_at < LOG_PERIOD_S:
                self._suppressed[kind] = self._suppressed.get(kind, 0) + 1
                return
            self._logged_at[kind] = now
            count = self._suppressed.pop(kind, 0) + 1
        again = f' ({count} times since the last such message)' if logged_at is not None else ''
        tail = f' {remedy}' if remedy else ''
        self._log(severity, f'{printable(message, MAX_CHARACTERS)}{again}{tail}')


Transition = Callable[[LifecycleNode, LifecycleState], TransitionCallbackReturn]


def log_exceptions(transition: Transition) -> Transition:
    """Log what a transition callback raises: rclpy only reports the failure."""

    @functools.wraps(transition)
    def loud(node: LifecycleNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except Exception as error:
            reason = f'{transition.__name__} failed: {type(error).__name__}: {error}'
            node.get_logger().error(printable(reason, MAX_CHARACTERS))
            raise

    return loud


def guard_change_state(node: LifecycleNode, log: LimitedLog) -> None:
    """
    Make ~/change_state answer success = false to a transition that the state does not allow.

    rclpy raises RCLError out of the service instead, which ends the executor and leaves the
    client without an answer.
    """
    service = node._service_change_state
    change_state = service.callback

    def guarded(
        request: ChangeState.Request, response: ChangeState.Response
    ) -> ChangeState.Response:
        try:
            return change_state(request, response)
        except rclpy_implementation.RCLError as error:
            log('error', 'transition', f'transition {request.transition.id} refused: {error}')
            response.success = False
            return response

    service.callback = guarded


LIBRARY = 'dense_hand_pose'


class RosHandler(logging.Handler):
    """Passes records on to the ROS logger of the library's name."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log with the severity of the record; rclpy needs one line of code for each."""
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
