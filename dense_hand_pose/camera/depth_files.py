# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images of files, and the names of the pictures made of them."""

from collections.abc import Sequence
import io
from pathlib import Path
from typing import Any, Final
import warnings

from dense_hand_pose.safe_output import reason_of

from .depth_image import LARGEST_PIXELS

_LARGEST = 65535
_LARGEST_FILE_BYTES: Final = 1 << 28
"""Of a file, 268 MB: float64 of LARGEST_PIXELS has half of that."""
_NPY_MAGIC: Final = b'\x93NUMPY'


def read_depth(path: Path) -> Any:
    """
    Return the depth image (H, W) of a PNG or NPY file, uint16 or float32, in the file's unit.

    OSError where it cannot be opened, ValueError where it holds no depth image or more than
    LARGEST_PIXELS, whatever its header claims.
    """
    import numpy as np

    image = _content(path)
    if image.ndim != 2 or image.dtype.kind not in 'uif' or image.dtype.itemsize < 2:
        raise ValueError(
            f'holds {image.dtype} of shape {image.shape}; expected one channel of depth (H, W) '
            'in 16-bit integers or floats'
        )
    _check_size(image.shape[1], image.shape[0])
    if image.dtype.kind == 'f':
        with np.errstate(over='ignore'):
            return image.astype(np.float32)
    if image.size and image.max() > _LARGEST:
        raise ValueError(
            f'holds a depth of {image.max()}; expected integers up to {_LARGEST}, or floats'
        )
    return image.clip(min=0).astype(np.uint16)  # negative depths are invalid, as in floats


def _content(path: Path) -> Any:
    """Return the array in a file; ValueError for whatever a parser makes of it otherwise."""
    if path.exists() and not path.is_file():
        raise ValueError('is no file; expected a 16-bit PNG or a NumPy .npy file')
    with path.open('rb') as file:
        data = file.read(_LARGEST_FILE_BYTES + 1)
    if len(data) > _LARGEST_FILE_BYTES:
        raise ValueError(f'has more than {_LARGEST_FILE_BYTES} bytes')
    is_npy = data.startswith(_NPY_MAGIC) or path.suffix.lower() == '.npy'
    kind = 'readable .npy file' if is_npy else 'readable image'
    expected = 'one array' if is_npy else 'a 16-bit PNG or a NumPy .npy file'
    try:
        return _loaded(data) if is_npy else _decoded(data)
    except _SizeError:
        raise
    except Exception as error:  # damage is about anything to NumPy and to Pillow
        raise ValueError(f'not a {kind} ({reason_of(error)}); expected {expected}') from error


class _SizeError(ValueError):
    """An image has more pixels than any camera sends."""


def _check_size(width: int, height: int) -> None:
    """Raise _SizeError for more than LARGEST_PIXELS."""
    if width * height > LARGEST_PIXELS:
        raise _SizeError(f'has {width} x {height} pixels; expected at most {LARGEST_PIXELS}')


def _loaded(data: bytes) -> Any:
    """Return the array of an NPY file; the errors are NumPy's."""
    import numpy as np

    if not data.startswith(_NPY_MAGIC):
        raise ValueError('it does not begin as one does')
    return np.load(io.BytesIO(data), allow_pickle=False)


def _decoded(data: bytes) -> Any:
    """Return the pixels of an image file; the errors are Pillow's."""
    import numpy as np
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter('ignore', Image.DecompressionBombWarning)  # the limit here is lower
        with Image.open(io.BytesIO(data), formats=('PNG', 'TIFF')) as image:
            _check_size(*image.size)
            return np.array(image)


def overlay_names(paths: Sequence[Path]) -> list[str]:
    """Return a file name for the overlay of each path; numbered where stems are not unique."""
    stems = [path.stem for path in paths]
    unique = len(set(stems)) == len(stems)
    return [
        f'{stem}_overlay.png' if unique else f'{place:03d}_{stem}_overlay.png'
        for place, stem in enumerate(stems)
    ]
