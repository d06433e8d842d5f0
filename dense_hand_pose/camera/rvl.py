# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
RVL, the lossless code of depth images that image_transport calls `rvl`.

A. D. Wilson, Fast Lossless Depth Image Compression, ISS 2017. Runs of zeros and of others
alternate; each begins with its length, and a pixel that is not zero is its difference to the one
before, sign in the lowest bit. Every number is a chain of nibbles, three bits each from the
lowest, the fourth is set where another follows; eight nibbles make a little-endian word, the first
on top.
"""

from collections.abc import Callable
import functools
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint16]
_LONGEST: Final = 10
"""Nibbles of a number: 30 bits, more than any run or difference needs."""
_MOST_BYTES_PER_PIXEL: Final = 4
_SPARE_BYTES: Final = 64
"""A difference has 17 bits in 6 nibbles, 3 bytes; what is beyond is not looked at."""


def decode_rvl(data: bytes, pixels: int) -> Pixels:
    """
    Return ``pixels`` values of RVL code, uint16.

    Compiled by numba where that is installed, in NumPy elsewhere: the results are the same. Takes
    memory in proportion to the code's real length and to ``pixels``, not to lengths of runs.
    Raises ValueError where the code ends early, and for runs that are longer than the image.
    """
    most = min(len(data), _MOST_BYTES_PER_PIXEL * pixels + _SPARE_BYTES)
    words = np.frombuffer(data, '<u4', most // 4)
    image = np.zeros(pixels, np.uint16)
    compiled = _compiled()
    done = _decode_numpy(words, image) if compiled is None else int(compiled(words, image))
    if done != pixels:
        what = 'a run is too long' if done > pixels else 'the code ends early'
        raise ValueError(f'no RVL code of {pixels} pixels: {what}, at pixel {min(done, pixels)}')
    return image


@functools.cache
def _compiled() -> Callable[[npt.NDArray[Any], Pixels], int] | None:
    """Return `_decode_loop` compiled, None without numba."""
    try:
        import numba
    except ImportError:
        return None
    compiled: Any
    try:
        compiled = numba.njit(cache=True)(_decode_loop)
    except RuntimeError:  # numba: 'cannot cache function: no locator available'
        compiled = numba.njit(_decode_loop)
    return compiled  # type: ignore[no-any-return]


def _decode_numpy(words: npt.NDArray[np.uint32], image: Pixels) -> int:
    """Fill ``image`` (N,) and return N; how far the code goes where that is another number."""
    values = _numbers(words)
    is_step, is_pixel = np.zeros(len(values), np.bool_), np.zeros(image.size, np.bool_)
    done = _runs(values, is_step, is_pixel)
    if done == image.size:
        steps = values[is_step]
        image[is_pixel] = np.cumsum((steps >> 1) ^ -(steps & 1), dtype=np.int64).astype(np.uint16)
    return done


def _numbers(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.int32]:
    """Return the numbers of the code up to the first one that is too long to be one."""
    nibbles = np.empty((len(words), 8), np.uint8)
    for place in range(8):
        nibbles[:, place] = (words >> np.uint32(28 - 4 * place)) & np.uint32(15)
    flat = nibbles.ravel()
    ends = np.flatnonzero(flat < 8).astype(np.int32)
    starts = np.concatenate([np.zeros(min(len(ends), 1), np.int32), ends[:-1] + 1])
    lengths = ends - starts + 1
    long = np.flatnonzero(lengths > _LONGEST)
    if long.size:
        starts, lengths = starts[: long[0]], lengths[: long[0]]
    values = np.zeros(len(starts), np.int32)
    has = np.arange(len(starts))
    for place in range(int(lengths.max(initial=0))):
        has = has[lengths[has] > place]
        values[has] |= (flat[starts[has] + place].astype(np.int32) & 7) << (3 * place)
    return values


def _runs(
    values: npt.NDArray[np.int32], is_step: npt.NDArray[np.bool_], is_pixel: npt.NDArray[np.bool_]
) -> int:
    """Mark which numbers are differences and which pixels they make; return the end of runs."""
    listed, count, pixels = values.data, len(values), is_pixel.size
    place = done = 0
    while done < pixels and place < count:
        done += listed[place]
        place += 1
        if done >= pixels or place == count:
            break
        step = listed[place]
        place += 1
        if done + step > pixels:
            return done + step
        step = min(step, count - place)
        pixels_to, steps_to = done + step, place + step
        is_pixel[done:pixels_to] = True
        is_step[place:steps_to] = True
        done, place = pixels_to, steps_to
    return done


def _decode_loop(words: npt.NDArray[np.uint32], image: Pixels) -> int:
    """Do what `_decode_numpy` does, nibble by nibble."""
    pixels, nibbles = image.size, 8 * words.size
    at = done = previous = 0
    left = -1  # differences to come; -1: a run of zeros comes next, -2: a count of differences
    while done < pixels:
        value = bits = 0
        more = True
        while more:
            if at == nibbles or bits == 30:
                return done
            nibble = (words[at >> 3] >> np.uint32(28 - 4 * (at & 7))) & np.uint32(15)
            at += 1
            value |= np.int64(nibble & np.uint32(7)) << bits
            bits += 3
            more = nibble > np.uint32(7)
        if left == -1:
            done += value
            left = -2
        elif left == -2:
            left = value if value else -1
            if done + value > pixels:
                return done + value
        else:
            previous = (previous + ((value >> 1) ^ -(value & 1))) & 0xFFFF
            image[done] = previous
            done += 1
            left = left - 1 if left > 1 else -1
    return done
