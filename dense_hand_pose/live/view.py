# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What shows frames with their hands, and the view that prints a line a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import time
from typing import Protocol

from dense_hand_pose.estimator import HandPose

from .source import LiveFrame

_EVERY_S = 1.0


class View(Protocol):
    """Shows one frame after another."""

    def show(self, frame: LiveFrame, hands: Sequence[HandPose]) -> bool:
        """Show a frame with its hands; False where the user has closed the view."""
        ...

    def close(self) -> None:
        """Release what the view holds; may be called twice."""
        ...


class TextView:
    """A line a second of the wall clock: frames a second, then palm, pinch and grasp of hands."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._frames, self._since_s = 0, time.monotonic()

    def show(self, frame: LiveFrame, hands: Sequence[HandPose]) -> bool:
        """Count the frame; print where a second has passed. Always True."""
        self._frames += 1
        past_s = time.monotonic() - self._since_s
        if past_s >= _EVERY_S or frame.restarts:
            self._write(self._line(frame, hands, past_s))
            self._frames, self._since_s = 0, time.monotonic()
        return True

    def close(self) -> None:
        """Release nothing."""

    def _line(self, frame: LiveFrame, hands: Sequence[HandPose], past_s: float) -> str:
        rate_hz = self._frames / max(past_s, 1e-3)
        found = '; '.join(describe(hand) for hand in hands) or 'no hand'
        return f'{frame.stamp_s:.2f} s, {rate_hz:.0f} frames/s: {found}'


def describe(hand: HandPose) -> str:
    """Return a hand in a few words: number, side, where its palm is, pinch and grasp."""
    x, y, z = hand.joints.mean(axis=0) if hand.fit is None else hand.fit.palm_position
    text = f'{hand.side} hand {hand.hand_id} at {x:+.2f} {y:+.2f} {z:+.2f} m'
    if hand.fit is not None:
        text += f', pinch {1000.0 * hand.fit.pinch_m:.0f} mm, grasp {hand.fit.grasp:.1f}'
    return text
