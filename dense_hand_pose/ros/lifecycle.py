# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Lifecycle transitions whose failures are logged, where rclpy is silent or ends the process."""

from collections.abc import Callable
import functools

from dense_hand_pose.quoting import printable
from lifecycle_msgs.srv import ChangeState
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from .limited_log import LimitedLog, MAX_CHARACTERS

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
