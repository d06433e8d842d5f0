# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The sources by name, and the synthetic one."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
from pathlib import Path
import time

from dense_hand_pose.synthesis.hand_stream import GestureSequence

from .source import LiveFrame, Source

SOURCES = ('realsense', 'oak', 'bag', 'synthetic')
_RATE_HZ = 30.0
_MM = 0.001


def open_source(name: str, path: Path | None, serial: str, paced: bool) -> Source:
    """
    Open one of SOURCES.

    ``path``: the bag of the source 'bag'; ``serial``: which camera; ``paced``: whether frames
    of a bag or a synthetic hand come in real time. Raises SourceError where the source is missing
    or refuses, ValueError for an unknown name or a path where none belongs, and ImportError
    without the camera's package.
    """
    if name not in SOURCES:
        raise ValueError(f'source {name!r}: expected one of {", ".join(SOURCES)}')
    if (name == 'bag') != (path is not None):
        raise ValueError(
            'source bag: expected the PATH of a bag'
            if path is None
            else f'source {name}: expected no PATH, found {path}'
        )
    if name == 'realsense':
        from .realsense_source import RealSenseSource

        return RealSenseSource(serial)
    if name == 'oak':
        from .oak_source import OakSource

        return OakSource(serial)
    if path is not None:
        from .bag_source import BagSource

        return BagSource(path, paced)
    return SyntheticHandSource(paced=paced)


class SyntheticHandSource:
    """
    Everyday gestures of one hand before a wall, 30 frames a second without end.

    ``paced``: in real time; a frame that is late is left out, as a camera does it.
    """

    def __init__(self, seed: int = 0, paced: bool = False) -> None:
        self.name = f'synthetic hand {seed}'
        self._sequence, self._paced, self._open = GestureSequence(seed), paced, True

    def __iter__(self) -> Iterator[LiveFrame]:
        """Yield frames until the source is closed."""
        begin_s, next_index = time.monotonic(), 0
        for index in itertools.count():
            if not self._open:
                return
            if index < next_index:
                continue
            stamp_s = index / _RATE_HZ
            frame = self._sequence.frame(stamp_s)
            if self._paced:
                time.sleep(max(begin_s + stamp_s - time.monotonic(), 0.0))
            yield LiveFrame(frame.depth_mm, _MM, frame.intrinsics, stamp_s)
            if self._paced:
                next_index = int((time.monotonic() - begin_s) * _RATE_HZ)

    def close(self) -> None:
        """End the iteration."""
        self._open = False
