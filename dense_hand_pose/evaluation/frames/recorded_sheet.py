# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The sheet of recorded frames: measured joints and estimate side by side, the worst first."""

from collections.abc import Sequence

from dense_hand_pose.camera.crop import CropWindow
from dense_hand_pose.visualization import (
    contact_sheet,
    depth_to_bgr,
    draw_pose,
    draw_text,
    Image,
    zoom,
)
import numpy as np

from .recorded import mean_error_m, RecordedResult

_SHOWN, _COLUMNS = 24, 4
_TILE_PX, _TILE_SIZE_M = 200, 0.34


def sheet(results: Sequence[RecordedResult]) -> Image:
    """
    Return the pictures of up to 24 frames, the largest mean error first.

    Frames without joints follow, those with the lowest score first, and show the estimate alone.
    """
    ordered = sorted(results, key=_rank)[:_SHOWN]
    return contact_sheet([_picture(one) for one in ordered], _COLUMNS)


def _rank(result: RecordedResult) -> tuple[int, float]:
    error = mean_error_m(result)
    if error is not None:
        return 0, -error
    return 1, -1.0 if result.pose is None else result.pose.score


def _picture(result: RecordedResult) -> Image:
    """Return a frame around its hand, with the measured joints (if any) left of the estimate."""
    frame, pose = result.frame, result.pose
    depth_m = frame.depth.astype(np.float32) * np.float32(frame.unit_m)
    known = frame.joints_m if frame.joints_m is not None else None
    if known is None and pose is None:
        return draw_text(np.full((_TILE_PX, _TILE_PX, 3), 28, np.uint8), f'{frame.name}: no hand')
    points = known if known is not None else pose.joints  # type: ignore[union-attr]
    x, y, z = (float(value) for value in np.nanmean(points, axis=0))
    coloured = depth_to_bgr(depth_m, z - 0.12, z + 0.3)
    tile, k = zoom(coloured, CropWindow((x, y, z), _TILE_SIZE_M, frame.intrinsics), _TILE_PX)
    error = mean_error_m(result)
    label = 'nothing estimated' if pose is None else f'score {pose.score:.2f}'
    if error is not None:
        label = f'{1000.0 * error:.0f} mm, {label}'
    guess = tile if pose is None else draw_pose(tile, pose.joints, k, pose.confidence)
    guess = draw_text(guess, label, (6, _TILE_PX - 8), 0.36)
    if known is None:
        return draw_text(guess, frame.name, (6, 14), 0.36)
    return np.hstack([draw_text(draw_pose(tile, known, k), frame.name, (6, 14), 0.36), guess])
