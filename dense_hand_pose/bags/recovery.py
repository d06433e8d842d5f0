# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Read an MCAP file from its front, without the index at its end that a broken recording lacks.

The records are those of the MCAP specification (mcap.dev/spec): a byte of kind, eight bytes of
length, the content. Whole records and whole chunks are given, and what stopped the reading.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
import struct
from typing import BinaryIO, Final
from zlib import crc32

from rosbags.rosbag2.storage_mcap import DECOMPRESSORS

from .rosbag import RawMessage

_MAGIC: Final = b'\x89MCAP0\r\n'
_SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _DATA_END = 0x03, 0x04, 0x05, 0x06, 0x0F
_CHUNK_HEAD = struct.Struct('<QQQI')
_MESSAGE_HEAD = struct.Struct('<HIQQ')
_LARGEST_CHUNK_BYTES: Final = 1 << 31
"""A length beyond this is no length but noise."""


class McapSalvage:
    """
    The messages of a damaged MCAP file.

    `types` (topic to ROS type) fills while `messages` runs; then `damage` says what ended it, ''
    if it was the regular end of the data.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.types: dict[str, str] = {}
        self.damage = ''
        self._schemas: dict[int, str] = {}
        self._topics: dict[int, str] = {}

    def messages(self) -> Iterator[RawMessage]:
        """Yield the messages in the order of the file, up to its end or to the damage."""
        self.damage = ''
        offset = 0
        try:
            with self.path.open('rb') as file:
                if file.read(len(_MAGIC)) != _MAGIC:
                    self.damage = f'{self.path.name} does not begin as an MCAP file does'
                    return
                while True:
                    offset = file.tell()
                    kind, content = _record(file, _LARGEST_CHUNK_BYTES)
                    if kind == _DATA_END:
                        return
                    yield from self._top(kind, content)
        except Exception as error:  # whatever a decompressor or a decoder says of noise
            self.damage = f'{self.path.name} breaks off at byte {offset}: {error}'

    def _top(self, kind: int, content: bytes) -> Iterator[RawMessage]:
        """Yield the messages of a record outside of any chunk, or of a chunk."""
        if kind != _CHUNK:
            yield from self._inner(kind, content)
            return
        _, _, size, crc = _CHUNK_HEAD.unpack_from(content)
        if size > _LARGEST_CHUNK_BYTES:
            raise ValueError(f'a chunk claims {size} bytes')
        rest = BytesIO(content)
        rest.seek(_CHUNK_HEAD.size)
        compression = _text(rest)
        packed = rest.read(struct.unpack('<Q', rest.read(8))[0])
        inside = BytesIO(_unpacked(packed, compression, size, crc))
        while inside.tell() < size:
            yield from self._inner(*_record(inside, size))

    def _inner(self, kind: int, content: bytes) -> Iterator[RawMessage]:
        """Note a schema or a channel; yield a message."""
        rest = BytesIO(content)
        if kind == _SCHEMA:
            (number,) = struct.unpack('<H', rest.read(2))
            self._schemas[number] = _text(rest)
        elif kind == _CHANNEL:
            number, schema = struct.unpack('<HH', rest.read(4))
            self._topics[number] = _text(rest)
            self.types[self._topics[number]] = self._schemas.get(schema, '')
        elif kind == _MESSAGE:
            number, _, received_ns, _ = _MESSAGE_HEAD.unpack_from(content)
            rest.seek(_MESSAGE_HEAD.size)
            yield RawMessage(self._topics[number], received_ns, rest.read())


def _unpacked(packed: bytes, compression: str, size: int, crc: int) -> bytes:
    """Return the content of a chunk; ValueError where it is not what its head says."""
    if compression not in DECOMPRESSORS:
        raise ValueError(f'a chunk is compressed by {compression!r}')
    content: bytes = DECOMPRESSORS[compression](packed, size)
    if len(content) != size or (crc and crc32(content) != crc):
        raise ValueError('a chunk does not hold what its size or its checksum says')
    return content


def _record(file: BinaryIO, limit: int) -> tuple[int, bytes]:
    """Return the kind and the content of the next record; ValueError where it is cut off."""
    head = file.read(9)
    if len(head) < 9:
        raise ValueError('the file ends in mid-record')
    kind, length = head[0], int.from_bytes(head[1:], 'little')
    if length > limit:
        raise ValueError(f'a record claims {length} bytes')
    content = file.read(length)
    if len(content) < length:
        raise ValueError(f'the file ends {length - len(content)} bytes before its record')
    return kind, content


def _text(file: BinaryIO) -> str:
    """Return the next string."""
    (length,) = struct.unpack('<I', file.read(4))
    return file.read(length).decode()
