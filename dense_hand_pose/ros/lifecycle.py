# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Lifecycle transitions that say why they fail, where rclpy stays silent or ends the process."""

from collections.abc import Callable
import functools

from lifecycle_msgs.srv import ChangeState
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

Transition = Callable[[LifecycleNode, LifecycleState], TransitionCallbackReturn]


def log_exceptions(transition: Transition) -> Transition:
    """Have a transition callback log what it raises: rclpy only notes that it failed."""

    @functools.wraps(transition)
    def loud(node: LifecycleNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except Exception as error:
            reason = f'{transition.__name__} failed: {type(error).__name__}: {error}'
            node.get_logger().error(reason)
            raise

    return loud


def guard_change_state(node: LifecycleNode) -> None:
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
            node.get_logger().error(f'transition {request.transition.id} refused: {error}')
            response.success = False
            return response

    service.callback = guarded
