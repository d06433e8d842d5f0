# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node `hand_pose`: it wires topics, parameters, services and the worker."""

from __future__ import annotations

from collections.abc import Sequence
import sys
from typing import Any, TYPE_CHECKING

from dense_hand_pose.ros.drops import Ledger
from dense_hand_pose.ros.events import subscription_events
from dense_hand_pose.ros.lifecycle import guard_change_state
from dense_hand_pose.ros.loading import load_estimator
from dense_hand_pose.ros.outputs import Outputs
from dense_hand_pose.ros.pairing import Pairing
from dense_hand_pose.ros.parameters import declare, estimator_config, PARAMETERS, problem
from dense_hand_pose.ros.reporter import Reporter
from dense_hand_pose.ros.timings import Timings
from dense_hand_pose.ros.worker import Worker
from dense_hand_pose.skeleton import HAND_21
from message_filters import Subscriber
from rcl_interfaces.msg import SetParametersResult
import rclpy
from rclpy.clock import JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data, QoSProfile
from rclpy.qos_overriding_options import InvalidQosOverridesError, QoSOverridingOptions
from rclpy.task import Future
from sensor_msgs.msg import CameraInfo, Image
from std_srvs.srv import Trigger

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPoseEstimator

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class HandPoseNode(LifecycleNode):
    """
    Hand joints from depth images.

    configure loads the model, activate subscribes and works; deactivate, cleanup and shutdown
    release in reverse. `failed` becomes done when an autostart does not succeed.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Declare the parameters; keyword arguments are those of rclpy.node.Node."""
        super().__init__('hand_pose', **kwargs)
        declare(self, PARAMETERS)
        self.failed = Future()
        self.ledger = Ledger(self._log)
        self._timings = Timings()
        self._estimator: HandPoseEstimator | None = None
        self._outputs: Outputs | None = None
        self._worker: Worker | None = None
        self._pairing: Pairing | None = None
        self._subscribers: list[Subscriber] = []
        self.add_on_set_parameters_callback(self._set_parameters)
        self.create_service(Trigger, '~/reset', self._reset)
        guard_change_state(self)
        self._reporter = Reporter(self, self.ledger, self._timings, self._values, self._facts)
        self._watch_clock()
        if self._values()['autostart']:
            steady = self._reporter.steady
            self._autostart_timer = self.create_timer(0.0, self._autostart, clock=steady)

    def _watch_clock(self) -> None:
        """Have the ROS clock tell when it goes back, as it does when a bag loops."""
        backwards = JumpThreshold(
            min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=False
        )
        self._jump = self.get_clock().create_jump_callback(backwards, post_callback=self._jumped)

    def _values(self) -> dict[str, Any]:
        """Return the values of all parameters by name."""
        return {p.name: self.get_parameter(p.name).value for p in PARAMETERS}

    def _log(self, severity: str, message: str) -> None:
        """Log for the ledger."""
        # rclpy wants one place in the code for each severity.
        if severity == 'error':
            self.get_logger().error(message)
        elif severity == 'warn':
            self.get_logger().warning(message)
        else:
            self.get_logger().info(message)

    # Lifecycle

    def _autostart(self) -> None:
        """Configure and activate, once."""
        self._autostart_timer.cancel()
        steps = (self.trigger_configure, self.trigger_activate)
        if not all(step() == SUCCESS for step in steps):
            self.failed.set_result(True)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model and create the publishers."""
        values = self._values()
        wrong = problem(values)
        if wrong:
            self.get_logger().error(f'cannot configure: {wrong}')
            return FAILURE
        model, backend = values['model.name_or_path'], values['model.backend']
        self.get_logger().info(f'loading model {model!r} with backend {backend!r}')
        try:
            self._estimator = load_estimator(values)
        except Exception as error:  # whatever a model file or a runtime can raise
            self.get_logger().error(f'cannot load model {model!r} on {backend!r}: {error}')
            return FAILURE
        self._outputs = Outputs(self, values)
        self.get_logger().info('configured')
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe and work."""
        result = super().on_activate(state)
        try:
            self._start()
        except (RuntimeError, InvalidQosOverridesError) as error:  # a qos_overrides value
            self.get_logger().error(f'cannot activate: {error}')
            self._stop()
            super().on_deactivate(state)
            return FAILURE
        self.get_logger().info(f'active: {self.ledger.source}')
        return result

    def _start(self) -> None:
        """Start the worker, then the subscriptions that feed it."""
        values = self._values()
        self._outputs.announce(HAND_21.joints)
        self._worker = Worker(
            self._estimator,
            self.ledger,
            self._timings,
            deliver=self._outputs.publish,
            now_ns=lambda: self.get_clock().now().nanoseconds,
            alive=self.context.ok,
        )
        self._worker.start(estimator_config(values), values['sync.max_age_s'])
        self._pairing = Pairing(
            values['sync.mode'],
            values['sync.queue_size'],
            self.ledger,
            on_frame=self._worker.put,
            on_restart=self._worker.reset,
        )
        self._subscribe()
        self._reporter.watch([subscriber.sub.topic_name for subscriber in self._subscribers])

    def _subscribe(self) -> None:
        """Subscribe to both inputs; the pairing takes what comes."""
        image_topic = self.resolve_topic_name('image_rect')
        info_topic = self.resolve_topic_name('camera_info')
        self.ledger.source = f'{image_topic} with {info_topic}'
        for message_type, topic, receive in (
            (CameraInfo, info_topic, self._pairing.add_info),
            (Image, image_topic, self._pairing.add_image),
        ):
            subscriber = Subscriber(
                self,
                message_type,
                topic,
                qos_profile=QoSProfile(depth=1, reliability=qos_profile_sensor_data.reliability),
                event_callbacks=subscription_events(self.get_logger(), topic, self.ledger),
                qos_overriding_options=QoSOverridingOptions.with_default_policies(),
            )
            subscriber.registerCallback(receive)
            self._subscribers.append(subscriber)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and let the worker finish."""
        self._stop()
        self.get_logger().info('inactive')
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release the model and the publishers."""
        self.release()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, from whatever state."""
        self.release()
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything after a transition went wrong, to be configured anew."""
        self.release()
        return super().on_error(state)

    def _stop(self) -> None:
        """Undo on_activate."""
        self._reporter.watch([])
        for subscriber in self._subscribers:
            self.destroy_subscription(subscriber.sub)
        self._subscribers.clear()
        if self._pairing is not None:
            self._pairing.rebuild('deactivated')
            self._pairing = None
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
        if self._outputs is not None and self.context.ok():
            self._outputs.clear()

    def release(self) -> None:
        """Undo on_activate and on_configure, as far as they were done."""
        self._stop()
        self._estimator = None
        if self._outputs is not None:
            self._outputs.destroy()
            self._outputs = None

    # Services, parameters, clock

    def _reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Answer ~/reset: forget the track."""
        response.success = self._worker is not None
        response.message = 'track forgotten' if response.success else 'not active: no track'
        if self._worker is not None:
            self._worker.reset()
        return response

    def _set_parameters(self, changes: Sequence[Parameter]) -> SetParametersResult:
        """Refuse values that do not go together, else use them from the next frame on."""
        values = self._values()
        values.update({p.name: p.value for p in changes if p.name in values})
        wrong = problem(values)
        if wrong:
            return SetParametersResult(successful=False, reason=wrong)
        if self._worker is not None:
            self._worker.configure(estimator_config(values), values['sync.max_age_s'])
        if self._outputs is not None:
            self._outputs.configure(values)
        return SetParametersResult(successful=True)

    def _jumped(self, jump: TimeJump) -> None:
        """Begin anew after the ROS clock went back: queues and track are of another time."""
        if self._pairing is None or self._worker is None:
            return
        self.get_logger().warning(
            f'the clock went back by {-jump.delta.nanoseconds / 1e9:.3f} s: starting anew'
        )
        self._pairing.rebuild()
        self._worker.reset()

    def _facts(self) -> dict[str, object]:
        """Return what the reporter cannot know by itself."""
        active = self._worker is not None
        return {
            'hand_present': active and self._outputs.hand_present,
            'valid_depth_ratio': f'{self._worker.valid_ratio:.3f}' if active else 'unknown',
        }


def main(args: Sequence[str] | None = None) -> int:
    """Run the node until it is shut down; 1 when it cannot start, with the reason in the log."""
    rclpy.init(args=args)
    try:
        node = HandPoseNode()
    except (ParameterException, InvalidQosOverridesError) as error:
        print(f'hand_pose: {error}', file=sys.stderr)
        rclpy.try_shutdown()
        return 1
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        executor.spin_until_future_complete(node.failed)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.release()
        counts = node.ledger.counts()
        failed = node.failed.done()
        executor.shutdown()
        node.destroy_node()
        rclpy.try_shutdown()
    print(f'hand_pose: {counts}')
    return int(failed)


if __name__ == '__main__':
    sys.exit(main())
