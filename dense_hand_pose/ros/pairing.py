# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images with their camera_info, by message_filters, and no image that gets lost unseen."""

from collections.abc import Callable
from dataclasses import dataclass

from dense_hand_pose.ros.drops import Ledger
from message_filters import SimpleFilter, TimeSynchronizer
from sensor_msgs.msg import CameraInfo, Image

RESTART_S = 1.0
"""Stamps that fall back by more than this mean that the source began anew (a bag that loops)."""


@dataclass(frozen=True)
class Frame:
    """An image and the camera_info that belongs to it."""

    image: Image
    info: CameraInfo

    @property
    def stamp_ns(self) -> int:
        """Return the image's stamp in nanoseconds."""
        return stamp_ns(self.image)


def stamp_ns(message: Image | CameraInfo) -> int:
    """Return the header stamp in nanoseconds."""
    return message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec


def _can_be_paired(message: Image | CameraInfo) -> bool:
    """
    Return whether message_filters can read the stamp.

    For seconds below zero it raises out of the callback, which ends the node, and keeps its lock.
    """
    return message.header.stamp.sec >= 0


class Pairing:
    """
    Pass on frames; write down every image that gets no partner.

    mode 'exact': equal stamps, each side waits for the other in a queue of `queue_size`.
    mode 'latest_info': each image goes with the newest camera_info.
    Used from one thread, the executor's.
    """

    def __init__(
        self,
        mode: str,
        queue_size: int,
        ledger: Ledger,
        on_frame: Callable[[Frame], None],
        on_restart: Callable[[], None],
    ) -> None:
        self._exact = mode == 'exact'
        self._queue_size = queue_size
        self._ledger = ledger
        self._on_frame = on_frame
        self._on_restart = on_restart
        self._waiting: set[int] = set()
        # Not of the time that rebuild ends: a driver that sends it once does not send it again.
        self._latest_info: CameraInfo | None = None
        self.rebuild()

    def rebuild(self, cause: str = 'time_backwards') -> None:
        """
        Start with empty queues; images that waited are dropped for `cause`.

        message_filters has no way to empty a synchroniser, and one whose queues hold stamps of
        the future throws every new message away: so a new one takes its place.
        """
        for _ in self._waiting:
            self._ledger.no_result(cause, 'the image still waited for its camera_info')
        self._waiting.clear()
        self._last_stamp: int | None = None
        self._images, self._infos = SimpleFilter(), SimpleFilter()
        self._synchronizer = TimeSynchronizer([self._images, self._infos], self._queue_size)
        self._synchronizer.registerCallback(self._pair)

    def add_info(self, info: CameraInfo) -> None:
        """Take a camera_info message."""
        self._ledger.receive('camera_infos')
        if not self._exact:
            self._latest_info = info
        elif _can_be_paired(info):
            self._infos.signalMessage(info)

    def add_image(self, image: Image) -> None:
        """Take an image; stamps must rise."""
        self._ledger.receive('images')
        stamp = stamp_ns(image)
        if self._is_stale(stamp):
            return
        self._last_stamp = stamp
        if not self._exact:
            self._pair_with_latest(image)
        elif _can_be_paired(image):
            self._wait(stamp)
            self._images.signalMessage(image)
        else:
            self._ledger.no_result('too_old', 'its stamp lies before 1970')

    def _pair_with_latest(self, image: Image) -> None:
        """Pass an image on with the newest camera_info."""
        if self._latest_info is None:
            self._ledger.no_result('no_camera_info', 'none was received so far')
        else:
            self._pair(image, self._latest_info)

    def _is_stale(self, stamp: int) -> bool:
        """Write down a stamp that does not rise; begin anew where it falls far back."""
        back_s = (self._last_stamp - stamp) / 1e9 if self._last_stamp is not None else -1.0
        if back_s < 0.0:
            return False
        if back_s == 0.0:
            self._ledger.no_result('repeated_stamp', f'a second image has the stamp {stamp} ns')
            return True
        self._ledger.no_result(
            'time_backwards', f'its stamp lies {back_s:.3f} s before that of the image before it'
        )
        if back_s > RESTART_S:
            self.rebuild()
            self._last_stamp = stamp
            self._on_restart()
        return True

    def _wait(self, stamp: int) -> None:
        """Note that an image waits, and which one the synchroniser forgets to make room."""
        self._waiting.add(stamp)
        if len(self._waiting) > self._queue_size:
            self._waiting.remove(min(self._waiting))
            self._ledger.no_result(
                'no_camera_info',
                f'no camera_info with its stamp came before {self._queue_size} newer images',
            )

    def _pair(self, image: Image, info: CameraInfo) -> None:
        """Pass a frame on."""
        self._waiting.discard(stamp_ns(image))
        self._ledger.receive('pairs')
        self._on_frame(Frame(image, info))
