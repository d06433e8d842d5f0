# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images with their camera_info, by equal stamps or by arrival; each image is counted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from dense_hand_pose.camera.camera_info import stamp_ns
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from ..frame_counters import FrameCounters

RESTART_S = 1.0
"""Stamps that fall back by more than this mean that the source restarted (a bag that loops)."""

INFOS_KEPT = 90
"""Least number of camera_info messages that wait, 3 s at 30 Hz: an image sent again is late."""

Message = TypeVar('Message', Image, CompressedImage, CameraInfo)


@dataclass(frozen=True)
class Frame:
    """An image and the camera_info that belongs to it."""

    image: Image | CompressedImage
    info: CameraInfo

    @property
    def stamp_ns(self) -> int:
        """Return the image's stamp in nanoseconds."""
        return stamp_ns(self.image)


class StampQueue(Generic[Message]):
    """
    The newest messages by stamp, at most `size`; the one that arrived first makes room.

    Eviction goes by arrival, not by stamp: a message from a clock that ran ahead leaves the queue
    after `size` newer ones, like every other.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._messages: dict[int, Message] = {}

    def put(self, message: Message) -> Message | None:
        """Store a message in place of one with its stamp; return the one that made room."""
        stamp = stamp_ns(message)
        self._messages.pop(stamp, None)
        self._messages[stamp] = message
        if len(self._messages) <= self._size:
            return None
        return self._messages.pop(next(iter(self._messages)))

    def take(self, stamp: int) -> Message | None:
        """Remove and return the message with a stamp, None without one."""
        return self._messages.pop(stamp, None)

    def clear(self) -> int:
        """Remove all messages; return their number."""
        count = len(self._messages)
        self._messages.clear()
        return count

    def __len__(self) -> int:
        """Return the number of messages that wait."""
        return len(self._messages)


class Synchronizer:
    """
    Pass on frames; count every image that gets no partner.

    mode 'exact': equal stamps, each side waits for the other: `queue_size` images, and at least
    INFOS_KEPT camera_info messages, which are small.
    mode 'latest_info': each image goes with the newest camera_info.
    Used from one thread, the executor's.

    message_filters.TimeSynchronizer evicts by stamp: `queue_size` messages whose stamps lie ahead
    fill its queue and every later one is thrown away. It has no method to empty its queues, and it
    keeps its lock when a stamp before 1970 raises in its callback. Hence the queues here.
    """

    def __init__(
        self,
        mode: str,
        queue_size: int,
        counters: FrameCounters,
        on_frame: Callable[[Frame], None],
        on_restart: Callable[[], None],
    ) -> None:
        self._exact = mode == 'exact'
        self._queue_size = queue_size
        self._counters = counters
        self._on_frame = on_frame
        self._on_restart = on_restart
        self._images: StampQueue[Image] = StampQueue(queue_size)
        self._infos: StampQueue[CameraInfo] = StampQueue(max(queue_size, INFOS_KEPT))
        # Survives restart: a driver that sends it once does not send it again.
        self._latest_info: CameraInfo | None = None
        self._last_stamp: int | None = None

    def restart(self, cause: str = 'time_backwards') -> None:
        """Empty the queues and accept any stamp next; images that waited are dropped."""
        for _ in range(self._images.clear()):
            self._counters.count_drop(cause, 'the image still waited for its camera_info')
        self._infos.clear()
        self._last_stamp = None

    def add_info(self, info: CameraInfo) -> None:
        """Take a camera_info message."""
        self._counters.count_received('camera_infos')
        if not self._exact:
            self._latest_info = info
            return
        image = self._images.take(stamp_ns(info))
        if image is not None:
            self._pair(image, info)
            return
        evicted = self._infos.put(info)
        if evicted is not None:
            self._report_unpaired(evicted)

    def add_image(self, image: Image | CompressedImage) -> None:
        """Take an image; stamps must rise."""
        self._counters.count_received('images')
        stamp = stamp_ns(image)
        if self._is_stale(stamp):
            return
        self._last_stamp = stamp
        if image.header.stamp.sec < 0:
            self._counters.count_drop('too_old', 'its stamp lies before 1970')
            return
        info = self._infos.take(stamp) if self._exact else self._latest_info
        if info is not None:
            self._pair(image, info)
        elif self._exact:
            self._wait(image)
        else:
            self._counters.count_drop('no_camera_info', 'none was received so far')

    def _is_stale(self, stamp: int) -> bool:
        """Count a stamp that does not rise; restart where it falls far back."""
        back_s = (self._last_stamp - stamp) / 1e9 if self._last_stamp is not None else -1.0
        if back_s < 0.0:
            return False
        if back_s == 0.0:
            self._counters.count_drop('repeated_stamp', f'a second image has the stamp {stamp} ns')
            return True
        self._counters.count_drop(
            'time_backwards', f'its stamp lies {back_s:.3f} s before that of the image before it'
        )
        if back_s > RESTART_S:
            self.restart()
            self._last_stamp = stamp
            self._on_restart()
        return True

    def _wait(self, image: Image) -> None:
        """Store an image until its camera_info comes; count the one that makes room."""
        if self._images.put(image) is not None:
            self._counters.count_drop(
                'no_camera_info',
                f'no camera_info with its stamp came before {self._queue_size} newer images',
            )

    def _report_unpaired(self, info: CameraInfo) -> None:
        """Log a camera_info that left the queue without an image."""
        if self._last_stamp is None:
            return  # no image so far: the node logs that by itself
        apart_s = (stamp_ns(info) - self._last_stamp) / 1e9
        if abs(apart_s) <= RESTART_S:
            return  # its image was lost on the way: the middleware reports it
        side = 'after' if apart_s > 0.0 else 'before'
        self._counters.warn(
            'unpaired_camera_info',
            'a camera_info without an image made room for newer ones: its stamp lies '
            f'{abs(apart_s):.3f} s {side} that of the newest image',
            'Normal once when the clock of the camera is set; else have one clock stamp image and '
            'camera_info, or set sync.mode to latest_info.',
        )

    def _pair(self, image: Image, info: CameraInfo) -> None:
        """Pass a frame on."""
        self._counters.count_received('pairs')
        self._on_frame(Frame(image, info))
