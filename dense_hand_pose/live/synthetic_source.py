# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A synthetic hand as a source of frames, in its own time or as fast as frames are taken."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
import time

from dense_hand_pose.synthesis.hand_stream import GestureSequence

from .source import LiveFrame

_RATE_HZ = 30.0
_MM = 0.001


class SyntheticSource:
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
