# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A sensor_msgs/CompressedImage of the transport compressedDepth to the depth image that it holds.

The format is that of image_transport's plugin: 12 bytes (a number, two floats a and b), then
16-bit pixels as PNG, or as width, height and RVL code. With the encoding 32FC1 a pixel p means
a / (p - b) metres and 0 nothing; with 16UC1 it is the depth. `format` is
'ENCODING; compressedDepth CODEC', or without the codec, or without both (older plugins: PNG).
"""

import io
import math
import struct
from typing import Any, Final

from dense_hand_pose.safe_output import quoted
import numpy as np
import numpy.typing as npt

from .depth_image import DEPTH_UNIT_M, DepthImage, LARGEST_PIXELS
from .input_error import InputError
from .rvl import decode_rvl

_HEADER: Final = struct.Struct('<iff')
_SIZE: Final = struct.Struct('<II')
_HEADER_BYTES, _SIZE_BYTES = _HEADER.size, _SIZE.size
_PNG_SIZE: Final = struct.Struct('>8x8xII')
_PNG_MAGIC: Final = b'\x89PNG\r\n\x1a\n'
_CODECS: Final = ('png', 'rvl')


def depth_from_compressed(message: Any) -> tuple[DepthImage, float]:
    """
    Return the depth (H, W), uint16 or float32, and the metres that one unit means.

    float32 has 0 where there is no depth. Raises InputError for other formats, for what
    cannot be decoded and for more than LARGEST_PIXELS, whatever the message claims.
    """
    parts = _encoding_and_codec(str(message.format))
    if parts is None:
        raise InputError(
            'unknown_encoding',
            f'the format is {quoted(message.format)}: expected compressedDepth png or rvl of '
            f'{", ".join(DEPTH_UNIT_M)}',
        )
    encoding, codec = parts
    data = bytes(memoryview(message.data))
    if len(data) <= _HEADER.size:
        raise InputError('short_data', f'data has {len(data)} bytes, not even a header')
    _, a, b = _HEADER.unpack_from(data)
    content = data[_HEADER_BYTES:]
    pixels = _png_pixels(content) if codec == 'png' else _rvl_pixels(content)
    if encoding == '32FC1':
        return _from_inverse(pixels, a, b), DEPTH_UNIT_M[encoding]
    return pixels, DEPTH_UNIT_M[encoding]


def is_compressed_depth(text: str) -> bool:
    """Return whether a `format` is one of depth that `depth_from_compressed` decodes."""
    return _encoding_and_codec(text) is not None


def _encoding_and_codec(text: str) -> tuple[str, str] | None:
    """Return the parts of `format`, None for a format without depth."""
    encoding, separator, rest = text.partition(';')
    transport, *codec = rest.split() or ['compressedDepth' if not separator else '']
    known = encoding in DEPTH_UNIT_M and transport == 'compressedDepth' and len(codec) <= 1
    codec = codec or ['png']
    return (encoding, codec[0]) if known and codec[0] in _CODECS else None


def _png_pixels(content: bytes) -> npt.NDArray[np.uint16]:
    """Return the pixels of a PNG with 16 bits of grey."""
    from PIL import Image

    if not content.startswith(_PNG_MAGIC) or len(content) < _PNG_SIZE.size:
        raise InputError('undecodable_data', 'data holds no PNG after its 12-byte header')
    _check_size(*_PNG_SIZE.unpack_from(content))
    try:
        with Image.open(io.BytesIO(content), formats=('PNG',)) as image:
            if not image.mode.startswith('I'):  # Pillow: 16-bit grey is I;16, I;16B or I
                raise InputError('undecodable_data', f'the PNG is of mode {image.mode}')
            return np.asarray(image).astype(np.uint16)
    except InputError:
        raise
    except Exception as error:  # a damaged PNG is about anything to Pillow
        raise InputError(
            'undecodable_data', f'the PNG cannot be decoded ({quoted(error)})'
        ) from error


def _rvl_pixels(content: bytes) -> npt.NDArray[np.uint16]:
    """Return the pixels of RVL code after width and height."""
    if len(content) < _SIZE.size:
        raise InputError('short_data', f'{len(content)} bytes of RVL hold no size')
    width, height = _SIZE.unpack_from(content)
    _check_size(width, height)
    try:
        return decode_rvl(content[_SIZE_BYTES:], width * height).reshape(height, width)
    except ValueError as error:
        raise InputError('undecodable_data', str(error)) from error


def _check_size(width: int, height: int) -> None:
    """Raise InputError for an image without pixels or with too many."""
    if not width or not height:
        raise InputError('empty_image', f'the size is {width} x {height}')
    if width * height > LARGEST_PIXELS:
        raise InputError(
            'undecodable_data',
            f'the size is {width} x {height}: expected at most {LARGEST_PIXELS} pixels',
        )


def _from_inverse(pixels: npt.NDArray[np.uint16], a: float, b: float) -> DepthImage:
    """Return the depth of 32FC1 in metres, float32, 0 where there is none."""
    if not (math.isfinite(a) and math.isfinite(b) and a > 0.0):
        raise InputError(
            'undecodable_data', f'the header has a = {a:g}, b = {b:g}: expected a > 0, both finite'
        )
    # In float32, as the plugin: the same bits come out.
    with np.errstate(divide='ignore', over='ignore'):
        depth: npt.NDArray[np.float32] = np.float32(a) / (
            pixels.astype(np.float32) - np.float32(b)
        )
    depth[(pixels == 0) | ~(depth > 0.0) | np.isinf(depth)] = 0.0
    return depth
