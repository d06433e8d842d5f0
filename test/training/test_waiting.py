# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The share of time in which a device waits, with clocks of our own."""

from collections.abc import Iterator
from itertools import count

from dense_hand_pose.training.waiting import DeviceWaiting, HostWaiting, waiting_of
import torch


class Gpu:
    """A queue with a clock: work takes its time, events note when the queue gets to them."""

    def __init__(self) -> None:
        self.host_s = 0.0
        self.free_s = 0.0

    def work(self, seconds: float) -> None:
        """Add work to the queue."""
        self.free_s = max(self.free_s, self.host_s) + seconds

    def event(self) -> 'Event':
        """Return an event of this queue."""
        return Event(self)


class Event:
    """Notes when the queue gets to it."""

    def __init__(self, gpu: Gpu) -> None:
        self.gpu, self.at_s = gpu, 0.0

    def record(self) -> None:
        """Note the time at which the work before is done."""
        self.at_s = self.gpu.free_s = max(self.gpu.free_s, self.gpu.host_s)

    def synchronize(self) -> None:
        """Have the host wait."""
        self.gpu.host_s = max(self.gpu.host_s, self.at_s)

    def elapsed_time(self, other: 'Event') -> float:
        """Return the milliseconds until another event."""
        return 1000.0 * (other.at_s - self.at_s)


def batches(gpu: Gpu, seconds: float) -> Iterator[int]:
    for i in count():
        gpu.host_s += seconds
        yield i


def gap_of(batch_s: float, step_s: float, steps: int = 5) -> float:
    gpu = Gpu()
    waiting = DeviceWaiting(gpu.event)
    stream = batches(gpu, batch_s)
    for _ in range(steps):
        waiting.next_of(stream)
        gpu.work(step_s)
        waiting.step_ended()
    return waiting.taken_s()


def test_a_gpu_with_work_in_its_queue_does_not_wait_however_long_the_host_does() -> None:
    assert gap_of(batch_s=1.0, step_s=3.0) == 0.0


def test_a_gpu_that_is_faster_than_its_batches_waits_for_the_rest() -> None:
    assert abs(gap_of(batch_s=3.0, step_s=1.0) - 4 * 2.0) < 1e-9


def test_what_was_taken_is_not_counted_again() -> None:
    gpu = Gpu()
    waiting = DeviceWaiting(gpu.event)
    assert waiting.taken_s() == 0.0
    stream = batches(gpu, 2.0)
    for _ in range(2):
        waiting.next_of(stream)
        waiting.step_ended()
    assert waiting.taken_s() == 2.0
    assert waiting.taken_s() == 0.0


def test_a_cpu_waits_while_the_next_batch_is_made() -> None:
    now = [0.0]
    waiting = HostWaiting(lambda: now[0])

    def slow() -> Iterator[int]:
        for i in count():
            now[0] += 0.25
            yield i

    stream = slow()
    assert [waiting.next_of(stream) for _ in range(4)] == [0, 1, 2, 3]
    now[0] += 10.0  # the step
    waiting.step_ended()
    assert waiting.taken_s() == 1.0
    assert waiting.taken_s() == 0.0


def test_the_device_decides() -> None:
    assert isinstance(waiting_of(torch.device('cpu')), HostWaiting)
    assert isinstance(waiting_of(torch.device('cuda')), DeviceWaiting)
