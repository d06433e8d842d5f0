# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Encoders of compressedDepth, written from the formats alone: references for the decoder.

RVL follows the listing of A. D. Wilson, Fast Lossless Depth Image Compression (ISS 2017); PNG is
OpenCV's, as in image_transport's plugin; inverse depth has the plugin's quantization.
"""

import struct
from types import SimpleNamespace

import cv2
import numpy as np

DEPTH_MAX_M, QUANTIZATION = 10.0, 100.0
"""The plugin's defaults."""


def encode_rvl(pixels: np.ndarray) -> bytes:
    """Return the RVL code of pixels (N,), uint16."""
    nibbles: list[int] = []
    values = [int(pixel) for pixel in pixels]
    place = previous = 0
    while place < len(values):
        begin = place
        while place < len(values) and values[place] == 0:
            place += 1
        nibbles += chain(place - begin)
        begin = place
        while place < len(values) and values[place] != 0:
            place += 1
        nibbles += chain(place - begin)
        for value in values[begin:place]:
            delta = value - previous
            nibbles += chain(2 * delta if delta >= 0 else -2 * delta - 1)
            previous = value
    return words(nibbles)


def chain(value: int) -> list[int]:
    """Return the nibbles of a number: three bits each, the fourth says that more follow."""
    nibbles = []
    while True:
        low, value = value & 7, value >> 3
        nibbles.append(low | 8 if value else low)
        if not value:
            return nibbles


def words(nibbles: list[int]) -> bytes:
    """Return nibbles as little-endian words of eight, the first on top."""
    padded = nibbles + [0] * (-len(nibbles) % 8)
    made = bytearray()
    for start in range(0, len(padded), 8):
        word, end = 0, start + 8
        for nibble in padded[start:end]:
            word = word << 4 | nibble
        made += word.to_bytes(4, 'little')
    return bytes(made)


def inverse_depth(depth_m: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return the quantized inverse depth (H, W), uint16, and its two parameters."""
    a = np.float32(QUANTIZATION * (QUANTIZATION + 1.0))
    b = np.float32(1.0 - a / np.float32(DEPTH_MAX_M))
    known = (depth_m > 0.0) & (depth_m < DEPTH_MAX_M)
    pixels = np.zeros(depth_m.shape, np.uint16)
    pixels[known] = (a / depth_m[known].astype(np.float32) + b).astype(np.uint16)
    return pixels, float(a), float(b)


def compressed_depth(
    depth: np.ndarray, codec: str = 'png', text: str | None = None
) -> SimpleNamespace:
    """Return what a CompressedImage of a depth image has: `format` and `data`."""
    encoding, pixels, a, b = '16UC1', depth, 0.0, 0.0
    if depth.dtype.kind == 'f':
        encoding = '32FC1'
        pixels, a, b = inverse_depth(depth)
    if codec == 'png':
        content = cv2.imencode('.png', pixels)[1].tobytes()
    else:
        height, width = pixels.shape
        content = struct.pack('<II', width, height) + encode_rvl(pixels.ravel())
    data = np.frombuffer(struct.pack('<iff', 0, a, b) + content, np.uint8)
    return SimpleNamespace(format=text or f'{encoding}; compressedDepth {codec}', data=data)
