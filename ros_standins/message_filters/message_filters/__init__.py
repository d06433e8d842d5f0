# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Stand-in for ROS 2's message_filters: NOT the real package.

It offers the part of the Python API that dense_hand_pose uses, for machines without a ROS
distribution, and was written anew for that purpose. Names and behaviour follow the real package,
and test/standins holds both to the same contract. One difference: a callback that raises leaves
the synchroniser usable (upstream keeps its lock for ever).
"""

from collections.abc import Callable
from itertools import product
import threading
from typing import Any

__version__ = '0.1.0+standin'

_Callback = Callable[..., None]


def _stamp_ns(message: Any) -> int:
    """Return the header stamp of `message` in nanoseconds; ValueError where it is negative."""
    stamp = message.header.stamp
    if stamp.sec < 0:  # as rclpy.time.Time, in which upstream keeps stamps
        raise ValueError('Seconds value must not be negative')
    return stamp.sec * 1_000_000_000 + stamp.nanosec


class SimpleFilter:
    """A source of messages that callbacks connect to."""

    def __init__(self) -> None:
        self.callbacks: dict[int, tuple[_Callback, tuple[Any, ...]]] = {}

    def registerCallback(self, cb: _Callback, *args: Any) -> int:
        """Call ``cb(*messages, *args)`` for every output; return the connection's number."""
        connection = len(self.callbacks)
        self.callbacks[connection] = (cb, args)
        return connection

    def signalMessage(self, *msg: Any) -> None:
        """Pass `msg` on to every registered callback."""
        for callback, args in list(self.callbacks.values()):
            callback(*msg, *args)


class Subscriber(SimpleFilter):
    """A subscription as a filter: ``Subscriber(node, type, topic, **subscription options)``."""

    def __init__(self, node: Any, msg_type: Any, topic: str, **kwargs: Any) -> None:
        super().__init__()
        self.node = node
        self.topic = topic
        kwargs.setdefault('qos_profile', 10)
        self.sub = node.create_subscription(msg_type, topic, self.callback, **kwargs)

    def callback(self, msg: Any) -> None:
        """Pass a received message on."""
        self.signalMessage(msg)

    def getTopic(self) -> str:
        """Return the topic as it was given."""
        return self.topic


class TimeSynchronizer(SimpleFilter):
    """
    Pass on sets of messages, one from each input, whose header stamps are equal.

    Each input keeps its newest `queue_size` stamps: a set is complete as soon as every input has
    the stamp. Inputs that complete several sets at once give them in order of time.
    """

    def __init__(self, fs: list[SimpleFilter], queue_size: int) -> None:
        super().__init__()
        self.queue_size = queue_size
        self.lock = threading.Lock()
        self.connectInput(fs)

    def connectInput(self, fs: list[SimpleFilter]) -> None:
        """Take the inputs `fs`, with empty queues."""
        self.queues: list[dict[int, Any]] = [{} for _ in fs]
        self.input_connections = [
            source.registerCallback(self.add, queue, index)
            for index, (source, queue) in enumerate(zip(fs, self.queues, strict=True))
        ]

    def add(self, msg: Any, my_queue: dict[int, Any], _index: int | None = None) -> None:
        """Take a message of one input and pass on every set that it completes."""
        with self.lock:
            self._store(msg, my_queue)
            complete = set.intersection(*(set(queue) for queue in self.queues))
            for stamp in sorted(complete):
                self.signalMessage(*[queue.pop(stamp) for queue in self.queues])

    def _store(self, msg: Any, queue: dict[int, Any]) -> int:
        """Keep `msg` under its stamp, forget the oldest beyond the queue size."""
        stamp = _stamp_ns(msg)
        queue[stamp] = msg
        while len(queue) > self.queue_size:
            del queue[min(queue)]
        return stamp


class ApproximateTimeSynchronizer(TimeSynchronizer):
    """
    Pass on sets of messages whose stamps lie less than `slop` seconds apart.

    The comparison is strict, as upstream's is: ``slop=0.0`` never passes anything on.
    """

    def __init__(self, fs: list[SimpleFilter], queue_size: int, slop: float) -> None:
        super().__init__(fs, queue_size)
        self._slop_ns = int(slop * 1e9)

    def add(self, msg: Any, my_queue: dict[int, Any], _index: int | None = None) -> None:
        """Take a message of one input; pass on the nearest set that it completes."""
        with self.lock:
            stamp = self._store(msg, my_queue)
            near = [
                [stamp] if queue is my_queue else self._near(queue, stamp) for queue in self.queues
            ]
            for stamps in product(*near):
                known = all(s in queue for s, queue in zip(stamps, self.queues, strict=True))
                if known and max(stamps) - min(stamps) < self._slop_ns:
                    pairs = list(zip(stamps, self.queues, strict=True))
                    self.signalMessage(*[queue.pop(s) for s, queue in pairs])
                    return

    def _near(self, queue: dict[int, Any], stamp: int) -> list[int]:
        """Return the stamps of `queue` within the slop of `stamp`, nearest first."""
        close = [other for other in queue if abs(other - stamp) <= self._slop_ns]
        return sorted(close, key=lambda other: abs(other - stamp))
