# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Subscriptions to a sensor whose reliability follows that of the publishers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSPolicyKind, QoSProfile, QoSReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription
from rclpy.timer import Timer
from sensor_msgs.msg import CameraInfo

from ..frame_counters import FrameCounters
from ..logs import LimitedLog
from ..qos import subscription_events

FOLLOW_PERIOD_S = 1.0
RELIABLE_DEPTH = 5
"""Reliable images that may wait: fragments of one are sent again while newer ones come."""
INFO_DEPTH = 90
"""Reliable camera_info messages, 3 s at 30 Hz: Fast DDS may deliver those of 3 s at once."""

_RELIABLE = QoSReliabilityPolicy.RELIABLE
_OVERRIDABLE = (QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH, QoSPolicyKind.RELIABILITY)


@dataclass
class _Topic:
    """A topic with its callback and its subscription, if there is one."""

    message_type: type
    name: str
    callback: Callable[[Any], None]
    subscription: Subscription | None = None


class SensorSubscriptions:
    """
    Subscribe to topics that belong together, image and camera_info.

    Reliable, with queues of RELIABLE_DEPTH and INFO_DEPTH, while every publisher of all topics
    offers it: the fragments of a large image that were lost are sent again. Else best effort with
    a queue of 1, which every publisher matches. qos_overrides decide for their topic. Used on the
    executor's thread.

    An executor takes one message of a topic at a time, the oldest; all that wait behind it are
    taken, too, and passed on within one context of ``burst``, so that who answers the newest of
    them never begins with an older one.
    """

    def __init__(
        self,
        node: LifecycleNode,
        log: LimitedLog,
        counters: FrameCounters,
        burst: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._node, self._log, self._counters = node, log, counters
        self._burst = burst
        self._topics: list[_Topic] = []
        self._reliable = False
        self._timer: Timer | None = None

    @property
    def topics(self) -> list[str]:
        """Return the resolved names of the topics."""
        return [topic.name for topic in self._topics]

    def start(self, topics: Iterable[tuple[type, str, Callable[[Any], None]]]) -> None:
        """Subscribe to (type, resolved name, callback); raises what a bad qos_overrides raises."""
        self._topics = [_Topic(*topic) for topic in topics]
        self._reliable = self._all_reliable()
        self._subscribe()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = self._node.create_timer(FOLLOW_PERIOD_S, self._follow, clock=steady)

    def stop(self) -> None:
        """Unsubscribe."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._timer = None
        for topic in self._topics:
            if topic.subscription is not None:
                self._node.destroy_subscription(topic.subscription)
                topic.subscription = None
        self._topics = []

    def _follow(self) -> None:
        """Subscribe again where the publishers offer something else than before."""
        reliable = self._all_reliable()
        if reliable != self._reliable and all(map(self._offers, self._topics)):
            self._reliable = reliable
            self._subscribe()
        elif all(map(self._offers, self._topics)):
            self._report()

    def _offers(self, topic: _Topic) -> set[QoSReliabilityPolicy]:
        """Return what the publishers of a topic offer, empty without publishers."""
        found = self._node.get_publishers_info_by_topic(topic.name)
        return {publisher.qos_profile.reliability for publisher in found}

    def _all_reliable(self) -> bool:
        return all(self._offers(t) == {_RELIABLE} for t in self._topics)

    def _subscribe(self) -> None:
        """Replace the subscriptions by such with the chosen reliability."""
        for topic in self._topics:
            if topic.subscription is not None:
                self._node.destroy_subscription(topic.subscription)
            topic.subscription = subscribe(
                self._node,
                self._log,
                self._counters,
                topic.message_type,
                topic.name,
                partial(self._deliver, topic),
                self._reliable,
            )
        if all(map(self._offers, self._topics)):
            self._report()

    def _deliver(self, topic: _Topic, message: Any) -> None:
        """Pass on a message and those that wait behind it."""
        messages = [message, *_waiting(topic.subscription)]
        with self._burst():
            for one in messages:
                topic.callback(one)

    def _report(self) -> None:
        """Log what was chosen, and what would be better."""
        names = ' and '.join(self.topics)
        if self._reliable:
            text, remedy = f'{names}: reliable, as their publishers offer it.', ''
        else:
            poor = [t.name for t in self._topics if self._offers(t) != {_RELIABLE}]
            text = f'{names}: best effort, since publishers of {", ".join(poor)} offer no more.'
            remedy = (
                'Large images get lost on the way: let the driver offer reliable (both topics), '
                'or start it with config/fastdds_large_images.xml.'
            )
        self._log.once('info', f'reliability of {names}: {self._reliable}', text, remedy)


def subscribe(
    node: LifecycleNode,
    log: LimitedLog,
    counters: FrameCounters,
    message_type: type,
    topic: str,
    callback: Callable[[Any], None],
    reliable: bool = False,
) -> Subscription:
    """Subscribe to the resolved name of a topic; qos_overrides that the user set win."""
    # Not message_filters.Subscriber: subscription and callback refer to each other there, and the
    # estimator behind them stays until the garbage collector comes by.
    depth = INFO_DEPTH if message_type is CameraInfo else RELIABLE_DEPTH
    best_effort = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
    return node.create_subscription(
        message_type,
        topic,
        callback,
        qos_profile=QoSProfile(depth=depth) if reliable else best_effort,
        event_callbacks=subscription_events(log, topic, counters, reliable),
        qos_overriding_options=QoSOverridingOptions(overridden(node, topic)),
    )


def _waiting(subscription: Subscription | None) -> Iterator[Any]:
    """Take the messages that wait in a subscription's queue, the oldest first."""
    if subscription is None:
        return
    # Not until it is empty: a publisher that never pauses must not hold the executor.
    with subscription.handle:
        for _ in range(subscription.qos_profile.depth or INFO_DEPTH):
            taken = subscription.handle.take_message(subscription.msg_type, False)
            if taken is None:
                return
            yield taken[0]


def overridden(node: LifecycleNode, topic: str) -> list[QoSPolicyKind]:
    """
    Return the policies of a subscription that qos_overrides set.

    Only these are declared as parameters: rclpy takes a declared one, with the default of the
    first subscription, for the wish of the user.
    """
    given = node._parameter_overrides  # rclpy has no public way to ask
    prefix = f'qos_overrides.{topic}.subscription'
    return [kind for kind in _OVERRIDABLE if f'{prefix}.{kind.name.lower()}' in given]
