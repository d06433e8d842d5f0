# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node `hand_pose`: it wires topics, parameters, services and the worker."""

from __future__ import annotations

from collections.abc import Sequence
import sys
from typing import Any, TYPE_CHECKING

from dense_hand_pose.safe_output import printable
from dense_hand_pose.skeleton import HAND_21
from rcl_interfaces.msg import SetParametersResult
import rclpy
from rclpy.clock import JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos_overriding_options import InvalidQosOverridesError
from rclpy.task import Future
from std_srvs.srv import Trigger

from .diagnostics import Reporter, Timings
from .executables import ignore_signals, run
from .frame_counters import FrameCounters
from .loading import load_estimator
from .logs import guard_change_state, LimitedLog, log_exceptions, MAX_CHARACTERS
from .output.outputs import Outputs
from .parameter_table import PARAMETERS, problem
from .parameters import declare, unknown_names
from .session import Session

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPoseEstimator

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class HandPoseNode(LifecycleNode):
    """
    Hand joints from depth images.

    configure loads the model, activate subscribes and processes frames; deactivate, cleanup and
    shutdown release in reverse. `failed` becomes done when an autostart does not succeed.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Declare the parameters; keyword arguments are those of rclpy.node.Node."""
        super().__init__('hand_pose', **kwargs)
        declare(self, PARAMETERS)
        self._report_unknown_parameters()
        self.failed = Future()
        self._limited_log = LimitedLog(self._log)
        self.counters = FrameCounters(self._limited_log)
        self._timings = Timings()
        self._estimator: HandPoseEstimator | None = None
        self._outputs: Outputs | None = None
        self._session: Session | None = None
        self.add_on_set_parameters_callback(self._set_parameters)
        self.create_service(Trigger, '~/reset', self._reset)
        guard_change_state(self, self._limited_log)
        self._reporter = Reporter(self, self.counters, self._timings, self._values, self._facts)
        self._watch_clock()
        if self._values()['autostart']:
            steady = self._reporter.steady
            self._autostart_timer = self.create_timer(0.0, self._autostart, clock=steady)

    def _report_unknown_parameters(self) -> None:
        """Log names of a parameter file that mean nothing here, which rclpy ignores."""
        unknown = unknown_names(PARAMETERS, self._parameter_overrides)
        if unknown:
            what = f'unknown parameters: {printable(unknown, MAX_CHARACTERS)}.'
            self.get_logger().warning(f'{what} docs/parameters.md lists all.')

    def _watch_clock(self) -> None:
        """Call _jumped when the ROS clock goes back, as it does when a bag loops."""
        backwards = JumpThreshold(
            min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=False
        )
        self._jump = self.get_clock().create_jump_callback(backwards, post_callback=self._jumped)

    def _values(self) -> dict[str, Any]:
        """Return the values of all parameters by name."""
        return {p.name: self.get_parameter(p.name).value for p in PARAMETERS}

    def _log(self, severity: str, message: str) -> None:
        """Log a line with a severity."""
        # rclpy needs one place in the code for each severity.
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
        if self._state_machine.current_state[1] != 'unconfigured':
            return  # a lifecycle manager was faster
        steps = (self.trigger_configure, self.trigger_activate)
        if not all(step() == SUCCESS for step in steps):
            self.failed.set_result(True)

    @log_exceptions
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
            reason = f'cannot load model {model!r} on {backend!r}: {error}'
            self.get_logger().error(printable(reason, MAX_CHARACTERS))
            return FAILURE
        try:
            self._outputs = Outputs(self, self._limited_log, values)
        except Exception as error:  # a package that is missing, or a qos_overrides value
            self.get_logger().error(f'cannot configure: {error}')
            self.release()
            return FAILURE
        self.get_logger().info(f'configured, the network runs on {self._estimator.backend_name}')
        return super().on_configure(state)

    @log_exceptions
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe, and process frames."""
        result = super().on_activate(state)
        self._outputs.announce(HAND_21.joints)
        values = self._values()
        session = Session(
            self,
            self._estimator,
            self._outputs,
            self.counters,
            self._timings,
            self._limited_log,
            values,
        )
        try:
            session.start(values)
        except Exception as error:  # rclpy has many for a wrong qos_overrides value
            self.get_logger().error(f'cannot activate: {error} (is qos_overrides right?)')
            session.stop()
            super().on_deactivate(state)
            return FAILURE
        self._session = session
        self._reporter.watch(session.topics)
        self.get_logger().info(f'active: {self.counters.source}')
        return result

    @log_exceptions
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and let the worker finish."""
        self._stop()
        self.get_logger().info('inactive')
        return super().on_deactivate(state)

    @log_exceptions
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release the model and the publishers."""
        self.release()
        return super().on_cleanup(state)

    @log_exceptions
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, from any state."""
        self.release()
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything after a failed transition; the node can be configured again."""
        self.release()
        return super().on_error(state)

    def _stop(self) -> None:
        """Undo on_activate."""
        if self._session is None:
            return
        self._reporter.watch([])
        self._session.stop()
        self._session = None
        if self.context.ok():
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
        """Serve ~/reset: drop all tracks and what waits in the queues."""
        response.success = self._session is not None
        response.message = 'all tracks forgotten' if response.success else 'not active: no track'
        if self._session is not None:
            self._session.reset()
        return response

    def _set_parameters(self, changes: Sequence[Parameter]) -> SetParametersResult:
        """Refuse values that contradict each other, else use them from the next frame on."""
        values = self._values()
        ours = {p.name: p.value for p in changes if p.name in values}
        values.update(ours)
        wrong = problem(values) if ours else ''
        if wrong:
            return SetParametersResult(successful=False, reason=wrong)
        if self._session is not None:
            self._session.configure(values)
        if self._outputs is not None:
            self._outputs.configure(values)
        return SetParametersResult(successful=True)

    def _jumped(self, jump: TimeJump) -> None:
        """Restart after the ROS clock went back: queues and tracks are of another time."""
        if self._session is not None:
            seconds = -jump.delta.nanoseconds / 1e9
            what = f'the clock went back by {seconds:.3f} s: restarting'
            self._limited_log('warn', 'clock', what)
            self._session.restart()

    def _facts(self) -> dict[str, object]:
        """Return the facts of the node for /diagnostics."""
        session = self._session
        estimator = self._estimator
        hands = frozenset() if session is None else self._outputs.hand_ids
        return {
            'backend': 'not loaded' if estimator is None else estimator.backend_name,
            'precision': 'not loaded' if estimator is None else estimator.precision,
            'image_topic': self.resolve_topic_name('image_rect'),
            'camera_info_topic': self.resolve_topic_name('camera_info'),
            'image_kind': 'unknown' if session is None else session.image_kind,
            'hand_present': bool(hands),
            'hands': len(hands),
            'searches': 0 if estimator is None else estimator.searches,
            'valid_depth_ratio': 'unknown' if session is None else f'{session.valid_ratio:.3f}',
        }


def main(args: Sequence[str] | None = None) -> int:
    """Run the node until it is shut down; 1 when it cannot start, with the reason in the log."""
    rclpy.init(args=args)
    try:
        node = HandPoseNode()
    except (ParameterException, InvalidQosOverridesError) as error:
        print(f'hand_pose: {printable(error, MAX_CHARACTERS)}', file=sys.stderr)
        rclpy.try_shutdown()
        return 1
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        # Not spin_until_future_complete: it adds a callback to the future in every turn.
        while rclpy.ok() and not node.failed.done():
            executor.spin_once()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except rclpy_implementation.RCLError:
        if rclpy.ok():  # else a signal came while a callback was publishing
            raise
    finally:
        ignore_signals()
        node.release()
        counts = node.counters.counts()
        failed = node.failed.done()
        executor.shutdown()
        node.destroy_node()
        rclpy.try_shutdown()
    print(f'hand_pose: {counts}')
    return int(failed)


if __name__ == '__main__':
    sys.exit(run(lambda: main))
