# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Smooth strokes and text in images (H, W, 3) uint8, and PNG; blue, green, red as OpenCV has them.

Strokes are NumPy: each pixel's distance to the line says how much of it is covered, at sub-pixel
places. Text and PNG are Pillow's.
"""

from functools import lru_cache
import io

import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

Image = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]


def stroke(
    image: Image,
    ends: npt.NDArray[np.float64],
    radius_px: float,
    colour: Colour,
    outline: Colour | None = None,
) -> None:
    """
    Draw a line with round ends (2, 2), u and v in pixels, into an image; in place.

    Two equal ends make a disc. An outline makes the line one pixel wider on each side.
    """
    reach = radius_px + 2.0
    size = np.array(image.shape[1::-1], dtype=np.float64)
    left, top = np.clip(np.floor(ends.min(axis=0) - reach), 0.0, size).astype(int)
    right, bottom = np.clip(np.ceil(ends.max(axis=0) + reach) + 1.0, 0.0, size).astype(int)
    if left >= right or top >= bottom:
        return
    part = image[top:bottom, left:right]
    distance = _distance_px(ends, np.arange(left, right), np.arange(top, bottom))
    layers = [(radius_px, colour)]
    if outline is not None:
        layers.insert(0, (radius_px + 1.0, outline))
    blended = part.astype(np.float64)
    for radius, paint in layers:
        covered = np.clip(radius + 0.5 - distance, 0.0, 1.0)[:, :, None]
        blended += covered * (np.array(paint, dtype=np.float64) - blended)
    part[:] = np.rint(blended).astype(np.uint8)


def write(
    image: Image, text: str, origin_px: tuple[int, int], size_px: float, colour: Colour,
    outline: Colour,
) -> Image:  # fmt: skip
    """Return a copy of an image with a line of text; origin_px is the left end of its base."""
    picture = PilImage.fromarray(image)
    ImageDraw.Draw(picture).text(
        origin_px, text, colour, _font(size_px), 'ls', stroke_width=1, stroke_fill=outline
    )
    return np.array(picture)


def shrink(image: Image, width_px: int) -> Image:
    """Return an image resampled to a width, in proportion."""
    height_px = max(1, width_px * image.shape[0] // image.shape[1])
    resized = PilImage.fromarray(image).resize((width_px, height_px), PilImage.Resampling.BOX)
    return np.array(resized)


def png_bytes(image: Image) -> bytes:
    """Return the PNG file of an image."""
    file = io.BytesIO()
    PilImage.fromarray(np.ascontiguousarray(image[:, :, ::-1])).save(file, 'PNG')
    return file.getvalue()


@lru_cache(maxsize=8)
def _font(size_px: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own font."""
    return ImageFont.load_default(size_px)


def _distance_px(
    ends: npt.NDArray[np.float64], columns: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return how far each pixel (rows, columns) is from the line between two ends."""
    u, v = columns - ends[0, 0], rows[:, None] - ends[0, 1]
    along_u, along_v = ends[1] - ends[0]
    length2 = max(along_u**2 + along_v**2, 1e-12)
    place = np.clip((u * along_u + v * along_v) / length2, 0.0, 1.0)
    distance: npt.NDArray[np.float64] = np.hypot(u - place * along_u, v - place * along_v)
    return distance
