# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Files of a data set: what is there, PNG images and lines of numbers, with errors that name."""

from collections.abc import Iterable, Sequence
import os
from pathlib import Path
import struct
from typing import Any
import zlib

import numpy as np
import numpy.typing as npt

from .frames import DatasetError


def require_file(path: Path, expected: str) -> None:
    """Raise DatasetError where there is no such file, with what was expected of it."""
    if not path.is_file():
        raise DatasetError(f'{path} is missing: expected {expected}')


def require_images(paths: Sequence[Path], labels: Path) -> None:
    """Raise DatasetError for images that are not there; reads each folder once, no image."""
    folders = {path.parent: frozenset[str]() for path in paths}
    for folder in folders:
        try:
            # Not Path.iterdir: NYU has 600,000 names in a folder.
            folders[folder] = frozenset(os.listdir(folder))  # noqa: PTH208
        except OSError:
            continue  # all its images are missing
    missing = [path for path in paths if path.name not in folders[path.parent]]
    if missing:
        raise DatasetError(
            f'{missing[0]} is missing: {labels} has labels for it '
            f'({len(missing)} of {len(paths)} images are missing)'
        )


def read_png(path: Path, mode: str, width: int, height: int) -> npt.NDArray[Any]:
    """
    Read a PNG of one mode: 'RGB' gives (H, W, 3) uint8, 'I;16' gives (H, W) uint16.

    DatasetError for a missing, damaged or different image. Pillow, unlike OpenCV, refuses a
    truncated file.
    """
    from PIL import Image

    wanted = f'a {width} x {height} PNG, {"8-bit RGB" if mode == "RGB" else "16-bit grey"}'
    try:
        with Image.open(path, formats=('PNG',)) as image:
            # Older Pillows unpack 16-bit grey to 32 bits and call it I.
            modes = ('RGB',) if mode == 'RGB' else ('I;16', 'I;16B', 'I')
            if image.size != (width, height) or image.mode not in modes:
                found = f'{image.size[0]} x {image.size[1]}, mode {image.mode}'
                raise DatasetError(f'{path} is {found}: expected {wanted}')
            return np.asarray(image).astype(np.uint8 if mode == 'RGB' else np.uint16)
    except FileNotFoundError as error:
        raise DatasetError(f'{path} is missing: expected {wanted}') from error
    except DatasetError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
        raise DatasetError(f'{path} cannot be read ({error}): expected {wanted}') from error


def numbers(words: Iterable[str], count: int, where: str) -> npt.NDArray[np.float64]:
    """Return a line's words as ``count`` finite numbers; DatasetError says where they are not."""
    listed = list(words)
    if len(listed) != count:
        raise DatasetError(f'{where}: {len(listed)} numbers, expected {count}')
    try:
        values = np.array(listed, dtype=np.float64)
    except ValueError as error:
        raise DatasetError(f'{where}: {error}; expected {count} numbers') from error
    if not np.isfinite(values).all():
        bad = listed[int(np.flatnonzero(~np.isfinite(values))[0])]
        raise DatasetError(f'{where}: {bad!r} is not finite')
    return values


def read_lines(path: Path, expected: str) -> list[str]:
    """Return the lines of a text file of labels; DatasetError where it cannot be read."""
    require_file(path, expected)
    try:
        return path.read_text(encoding='ascii').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f'{path} cannot be read ({error}): expected {expected}') from error
