# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What exists while the node is active: subscriptions, synchroniser and worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TYPE_CHECKING

from geometry_msgs.msg import PointStamped
from rclpy.lifecycle import LifecycleNode
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from .diagnostics import Timings
from .frame_counters import FrameCounters
from .input.frame_reader import FrameReader, HandCenter
from .input.subscriptions import SensorSubscriptions, subscribe
from .input.synchronizer import Synchronizer
from .logs import LimitedLog
from .output.outputs import Outputs
from .parameter_table import estimator_config
from .worker import Worker

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPoseEstimator


class Session:
    """
    Images in, results out, from `start` to `stop`.

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
        self._center_subscription: Subscription | None = None
        self._synchronizer: Synchronizer | None = None
        self._image_topic = node.resolve_topic_name('image_rect')
        self._compressed = values['camera.image_transport'] == 'compressedDepth'
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
        self._sensor = SensorSubscriptions(node, log, counters, self._worker.burst)

    @property
    def topics(self) -> list[str]:
        """Return the resolved names of the subscribed topics."""
        return self._sensor.topics

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
        if self._center is not None:
            topic = self._node.resolve_topic_name('~/hand_center')
            self._center_subscription = subscribe(
                self._node, self._log, self._counters, PointStamped, topic, self._center.take
            )
        self._sensor.start(
            [
                (CameraInfo, info_topic, self._synchronizer.add_info),
                (*self._image_stream(), self._synchronizer.add_image),
            ]
        )

    def _image_stream(self) -> tuple[type, str]:
        """Return the type and topic of images with the chosen transport."""
        if self._compressed:
            return CompressedImage, f'{self._image_topic}/compressedDepth'
        return Image, self._image_topic

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
        """Unsubscribe, count what waits, and let the worker finish."""
        self._sensor.stop()
        if self._center_subscription is not None:
            self._node.destroy_subscription(self._center_subscription)
            self._center_subscription = None
        if self._synchronizer is not None:
            self._synchronizer.restart('deactivated')
        self._worker.stop()
