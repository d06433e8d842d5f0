# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Depth frames of a real camera from .npz files, with joints where somebody measured them.

A file holds d0, d1, ... (H, W): whole units of unit_mm millimetres (1 without that key), or float
metres; K (N, 4) or (4,), fx fy cx cy in pixels; and, where there are labels, joints (N, J, 3) in
millimetres or joints_m in metres, camera frame, NaN for a joint that the data set does not have.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
import re

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.safe_output import printable, refusing
from dense_hand_pose.skeleton import HAND_21, MSRA_21, MSRA_21_TO_HAND_21
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_DEPTH_KEY = re.compile(r'd(\d+)')
_MAX_PIXELS = 4096 * 4096
_MOST_ARRAY_BYTES = 1 << 28
_MOST_BYTES = 1 << 32
"""Of a file; each of its arrays has fewer: float64 of _MAX_PIXELS has half of them."""
TO_HAND_21: dict[str, tuple[int, ...]] = {
    HAND_21.name: tuple(range(len(HAND_21))),
    MSRA_21.name: MSRA_21_TO_HAND_21,
}
"""Orders of joints by the name of their skeleton: ``joints[TO_HAND_21[name]]`` is HAND_21's."""


class FrameFileError(ValueError):
    """A file that holds no frames as described; the text names file, key and what is expected."""


@dataclass(frozen=True)
class RecordedFrame:
    """
    One frame: depth (H, W) in units of unit_m metres, and joints_m (21, 3) or None.

    name: the file's and the frame's number in it.
    """

    name: str
    depth: npt.NDArray[np.uint16] | npt.NDArray[np.float32]
    unit_m: float
    intrinsics: Intrinsics
    joints_m: Floats | None


def frame_files(paths: Sequence[Path]) -> list[Path]:
    """Return the .npz files among files and below folders; FrameFileError without any."""
    found: list[Path] = []
    for path in paths:
        files = sorted(path.rglob('*.npz')) if path.is_dir() else [path]
        if not files:
            raise FrameFileError(f'{path}: no .npz file in this folder')
        found += files
    return found


def read_frames(path: Path, skeleton: str = HAND_21.name) -> Iterator[RecordedFrame]:
    """
    Yield the frames of a file in the order of their numbers.

    skeleton: a key of TO_HAND_21, the order of the file's joints. Raises FrameFileError for a file
    that cannot be read or lacks a key, and for arrays of another shape.
    """
    with refusing(
        lambda reason: FrameFileError(
            f'{path}: not a readable .npz file of depth frames ({reason})'
        ),
        FrameFileError,
    ):
        if path.is_file() and path.stat().st_size > _MOST_BYTES:
            raise FrameFileError(f'{path}: has more than {_MOST_BYTES} bytes')
        content = np.load(path, allow_pickle=False)
        if not isinstance(content, np.lib.npyio.NpzFile):
            raise FrameFileError(f'{path}: holds one array, expected an .npz file')
        with content as arrays:
            _check_sizes(path, arrays)
            yield from _frames(path, arrays, TO_HAND_21[skeleton])


def _check_sizes(path: Path, arrays: 'np.lib.npyio.NpzFile') -> None:
    """Raise FrameFileError for an array whose file is larger than an image can be."""
    for member in arrays.zip.infolist():
        if member.file_size > _MOST_ARRAY_BYTES:
            raise FrameFileError(
                f'{path}: {printable(member.filename)} has {member.file_size} bytes, '
                f'expected at most {_MOST_ARRAY_BYTES}'
            )


def _frames(
    path: Path, arrays: 'np.lib.npyio.NpzFile', order: tuple[int, ...]
) -> Iterator[RecordedFrame]:
    matches = [match for match in map(_DEPTH_KEY.fullmatch, arrays.files) if match]
    numbers = sorted(int(match.group(1)) for match in matches)
    if not numbers:
        raise FrameFileError(f'{path}: no key d0: expected depth images d0, d1, ...')
    calibration = _array(path, arrays, 'K', len(numbers), 4)
    joints = _joints(path, arrays, len(numbers), order)
    for place, number in enumerate(numbers):
        depth, unit_m = _depth(path, arrays, f'd{number}')
        fx, fy, cx, cy = (float(value) for value in calibration[place])
        try:
            intrinsics = Intrinsics(fx=fx, fy=fy, cx=cx, cy=cy)
        except ValueError as error:
            raise FrameFileError(f'{path}: K[{place}]: {error}') from error
        own = None if joints is None else joints[place]
        name = path.stem if len(numbers) == 1 else f'{path.stem}[{number}]'
        yield RecordedFrame(name, depth, unit_m, intrinsics, own)


def _array(path: Path, arrays: 'np.lib.npyio.NpzFile', key: str, rows: int, width: int) -> Floats:
    """Return a calibration (rows, width), repeated where the file has one row for all."""
    if key not in arrays.files:
        raise FrameFileError(f'{path}: no key {key}: expected fx fy cx cy in pixels')
    values = np.asarray(arrays[key], np.float64)
    values = np.broadcast_to(values, (rows, width)) if values.shape == (width,) else values
    if values.shape != (rows, width) or not np.isfinite(values).all():
        raise FrameFileError(
            f'{path}: {key} of shape {values.shape}: expected finite ({rows}, {width})'
        )
    return values


def _joints(
    path: Path, arrays: 'np.lib.npyio.NpzFile', rows: int, order: tuple[int, ...]
) -> Floats | None:
    """Return joints (rows, 21, 3) in metres and HAND_21's order; None without labels."""
    for key, unit_m in (('joints_m', 1.0), ('joints', 0.001)):
        if key in arrays.files:
            values = np.asarray(arrays[key], np.float64) * unit_m
            if values.shape != (rows, len(order), 3):
                raise FrameFileError(
                    f'{path}: {key} of shape {values.shape}: expected ({rows}, {len(order)}, 3)'
                )
            return values[:, list(order)]
    return None


def _depth(
    path: Path, arrays: 'np.lib.npyio.NpzFile', key: str
) -> tuple[npt.NDArray[np.uint16] | npt.NDArray[np.float32], float]:
    """Return a depth image and the metres of its unit."""
    depth = arrays[key]
    if depth.ndim != 2 or depth.size == 0 or depth.size > _MAX_PIXELS:
        raise FrameFileError(f'{path}: {key} of shape {depth.shape}: expected an image (H, W)')
    if np.issubdtype(depth.dtype, np.floating):
        return depth.astype(np.float32), 1.0
    if depth.dtype != np.uint16:
        raise FrameFileError(f'{path}: {key} of type {depth.dtype}: expected uint16 or float')
    unit_mm = float(arrays['unit_mm']) if 'unit_mm' in arrays.files else 1.0
    if not 0.0 < unit_mm <= 1000.0:
        raise FrameFileError(f'{path}: unit_mm = {unit_mm}: expected more than 0, at most 1000')
    return depth, unit_mm / 1000.0
