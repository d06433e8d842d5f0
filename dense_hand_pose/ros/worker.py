# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The thread that owns the estimator, and the mailbox from which it takes the newest frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
import threading
import time
import traceback
from typing import Generic, TYPE_CHECKING, TypeVar

from dense_hand_pose.camera.depth_image import is_valid
from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np

from .diagnostics import Timings
from .frame_counters import FrameCounters
from .input.frame_reader import FrameReader, HandCenter
from .input.synchronizer import Frame
from .output.messages import FrameResult

if TYPE_CHECKING:
    from dense_hand_pose.estimator import EstimatorConfig, HandPose, HandPoseEstimator

Item = TypeVar('Item')


class Mailbox(Generic[Item]):
    """
    Hand the newest item from one thread to another.

    A consumer that is slower than the producer skips items instead of falling behind. Every
    method may be called from any thread.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: Item | None = None
        self._closed = False

    def put(self, item: Item) -> Item | None:
        """Store `item`; return the item nobody took: the replaced one, or `item` once closed."""
        with self._condition:
            if self._closed:
                return item
            replaced, self._item = self._item, item
            self._condition.notify()
            return replaced

    def take(self) -> Item | None:
        """Wait for an item and return it; None once the mailbox is closed."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._item is not None)
            item, self._item = self._item, None
            return item

    def close(self) -> Item | None:
        """Wake the consumer for good; return the item that nobody took, if any."""
        with self._condition:
            self._closed = True
            left, self._item = self._item, None
            self._condition.notify_all()
            return left

    def clear(self) -> Item | None:
        """Return the item that waits, if any, and have none wait."""
        with self._condition:
            left, self._item = self._item, None
            return left

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the consumer waiting while this thread puts several items."""
        with self._condition:
            yield

    def __len__(self) -> int:
        """Return 1 while an item waits, else 0."""
        with self._condition:
            return int(self._item is not None)


_SAMPLED = np.s_[::4, ::4]
"""Every 16th pixel is enough for the share of valid depth."""


class Worker:
    """
    Process the newest frame, one at a time, on one thread.

    `deliver` is called on that thread for every frame that could be used. `center` says where
    the hand is, None: the estimator looks for it. `now_ns` is the node's clock, `alive` says
    whether the middleware still works.
    """

    def __init__(
        self,
        estimator: HandPoseEstimator,
        counters: FrameCounters,
        timings: Timings,
        reader: FrameReader,
        center: HandCenter | None,
        deliver: Callable[[FrameResult], None],
        now_ns: Callable[[], int],
        alive: Callable[[], bool],
    ) -> None:
        self.max_age_s = 0.0
        self.valid_ratio = 0.0
        self._estimator = estimator
        self._counters = counters
        self._timings = timings
        self._reader = reader
        self._center = center
        self._deliver = deliver
        self._now_ns = now_ns
        self._alive = alive
        self._mailbox: Mailbox[tuple[int, Frame]] = Mailbox()
        self._epoch = 0
        self._config: EstimatorConfig | None = None
        self._reset = threading.Event()
        self._thread = threading.Thread(target=self._work, name='hand_pose_worker', daemon=True)

    def start(self, config: EstimatorConfig, max_age_s: float) -> None:
        """Begin to take frames, without a track."""
        self.configure(config, max_age_s)
        self.reset()
        self._thread.start()

    def configure(self, config: EstimatorConfig, max_age_s: float) -> None:
        """Use other settings from the next frame on."""
        self._config = config
        self.max_age_s = max_age_s

    def reset(self) -> None:
        """Drop all tracks before the next frame."""
        self._reset.set()

    def put(self, frame: Frame) -> None:
        """Take a frame; the one that it replaces is dropped."""
        if self._mailbox.put((self._epoch, frame)) is not None:
            self._counters.count_drop('replaced', '')

    def burst(self) -> AbstractContextManager[None]:
        """Return a context in which frames are put of which only the newest is to be processed."""
        return self._mailbox.held()

    def restart(self) -> None:
        """Drop the tracks and every frame so far: their stamps lie ahead of the new time."""
        self._epoch += 1
        if self._mailbox.clear() is not None:
            self._counters.count_drop('time_backwards', 'the image still waited for the network')
        self.reset()

    def stop(self) -> None:
        """Finish the frame in work, drop the one that waits, end the thread."""
        if self._mailbox.close() is not None:
            self._counters.count_drop('deactivated', '')
        self._thread.join()

    def _work(self) -> None:
        """Take frames until the mailbox is closed."""
        while (item := self._mailbox.take()) is not None:
            try:
                self._process(*item)
            except InputError as error:
                self._counters.count_drop(error.cause, str(error))
            except Exception as error:
                # The node keeps running; a publisher that fails during a shutdown is no defect.
                cause = 'internal_error' if self._alive() else 'deactivated'
                where = traceback.extract_tb(error.__traceback__)[-1]
                what = f'{type(error).__name__}: {error} ({where.filename}:{where.lineno})'
                self._counters.count_drop(cause, what)

    def _process(self, epoch: int, frame: Frame) -> None:
        """Estimate and deliver the hands of one frame."""
        begin = time.perf_counter()
        self._check_age(frame)
        depth, unit_m, intrinsics = self._reader.read(frame)
        self._apply_requests()
        center, missing = None, ''
        if self._center is not None:
            center, missing = self._center.at(frame.image)
        decoded = time.perf_counter()
        hands = [] if missing else self._estimate(frame, depth, unit_m, intrinsics, center)
        estimated = time.perf_counter()
        if epoch != self._epoch:
            self.reset()  # the track may be that of this frame
            raise InputError('time_backwards', 'time went back while the network worked on it')
        self.valid_ratio = float(np.mean(is_valid(depth[_SAMPLED])))
        self._deliver(FrameResult(frame.image.header, hands, depth, unit_m, intrinsics))
        self._count(bool(hands), depth, missing)
        stages_ms = dict(hands[0].stages_ms) if hands else {}
        stages_ms['decode_message'] = (decoded - begin) * 1e3
        stages_ms['estimate'] = (estimated - decoded) * 1e3
        stages_ms['publish'] = (time.perf_counter() - estimated) * 1e3
        stages_ms['age'] = (self._now_ns() - frame.stamp_ns) / 1e6
        self._timings.add(stages_ms)

    def _estimate(
        self,
        frame: Frame,
        depth: np.ndarray,
        unit_m: float,
        intrinsics: Intrinsics,
        center: np.ndarray | None,
    ) -> list[HandPose]:
        """Return the hands of a frame: those that are followed, or the one at the centre."""
        if center is not None:
            pose = self._estimator.estimate(depth, intrinsics, center, unit_m=unit_m)
            return [] if pose is None else [pose]
        return self._estimator.estimate_hands(
            depth, intrinsics, unit_m=unit_m, stamp_s=1e-9 * frame.stamp_ns
        )

    def _check_age(self, frame: Frame) -> None:
        """Raise InputError for a frame that is too old, or in the future."""
        now_ns = self._now_ns()
        age_s = (now_ns - frame.stamp_ns) / 1e9
        if not self.max_age_s or not now_ns:  # no limit, or a clock that has not begun
            return
        limit = f'sync.max_age_s is {self.max_age_s}'
        if age_s > self.max_age_s:
            raise InputError('too_old', f'its stamp is {age_s:.3f} s old, {limit}')
        if age_s < -self.max_age_s:
            raise InputError('in_future', f'its stamp is {-age_s:.3f} s in the future, {limit}')

    def _apply_requests(self) -> None:
        """Apply a reset and settings that other threads requested."""
        if self._reset.is_set():
            self._reset.clear()
            self._estimator.reset()
        config = self._config
        if config is not None and config != self._estimator.config:
            self._estimator.config = config

    def _count(self, found: bool, depth: np.ndarray, missing: str) -> None:
        """Count the result, with a cause if it is empty."""
        if found:
            self._counters.count_hand()
        elif missing:
            self._counters.count_drop('no_hand_center', missing)
        elif self.valid_ratio == 0.0 and not is_valid(depth).any():
            self._counters.count_drop('no_valid_depth', 'no pixel has a valid depth')
        else:
            self._counters.count_drop('no_hand', 'no hand found')
