# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images of files, and the names of the pictures made of them."""

from collections.abc import Sequence
import io
from pathlib import Path
from typing import Any

_LARGEST = 65535


def read_depth(path: Path) -> Any:
    """
    Return the depth image (H, W) of a PNG or NPY file, uint16 or float32, in the file's unit.

    OSError where it cannot be opened, ValueError where it holds no depth image.
    """
    import numpy as np

    image = _loaded(path) if path.suffix.lower() == '.npy' else _decoded(path.read_bytes())
    if image.ndim != 2 or image.dtype.kind not in 'uif' or image.dtype.itemsize < 2:
        raise ValueError(
            f'holds {image.dtype} of shape {image.shape}; expected one channel of depth (H, W) '
            'in 16-bit integers or floats'
        )
    if image.dtype.kind == 'f':
        return image.astype(np.float32)
    if image.size and image.max() > _LARGEST:
        raise ValueError(
            f'holds a depth of {image.max()}; expected integers up to {_LARGEST}, or floats'
        )
    return image.clip(min=0).astype(np.uint16)  # negative depths are invalid, as in floats


def _loaded(path: Path) -> Any:
    """Return the array of an NPY file; ValueError where it is none."""
    import numpy as np

    try:
        image = np.load(path, allow_pickle=False)
    # An empty file is the first to NumPy, a header that asks for too much the second.
    except (EOFError, MemoryError, ValueError) as error:
        raise ValueError(f'not a readable .npy file ({error}); expected one array') from error
    if not isinstance(image, np.ndarray):
        image.close()
        raise ValueError('not a readable .npy file (an archive of arrays); expected one array')
    return image


def _decoded(data: bytes) -> Any:
    """Return the pixels of an image file; ValueError where it is none."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=('PNG', 'TIFF')) as image:
            return np.array(image)
    # A damaged file is any of these to Pillow; a far too large one is the last.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(
            f'not a readable image ({error}); expected a 16-bit PNG or a NumPy .npy file'
        ) from error


def overlay_names(paths: Sequence[Path]) -> list[str]:
    """Return a file name for the overlay of each path; numbered where stems are not unique."""
    stems = [path.stem for path in paths]
    unique = len(set(stems)) == len(stems)
    return [
        f'{stem}_overlay.png' if unique else f'{place:03d}_{stem}_overlay.png'
        for place, stem in enumerate(stems)
    ]
