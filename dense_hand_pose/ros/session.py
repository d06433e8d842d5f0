# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What exists while the node is active: subscriptions, synchronizer and the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TYPE_CHECKING

from geometry_msgs.msg import PointStamped
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, Image

from .diagnostics import Timings
from .frame_counters import FrameCounters
from .inputs import FrameReader, HandCenter
from .limited_log import LimitedLog
from .outputs import Outputs
from .parameter_table import estimator_config
from .qos import subscription_events
from .synchronizer import Synchronizer
from .worker import Worker

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPoseEstimator


class Session:
    """
    Images in, answers out, from `start` to `stop`.

    A session is used once. Its methods are called on the executor's thread.
    """

    def __init__(
        self,
        node: LifecycleNode,
        estimator: HandPoseEstimator,
        outputs: Outputs,
        counters: FrameCounters,
        timings: Timings,
        log: LimitedLog,
        values: Mapping[str, Any],
    ) -> None:
        self._node = node
        self._counters = counters
        self._outputs = outputs
        self._subscriptions: list[Subscription] = []
        self._synchronizer: Synchronizer | None = None
        self._image_topic = node.resolve_topic_name('image_rect')
        self._log = log
        self._reader = FrameReader(self._image_topic, values['camera.image_kind'], log)
        self._center: HandCenter | None = None
        if values['roi.mode'] == 'topic':
            self._center = HandCenter(values['roi.max_center_age_s'])
        self._worker = Worker(
            estimator,
            counters,
            timings,
            self._reader,
            self._center,
            deliver=outputs.publish,
            now_ns=lambda: node.get_clock().now().nanoseconds,
            alive=node.context.ok,
        )

    @property
    def topics(self) -> list[str]:
        """Return the resolved names of the subscribed topics."""
        return [subscription.topic_name for subscription in self._subscriptions]

    @property
    def valid_ratio(self) -> float:
        """Return the share of pixels with valid depth in the last image."""
        return self._worker.valid_ratio

    @property
    def image_kind(self) -> str:
        """Return how images are read: rectified or raw, and the lens that is undone."""
        return str(self._reader)

    def start(self, values: Mapping[str, Any]) -> None:
        """Start the worker, then the subscriptions; raises what a bad qos_overrides raises."""
        self._worker.start(estimator_config(values), values['sync.max_age_s'])
        self._synchronizer = Synchronizer(
            values['sync.mode'],
            values['sync.queue_size'],
            self._counters,
            on_frame=self._worker.put,
            on_restart=self._worker.restart,
        )
        info_topic = self._node.resolve_topic_name('camera_info')
        self._counters.source = f'{self._image_topic} with {info_topic}'
        self._subscribe(CameraInfo, info_topic, self._synchronizer.add_info)
        if self._center is not None:
            topic = self._node.resolve_topic_name('~/hand_center')
            self._subscribe(PointStamped, topic, self._center.take)
        self._subscribe(Image, self._image_topic, self._synchronizer.add_image)

    def _subscribe(self, message_type: type, topic: str, callback: Callable[[Any], None]) -> None:
        """Subscribe as to a sensor: the newest message, best effort, unless overridden."""
        events = subscription_events(
            self._log, topic, self._counters, is_image=message_type is Image
        )
        # Not message_filters.Subscriber: subscription and callback refer to each other there,
        # and the estimator behind them stays until the garbage collector comes by.
        subscription = self._node.create_subscription(
            message_type,
            topic,
            callback,
            qos_profile=QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT),
            event_callbacks=events,
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )
        self._subscriptions.append(subscription)

    def configure(self, values: Mapping[str, Any]) -> None:
        """Use other values from the next frame on."""
        self._worker.configure(estimator_config(values), values['sync.max_age_s'])
        if self._center is not None:
            self._center.max_age_s = values['roi.max_center_age_s']

    def reset(self) -> None:
        """Forget the track, the smoothed joints and what waits for a partner."""
        if self._synchronizer is not None:
            self._synchronizer.restart('reset')
        self._worker.reset()
        self._outputs.forget()

    def restart(self) -> None:
        """Forget the track and what waits for a partner: time went back."""
        if self._synchronizer is not None:
            self._synchronizer.restart()
        if self._center is not None:
            self._center.forget()
        self._worker.restart()
        self._outputs.forget()

    def stop(self) -> None:
        """Unsubscribe, write down what waits, and let the worker finish."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()
        if self._synchronizer is not None:
            self._synchronizer.restart('deactivated')
        self._worker.stop()
