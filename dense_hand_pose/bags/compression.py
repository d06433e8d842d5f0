# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Decompression with a limit: what a file claims of its size is not relied on.

A few kilobytes of zstd, LZ4 or bzip2 can stand for gigabytes.
"""

import bz2
from collections.abc import Callable
from pathlib import Path
import sys
from typing import Any, Final

import lz4.frame

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ZSTD_MAGIC: Final = b'\x28\xb5\x2f\xfd'
LARGEST_BLOCK_BYTES: Final = 1 << 28
"""Of a chunk or message, 268 MB: a depth image of 16 million pixels in metres has 67 MB."""
_MOST_TIMES: Final = 200
_SPARE_BYTES: Final = 1 << 28
"""What a whole file may grow to: depth shrinks to a third or a tenth, not to a hundredth."""
_BLOCK_BYTES: Final = 1 << 20

_DECODERS: Final[dict[str, Callable[[], Any]]] = {
    'zstd': zstd.ZstdDecompressor,
    'lz4': lz4.frame.LZ4FrameDecompressor,
    'bz2': bz2.BZ2Decompressor,
}


class DecompressionError(ValueError):
    """Packed data are damaged, cut off or too large; the message says which."""


class Budget:
    """How many bytes a file may still unpack to; DecompressionError when they are used up."""

    def __init__(self, packed_bytes: int) -> None:
        self._most = _MOST_TIMES * packed_bytes + _SPARE_BYTES
        self._left = self._most

    def spend(self, count: int) -> None:
        """Take ``count`` bytes from it."""
        self._left -= count
        if self._left < 0:
            raise DecompressionError(f'it unpacks to more than {self._most} bytes')


def unpacked(data: bytes, method: str, limit: int = LARGEST_BLOCK_BYTES) -> bytes:
    """
    Return data unpacked by '' or 'none' (as they are), 'zstd', 'lz4' or 'bz2'.

    Raises DecompressionError for other methods, for damage and for more than ``limit`` bytes.
    """
    if method in ('', 'none'):
        return data
    if method not in _DECODERS:
        raise DecompressionError('the compression is not zstd, lz4 or bz2')
    parts: list[bytes] = []
    size = 0
    while data:
        decoder = _DECODERS[method]()
        try:
            part = decoder.decompress(data, max_length=limit - size + 1)
        except Exception as error:  # each library has errors of its own
            raise DecompressionError(f'the {method} data are damaged') from error
        parts.append(part)
        size += len(part)
        if size > limit:
            raise DecompressionError(f'the {method} data unpack to more than {limit} bytes')
        if not decoder.eof:
            raise DecompressionError(f'the {method} data are cut off')
        data = decoder.unused_data or b''
    return parts[0] if len(parts) == 1 else b''.join(parts)


def unpack_file(source: Path, target: Path) -> str:
    """
    Unpack a file of zstd to a new one; return why not all of it could be unpacked, or ''.

    OSError where a file cannot be read or written.
    """
    budget = Budget(source.stat().st_size)
    with source.open('rb') as packed, target.open('xb') as file:
        decoder = zstd.ZstdDecompressor()
        data = packed.read(_BLOCK_BYTES)
        try:
            while data or not decoder.needs_input:
                block = decoder.decompress(data, max_length=_BLOCK_BYTES)
                budget.spend(len(block))
                file.write(block)
                data = packed.read(_BLOCK_BYTES) if decoder.needs_input else b''
                if decoder.eof:
                    data = decoder.unused_data or packed.read(_BLOCK_BYTES)
                    if not data:
                        return ''
                    decoder = zstd.ZstdDecompressor()
        except DecompressionError as error:
            return str(error)
        except zstd.ZstdError:
            return 'the zstd data are damaged'
    return 'the zstd data are cut off'
