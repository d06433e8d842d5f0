# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A rosbag2 bag as a source of frames, as fast as they are taken or at their own pace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import time

from dense_hand_pose.bags.camera_stream import read_camera_stream
from dense_hand_pose.bags.frames import bag_frames
from dense_hand_pose.bags.reader import BagError, BagFile
from dense_hand_pose.bags.topics import camera_topics, TopicOverrides
from dense_hand_pose.camera.input_error import InputError

from .source import LiveFrame, SourceError


class BagSource:
    """
    The depth frames of a bag; those that cannot be used are left out and counted in ``unusable``.

    ``paced``: frames come at the pace of their stamps. Raises SourceError for anything but a bag
    of a depth camera.
    """

    def __init__(self, path: Path, paced: bool = False) -> None:
        self.name = str(path)
        self.unusable = 0
        self._paced = paced
        try:
            self._file = BagFile(path)
            self._topics = camera_topics(self._file, TopicOverrides())
            self._stream = read_camera_stream(self._file, self._topics)
        except (BagError, OSError) as error:
            raise SourceError(str(error)) from error

    def __iter__(self) -> Iterator[LiveFrame]:
        """Yield the frames."""
        begin_s = first_s = None
        for frame in bag_frames(self._file, self._topics, self._stream):
            if frame.cause:
                self.unusable += 1
                continue
            try:
                depth, unit_m, intrinsics = frame.read()
            except InputError:
                self.unusable += 1
                continue
            stamp_s = 1e-9 * frame.stamp_ns
            if begin_s is None or first_s is None or frame.restarts:
                begin_s, first_s = time.monotonic(), stamp_s
            if self._paced:
                time.sleep(max(begin_s + stamp_s - first_s - time.monotonic(), 0.0))
            yield LiveFrame(depth, unit_m, intrinsics, stamp_s, frame.restarts)

    def close(self) -> None:
        """Release nothing: the file is open only while it is read."""
