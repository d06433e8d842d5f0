# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What shows frames with their hands: a line of text a second, or a window (tkinter)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import time
from typing import Protocol

from dense_hand_pose.camera.depth_image import to_metres
from dense_hand_pose.estimator import HandPose
from dense_hand_pose.visualization import depth_range_m, depth_to_bgr, draw_pose, Image

from .source import LiveFrame

_EVERY_S = 1.0


class HandView(Protocol):
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


class ViewError(RuntimeError):
    """A view cannot be opened; the message has the remedy."""


class WindowView:
    """The window; q, Escape or its button close it. Raises ViewError without a display."""

    def __init__(self, title: str) -> None:
        try:
            import tkinter
        except ImportError as error:
            raise ViewError(
                f'{error}: a window needs tkinter: sudo apt install python3-tk; or use --rerun'
            ) from error
        try:
            self._root = tkinter.Tk()
        except tkinter.TclError as error:
            raise ViewError(f'{error}: a window needs a display; use --rerun FILE') from error
        self._photo_class = tkinter.PhotoImage
        self._root.title(title)
        self._label = tkinter.Label(self._root, borderwidth=0)
        self._label.pack()
        self._words = tkinter.Label(self._root, anchor='w')
        self._words.pack(fill='x')
        self._open = True
        self._root.protocol('WM_DELETE_WINDOW', self.close)
        for key in ('q', '<Escape>'):
            self._root.bind(key, lambda _: self.close())

    def show(self, frame: LiveFrame, hands: Sequence[HandPose]) -> bool:
        """Draw a frame with its hands; False once the window is closed."""
        if not self._open:
            return False
        self._photo = self._photo_class(data=portable_pixmap(drawn(frame, hands)), format='PPM')
        self._label.configure(image=self._photo)
        self._words.configure(text='; '.join(map(describe, hands)) or 'no hand')
        self._root.update()
        return self._open

    def close(self) -> None:
        """Close the window."""
        if self._open:
            self._open = False
            self._root.destroy()


def drawn(frame: LiveFrame, hands: Sequence[HandPose]) -> Image:
    """Return the picture (H, W, 3), blue green red, of a frame with its hands."""
    depth_m = to_metres(frame.depth, frame.unit_m)
    image = depth_to_bgr(depth_m, *depth_range_m(depth_m))
    for hand in hands:
        image = draw_pose(image, hand.joints, frame.intrinsics, hand.confidence)
    return image


def portable_pixmap(image_bgr: Image) -> bytes:
    """Return the bytes of an image (H, W, 3) in Netpbm's format P6."""
    height, width = image_bgr.shape[:2]
    return f'P6 {width} {height} 255\n'.encode() + image_bgr[:, :, ::-1].tobytes()
