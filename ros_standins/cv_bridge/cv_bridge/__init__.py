# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Stand-in for ROS 2's cv_bridge: NOT the real package.

It offers the part of the Python API that dense_hand_pose uses, for machines without a ROS
distribution, and was written anew for that purpose (NumPy instead of the compiled module). Names
and behaviour follow the real package, and test/standins holds both to the same contract.
"""

import re
import sys
from typing import Any

import numpy as np

__version__ = '0.1.0+standin'

__all__ = ['CvBridge', 'CvBridgeError']

_DTYPES = {
    '8U': 'uint8',
    '8S': 'int8',
    '16U': 'uint16',
    '16S': 'int16',
    '32S': 'int32',
    '32F': 'float32',
    '64F': 'float64',
}
_DEPTH_NAMES = {name: depth for depth, name in _DTYPES.items()}
_COLOURS = {
    'mono8': ('uint8', 'g'),
    'mono16': ('uint16', 'g'),
    'bgr8': ('uint8', 'bgr'),
    'rgb8': ('uint8', 'rgb'),
    'bgra8': ('uint8', 'bgra'),
    'rgba8': ('uint8', 'rgba'),
    'bgr16': ('uint16', 'bgr'),
    'rgb16': ('uint16', 'rgb'),
}
_GENERIC = re.compile(r'^(8U|8S|16U|16S|32S|32F|64F)(?:C([1-9][0-9]*))?$')
_LUMA = {'r': 0.299, 'g': 0.587, 'b': 0.114}  # ITU-R BT.601, as OpenCV's grey conversion


class CvBridgeError(TypeError):
    """The conversion is not possible."""


class CvBridge:
    """Convert between sensor_msgs/Image messages and NumPy arrays as OpenCV has them."""

    def encoding_to_dtype_with_channels(self, encoding: str) -> tuple[str, int]:
        """Return the NumPy type name and the number of channels of `encoding`."""
        if encoding in _COLOURS:
            name, channels = _COLOURS[encoding]
            return name, len(channels)
        match = _GENERIC.match(encoding)
        if match is None:
            raise CvBridgeError(f'Unrecognized image encoding [{encoding}]')
        return _DTYPES[match.group(1)], int(match.group(2) or 1)

    def imgmsg_to_cv2(self, img_msg: Any, desired_encoding: str = 'passthrough') -> np.ndarray:
        """
        Return the pixels of `img_msg`: (H, W), or (H, W, C) for more than one channel.

        Rows may be padded (step) and bytes may be in either order: the result is contiguous or a
        copy in the machine's order. Raises CvBridgeError for an encoding that cannot be had and
        TypeError where the data is too short.
        """
        name, channels = self.encoding_to_dtype_with_channels(img_msg.encoding)
        dtype = np.dtype(name).newbyteorder('>' if img_msg.is_bigendian else '<')
        row_values = img_msg.step // dtype.itemsize // channels
        shape: tuple[int, ...] = (img_msg.height, row_values)
        if channels > 1:
            shape += (channels,)
        pixels = np.ndarray(shape, dtype=dtype, buffer=img_msg.data)[:, : img_msg.width]
        native = np.ascontiguousarray(pixels, dtype=np.dtype(name))
        if desired_encoding in ('passthrough', img_msg.encoding):
            return native
        return self._convert(native, img_msg.encoding, desired_encoding)

    def cv2_to_imgmsg(
        self, cvim: np.ndarray, encoding: str = 'passthrough', header: Any = None
    ) -> Any:
        """
        Return `cvim`, (H, W) or (H, W, C), as a sensor_msgs/Image message.

        Raises TypeError where `cvim` is no array and CvBridgeError where `encoding` does not fit
        its type or its channels.
        """
        if not isinstance(cvim, (np.ndarray, np.generic)):
            raise TypeError('Your input type is not a numpy array')
        from sensor_msgs.msg import Image

        channels = 1 if cvim.ndim < 3 else cvim.shape[2]
        own_encoding = f'{_DEPTH_NAMES[cvim.dtype.name]}C{channels}'
        if encoding != 'passthrough':
            wanted = self.encoding_to_dtype_with_channels(encoding)
            if wanted != (cvim.dtype.name, channels):
                raise CvBridgeError(
                    f'encoding specified as {encoding}, but image has incompatible type '
                    f'{own_encoding}'
                )
        message = Image(height=cvim.shape[0], width=cvim.shape[1])
        if header is not None:
            message.header = header
        message.encoding = own_encoding if encoding == 'passthrough' else encoding
        message.is_bigendian = int(_is_big_endian(cvim.dtype))
        message.data.frombytes(cvim.tobytes())
        message.step = len(message.data) // message.height
        return message

    def _convert(self, pixels: np.ndarray, source: str, target: str) -> np.ndarray:
        """Return `pixels` of encoding `source` in encoding `target`."""
        target_type, target_count = self.encoding_to_dtype_with_channels(target)
        source_type, source_count = self.encoding_to_dtype_with_channels(source)
        if source in _COLOURS and target in _COLOURS:
            recoloured = _recolour(pixels, _COLOURS[source][1], _COLOURS[target][1])
            return _rescale(recoloured, source_type, target_type)
        if source_count != target_count:
            raise CvBridgeError(f'[{source}] is not a color format, cannot become [{target}]')
        return pixels if source_type == target_type else _saturate(pixels, target_type)


def _is_big_endian(dtype: np.dtype) -> bool:
    """Return whether multi-byte values of `dtype` have their highest byte first."""
    return dtype.byteorder == '>' or (dtype.byteorder == '=' and sys.byteorder == 'big')


def _recolour(pixels: np.ndarray, source: str, target: str) -> np.ndarray:
    """Return `pixels` with channels `source` reordered, added or mixed into `target`."""
    if source == target:
        return pixels
    if source == 'g':
        planes = dict.fromkeys('rgb', pixels)
    else:
        planes = {c: pixels[..., i] for i, c in enumerate(source)}
    if target == 'g':
        grey = sum(planes[c].astype(np.float64) * weight for c, weight in _LUMA.items())
        return np.rint(grey).astype(pixels.dtype)
    opaque = np.full(pixels.shape[:2], np.iinfo(pixels.dtype).max, pixels.dtype)
    return np.stack([planes.get(c, opaque) for c in target], axis=-1)


def _rescale(pixels: np.ndarray, source_type: str, target_type: str) -> np.ndarray:
    """Return colour values of 8 or 16 bits in the other range (255 <-> 65535)."""
    if source_type == target_type:
        return pixels
    factor = np.iinfo(target_type).max / np.iinfo(source_type).max
    return np.rint(pixels * factor).astype(target_type)


def _saturate(pixels: np.ndarray, target_type: str) -> np.ndarray:
    """Return `pixels` as `target_type`, rounded and limited to its range for integers."""
    if np.issubdtype(np.dtype(target_type), np.floating):
        return pixels.astype(target_type)
    limits = np.iinfo(target_type)
    values = np.rint(pixels) if np.issubdtype(pixels.dtype, np.floating) else pixels
    return np.clip(values, limits.min, limits.max).astype(target_type)
