# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Pictures of depth and hands: colours for depth, skeleton, crop box, contact sheets, PNG.

Images are (H, W, 3) uint8 in OpenCV's order (blue, green, red). Every function but stroke()
returns a new image. Strokes are NumPy, anti-aliased by each pixel's distance to the line; text
and PNG are Pillow's.
"""

from collections.abc import Sequence
from functools import lru_cache
import io

from dense_hand_pose.camera.crop import CROP_SIZE_PX, CropWindow
from dense_hand_pose.camera.depth_image import is_valid
from dense_hand_pose.camera.intrinsics import Intrinsics, project
from dense_hand_pose.skeleton import FINGER_COLOURS, HAND_21, Skeleton
import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

Image = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

_TALLEST = 4
"""Widths: a picture of 1 x 5000 pixels does not become a tile of gigabytes."""
_INVALID_BGR = (34, 26, 24)
_OUTLINE_BGR = (20, 20, 20)
_PALE_BGR = np.array([190.0, 190.0, 190.0])
_TEXT_PX = 27.0  # height of the font at scale 1
_JOINT_RADIUS_M = 0.0045
_FAR_PX = 1e5
_EDGE_POINTS = 9
_TILE_SIZE_M = 0.34
_NEAREST_TILE_M = 0.05
_LEAST_COLOUR = 0.3


def depth_to_bgr(depth_m: npt.NDArray[np.float32], near_m: float, far_m: float) -> Image:
    """
    Colour a depth image (H, W) in metres: bright is near, dark is far, invalid is nearly black.

    ValueError unless near_m < far_m.
    """
    if not near_m < far_m:
        raise ValueError(f'near_m = {near_m} and far_m = {far_m}: expected near_m < far_m')
    valid = is_valid(depth_m)
    nearness = (far_m - np.where(valid, depth_m, far_m)) / (far_m - near_m)
    grey = np.rint(30 + 225 * np.clip(nearness, 0.0, 1.0)).astype(np.uint8)
    image: Image = _BONE_BGR[grey]
    image[~valid] = _INVALID_BGR
    return image


def depth_range_m(depth_m: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Return (near, far) in metres that suit an image: 1 % to 90 % of its valid depths."""
    valid = depth_m[is_valid(depth_m)]
    if valid.size == 0:
        return 0.0, 1.0
    near, far = (float(value) for value in np.percentile(valid, (1, 90)))
    far = max(far, near + 0.05)
    # The factor is for a sensor that writes its largest number: 0.05 is nothing beside that.
    return min(near, 0.999 * far), far


def draw_pose(
    image_bgr: Image,
    joints_m: npt.NDArray[np.floating],
    intrinsics: Intrinsics,
    confidence: npt.NDArray[np.floating] | None = None,
    skeleton: Skeleton = HAND_21,
) -> Image:
    """
    Draw a skeleton, coloured per finger, far bones first.

    joints_m: (J, 3) metres, camera frame; confidence: (J,) in [0, 1], an uncertain joint is pale.
    Joints that do not project (z <= 0 or not finite) and their bones are left out.
    """
    image: Image = image_bgr.copy()
    joints = np.asarray(joints_m, dtype=np.float64)
    shown = np.isfinite(joints).all(axis=1) & (joints[:, 2] > 0.0)
    pixels = np.zeros((len(joints), 2))
    pixels[shown] = np.clip(project(joints[shown], intrinsics), -_FAR_PX, _FAR_PX)
    radius = np.zeros(len(joints))
    radius[shown] = np.clip(_JOINT_RADIUS_M * intrinsics.fx / joints[shown, 2], 1.6, 24.0)
    colours = _joint_colours(skeleton, confidence)
    bones = [bone for bone in skeleton.bones if shown[list(bone)].all()]
    for parent, child in sorted(bones, key=lambda bone: -joints[list(bone), 2].mean()):
        thickness_px = max(1, round(radius[child] * 0.9))
        ends = pixels[[parent, child]]
        stroke(image, ends, thickness_px / 2, colours[child], _OUTLINE_BGR)
    for joint in sorted(np.flatnonzero(shown), key=lambda joint: -joints[joint, 2]):
        ends = pixels[[joint, joint]]
        stroke(image, ends, float(radius[joint]), colours[joint], _OUTLINE_BGR)
    return image


def draw_crop_box(image_bgr: Image, window: CropWindow) -> Image:
    """Draw the outline of the crop that the network reads."""
    image: Image = image_bgr.copy()
    along = np.linspace(-1.0, 1.0, _EDGE_POINTS)  # a lens bends the edges
    top = np.stack([along, np.full(_EDGE_POINTS, -1.0)], axis=1)
    right = top[:, ::-1] * (-1.0, 1.0)
    outline = np.concatenate([top, right, -top, -right])
    corners = window.crop_to_sensor(CROP_SIZE_PX / 2 * (outline + 1.0) - 0.5)
    corners = np.clip(corners, -_FAR_PX, _FAR_PX)
    for ends in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        stroke(image, np.array(ends), 0.5, (220, 220, 220))
    return image


def draw_text(
    image_bgr: Image, text: str, origin_px: tuple[int, int] = (8, 20), scale: float = 0.5
) -> Image:
    """Write one line with a dark outline; origin_px is the left end of its base line."""
    return write(image_bgr, text, origin_px, _TEXT_PX * scale, (240, 240, 240), _OUTLINE_BGR)


def zoom(image_bgr: Image, window: CropWindow, size_px: int) -> tuple[Image, Intrinsics]:
    """
    Cut a window out of an image and enlarge it to (size_px, size_px).

    Returns the picture and the intrinsics of its pixels, to draw into it at full sharpness. A lens
    that bends is undone: they are a pinhole's.
    """
    step = CROP_SIZE_PX / size_px
    steps = (np.arange(size_px) + 0.5) * step - 0.5
    height, width = image_bgr.shape[:2]
    pixels = window.bent_pixels(steps)
    columns, rows = np.rint(pixels.clip(-1, max(width, height))).astype(np.int64)
    shown = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    tile = np.full((size_px, size_px, 3), _INVALID_BGR, dtype=np.uint8)
    tile[shown] = image_bgr[rows[shown], columns[shown]]
    first, scale = window.crop_to_image(np.full(2, steps[0])), np.array(window.scale_px) * step
    k = window.intrinsics
    intrinsics = Intrinsics(
        fx=k.fx / scale[0],
        fy=k.fy / scale[1],
        cx=(k.cx - first[0]) / scale[0],
        cy=(k.cy - first[1]) / scale[1],
    )
    return tile, intrinsics


def surroundings(
    depth_m: npt.NDArray[np.float32],
    center_m: npt.NDArray[np.floating],
    intrinsics: Intrinsics,
    size_px: int,
) -> tuple[Image, Intrinsics]:
    """Return what is around a point (3,), (size_px, size_px, 3), and that picture's intrinsics."""
    x, y, z = (float(value) for value in center_m)
    coloured = depth_to_bgr(depth_m, z - 0.12, z + 0.3)
    window = CropWindow((x, y, max(z, _NEAREST_TILE_M)), _TILE_SIZE_M, intrinsics)
    return zoom(coloured, window, size_px)


def hand_tile(
    depth_m: npt.NDArray[np.float32],
    joints_m: npt.NDArray[np.floating],
    intrinsics: Intrinsics,
    size_px: int,
    confidence: npt.NDArray[np.floating] | None = None,
) -> Image:
    """Return the surroundings of a hand with its skeleton, (size_px, size_px, 3)."""
    tile, tile_intrinsics = surroundings(depth_m, joints_m.mean(axis=0), intrinsics, size_px)
    return draw_pose(tile, joints_m, tile_intrinsics, confidence)


def contact_sheet(images: Sequence[Image], columns: int, gap_px: int = 6) -> Image:
    """
    Lay images out in rows on a dark ground.

    Each image keeps its size in a cell as large as the largest. ValueError without images.
    """
    if not images or columns < 1:
        raise ValueError(f'{len(images)} images in {columns} columns: expected at least one each')
    height = max(image.shape[0] for image in images)
    width = max(image.shape[1] for image in images)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    shape = (rows * (height + gap_px) + gap_px, columns * (width + gap_px) + gap_px, 3)
    sheet = np.full(shape, 28, dtype=np.uint8)
    for place, image in enumerate(images):
        top = gap_px + place // columns * (height + gap_px)
        left = gap_px + place % columns * (width + gap_px)
        bottom, right = top + image.shape[0], left + image.shape[1]
        sheet[top:bottom, left:right] = image
    return sheet


def shrink(image: Image, width_px: int) -> Image:
    """Return an image resampled to a width, in proportion, but no taller than four widths."""
    height, width = image.shape[:2]
    height_px = max(1, width_px * height // width)
    if height_px > _TALLEST * width_px:
        height_px = _TALLEST * width_px
        width_px = max(1, height_px * width // height)
    resized = PilImage.fromarray(image).resize((width_px, height_px), PilImage.Resampling.BOX)
    return np.array(resized)


def png_bytes(image: Image) -> bytes:
    """Return the PNG file of an image."""
    file = io.BytesIO()
    PilImage.fromarray(np.ascontiguousarray(image[:, :, ::-1])).save(file, 'PNG')
    return file.getvalue()


def _joint_colours(
    skeleton: Skeleton, confidence: npt.NDArray[np.floating] | None
) -> list[tuple[int, int, int]]:
    """Return a blue-green-red colour per joint, the paler the less certain."""
    trust = np.ones(len(skeleton))
    if confidence is not None:
        trust = _LEAST_COLOUR + (1.0 - _LEAST_COLOUR) * np.clip(confidence, 0.0, 1.0)
    colours = []
    for finger, weight in zip(skeleton.fingers, trust, strict=True):
        pure = np.array(FINGER_COLOURS[finger][::-1], dtype=np.float64)
        blue, green, red = np.rint(weight * pure + (1 - weight) * _PALE_BGR)
        colours.append((int(blue), int(green), int(red)))
    return colours


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


def _bone_colours() -> Image:
    """Return a grey with a tinge of blue for each of 256 brightnesses (MATLAB's map `bone`)."""
    x = np.linspace(0.0, 1.0, 256)
    blue = np.interp(x, (0.0, 0.365, 1.0), (0.0, 0.444, 1.0))
    green = np.interp(x, (0.0, 0.365, 0.746, 1.0), (0.0, 0.319, 0.777, 1.0))
    red = np.interp(x, (0.0, 0.746, 1.0), (0.0, 0.653, 1.0))
    return np.rint(255.0 * np.stack([blue, green, red], axis=1)).astype(np.uint8)


_BONE_BGR = _bone_colours()
