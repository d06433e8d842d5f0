# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A window with the depth image and the skeletons of its hands (tkinter)."""

from __future__ import annotations

from collections.abc import Sequence

from dense_hand_pose.camera.depth_image import to_metres
from dense_hand_pose.estimator import HandPose
from dense_hand_pose.visualization import depth_range_m, depth_to_bgr, draw_pose, Image

from .source import LiveFrame
from .view import describe


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
