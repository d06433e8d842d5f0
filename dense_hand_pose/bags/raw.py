# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A message as a bag holds it: serialized as CDR, whatever the file has it in; and its content.

Data are decompressed with a limit: a few kilobytes of zstd, LZ4 or bzip2 can stand for gigabytes,
and what a file claims of its size is not relied on.
"""

import bz2
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
import sys
from typing import Any, Final

from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.safe_output import quoted
import lz4.frame
from rosbags.typesys import get_typestore, Stores

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


_STORE: Final = get_typestore(Stores.ROS2_JAZZY)
_ROS1: Final = ('ros1', 'ros1msg')
_MOST_TRAILING_BYTES: Final = 8
"""After a ROS 1 message: librealsense 2.56 leaves four behind an image, and ROS ignores them."""


@dataclass(frozen=True)
class RawMessage:
    """A serialized message (CDR) and when it was received, nanoseconds since 1970."""

    topic: str
    received_ns: int
    data: bytes


@dataclass(frozen=True)
class TopicInfo:
    """A topic of a bag, its ROS type and how many messages it has."""

    name: str
    type_name: str
    count: int


def type_name_of(name: str) -> str:
    """Return the ROS 2 name of a type: ROS 1 has sensor_msgs/Image for sensor_msgs/msg/Image."""
    package, _, rest = name.partition('/')
    return f'{package}/msg/{rest}' if rest and '/' not in rest else name


def cdr_message(
    topic: str, received_ns: int, data: bytes, type_name: str, encoding: str = 'cdr'
) -> RawMessage:
    """
    Return a message as CDR: unpacked where a recorder packed it alone, converted from ROS 1.

    One that cannot be converted has no data, so that it is counted as unreadable.
    """
    if data.startswith(ZSTD_MAGIC):  # CDR begins with a byte 0
        try:
            data = unpacked(data, 'zstd', LARGEST_BLOCK_BYTES)
        except DecompressionError:
            data = b''
    if encoding in _ROS1:
        data = _from_ros1(data, type_name)
    return RawMessage(topic, received_ns, data)


def decode(message: RawMessage, type_name: str) -> Any:
    """Return a message deserialized; InputError for bytes that are none, or have no stamp."""
    try:
        read: Any = _STORE.deserialize_cdr(message.data, type_name)
    except Exception as error:  # generated code: it fails in whatever way the noise asks for
        what = f'its {len(message.data)} bytes are no {quoted(type_name)}'
        raise InputError('unreadable_message', what) from error
    header = getattr(read, 'header', None)
    if header is not None and header.stamp.nanosec >= 1_000_000_000:
        raise InputError('unreadable_message', f'{header.stamp.nanosec} ns make no stamp')
    return read


def _from_ros1(data: bytes, type_name: str) -> bytes:
    """Return a ROS 1 message as CDR, b'' where it is none of that type."""
    for trailing in range(_MOST_TRAILING_BYTES + 1):
        try:
            return bytes(_STORE.ros1_to_cdr(data[: len(data) - trailing], type_name))
        except Exception:  # noqa: S112 (generated code: it fails in any way)
            continue
    return b''
