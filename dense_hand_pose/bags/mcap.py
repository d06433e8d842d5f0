# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
An MCAP file read from its front, whether its recorder closed it or not.

The records are those of the MCAP specification (mcap.dev/spec): a byte of kind, eight bytes of
length, the content. Lengths and sizes are checked against the file's real size, so that time and
memory follow from that size whatever the file claims.
"""

from collections import Counter
from collections.abc import Collection, Iterator
import os
from pathlib import Path
import struct
from typing import BinaryIO, Final, NamedTuple
from zlib import crc32

from .raw import (
    Budget,
    cdr_message,
    LARGEST_BLOCK_BYTES,
    RawMessage,
    TopicInfo,
    type_name_of,
    unpacked,
)

_MAGIC: Final = b'\x89MCAP0\r\n'
_FOOTER, _SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _INDEX = 0x02, 0x03, 0x04, 0x05, 0x06, 0x07
_HEAD: Final = struct.Struct('<BQ')
_CHUNK_HEAD: Final = struct.Struct('<QQQI')
_MESSAGE_HEAD: Final = struct.Struct('<HIQQ')
_MESSAGE_HEAD_BYTES: Final = _MESSAGE_HEAD.size
_INDEX_HEAD: Final = struct.Struct('<HI')
_INDEX_ENTRY_BYTES: Final = 16
_LONGEST_TEXT_BYTES: Final = 1 << 24
"""Of a schema, the largest record besides messages."""


class _Channel(NamedTuple):
    """A topic, its ROS 2 type, and how its messages are serialized ('cdr', 'ros1')."""

    topic: str
    type_name: str
    encoding: str


class McapFile:
    """
    The topics and messages of an MCAP file, as far as it can be read.

    `damage` says what ended the reading before the end of the data, '' where nothing did; `note`
    that the file was not closed, though nothing of it is lost.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage = ''
        self.note = ''
        self._schemas: dict[int, str] = {}
        self._channels: dict[int, _Channel] = {}
        self._chunk_ids: dict[int, set[int]] = {}
        self._counts: Counter[int] = Counter()
        self._survey()

    def topics(self) -> list[TopicInfo]:
        """Return what it holds."""
        counts: Counter[tuple[str, str]] = Counter()
        for number, channel in self._channels.items():
            counts[channel.topic, channel.type_name] += self._counts[number]
        return [TopicInfo(topic, name, count) for (topic, name), count in counts.items()]

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Yield the messages of some topics in the order of writing, up to the damage."""
        wanted = {number for number, c in self._channels.items() if c.topic in topics}
        offset = 0
        try:
            with self.path.open('rb') as file:
                budget = Budget(os.fstat(file.fileno()).st_size)
                for offset, kind, length in self._records(file):
                    if kind == _MESSAGE:
                        content = memoryview(file.read(length))
                        if int.from_bytes(content[:2], 'little') in wanted:
                            yield self._message(content)
                    elif kind == _CHUNK and self._chunk_ids.get(offset, wanted) & wanted:
                        for number, content in self._inside(file.read(length), budget):
                            if number in wanted:
                                yield self._message(content)
        except Exception as error:  # damage is about anything to what unpacks it
            self._broken(offset, error)

    def _survey(self) -> None:
        """Find topics and counts: from the records between the chunks where that is enough."""
        offset, last_chunk, chunks = 0, -1, []
        closed = False
        try:
            with self.path.open('rb') as file:
                budget = Budget(os.fstat(file.fileno()).st_size)
                for offset, kind, length in self._records(file):
                    if kind in (_SCHEMA, _CHANNEL):
                        self._note(kind, file.read(min(length, _LONGEST_TEXT_BYTES)))
                    elif kind == _MESSAGE:
                        self._counts[_MESSAGE_HEAD.unpack(file.read(_MESSAGE_HEAD.size))[0]] += 1
                    elif kind == _CHUNK:
                        last_chunk = offset
                        chunks.append((offset, length))
                    elif kind == _INDEX and last_chunk >= 0:
                        number, size = _INDEX_HEAD.unpack(file.read(_INDEX_HEAD.size))
                        self._chunk_ids.setdefault(last_chunk, set()).add(number)
                        self._counts[number] += min(size, length) // _INDEX_ENTRY_BYTES
                    closed = closed or kind == _FOOTER
                for offset, length in chunks:
                    self._survey_chunk(file, offset, length, budget)
        except Exception as error:  # damage is about anything to what unpacks it
            self._broken(offset, error)
        if not closed and not self.damage:
            self.note = f'{self.path.name} was not closed by its recorder'

    def _survey_chunk(self, file: BinaryIO, offset: int, length: int, budget: Budget) -> None:
        """Look into a chunk that has no index, or a channel that is nowhere else."""
        ids = self._chunk_ids.get(offset)
        if ids is not None and all(number in self._channels for number in ids):
            return
        file.seek(offset + _HEAD.size)
        inside = Counter(number for number, _ in self._inside(file.read(length), budget))
        if ids is None:
            self._counts.update(inside)
            self._chunk_ids[offset] = set(inside)

    def _records(self, file: BinaryIO) -> Iterator[tuple[int, int, int]]:
        """Yield offset, kind and length of the records, the file at the content of each."""
        size = os.fstat(file.fileno()).st_size
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError('it does not begin as an MCAP file does')
        offset = len(_MAGIC)
        while offset < size:
            file.seek(offset)
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                self._broken(offset, ValueError('the file ends in mid-record'))
                return
            kind, length = _HEAD.unpack(head)
            end = offset + _HEAD.size + length
            if kind == 0 or end > size:
                self._broken(offset, ValueError('a record claims more than the file holds'))
                return
            yield offset, kind, length
            if kind == _FOOTER:
                return
            offset = end

    def _note(self, kind: int, content: bytes) -> None:
        """Keep a schema or a channel."""
        rest = _Fields(content)
        if kind == _SCHEMA:
            number = rest.number(2)
            self._schemas[number] = rest.text()
            return
        number, schema = rest.number(2), rest.number(2)
        topic, encoding = rest.text(), rest.text()
        name = type_name_of(self._schemas.get(schema, ''))
        self._channels[number] = _Channel(topic, name, encoding)

    def _inside(self, content: bytes, budget: Budget) -> Iterator[tuple[int, memoryview]]:
        """Yield channel and content of each message in a chunk; notes the channels there."""
        _, _, size, crc = _CHUNK_HEAD.unpack_from(content)
        rest = _Fields(content, _CHUNK_HEAD.size)
        method = rest.text()
        packed = rest.take(rest.number(8))
        if size > LARGEST_BLOCK_BYTES:
            raise ValueError(f'a chunk claims {size} bytes')
        budget.spend(size)
        records = memoryview(unpacked(packed, method, size))
        if len(records) != size or (crc and crc32(records) != crc):
            raise ValueError('a chunk does not hold what its size or its checksum says')
        offset = 0
        while offset < size:
            kind, length = _HEAD.unpack_from(records, offset)
            begin = offset + _HEAD.size
            offset = begin + length
            if kind == 0 or offset > size:
                raise ValueError('a record claims more than its chunk holds')
            if kind in (_SCHEMA, _CHANNEL):
                self._note(kind, bytes(records[begin:offset]))
            elif kind == _MESSAGE:
                message = records[begin:offset]
                yield int.from_bytes(message[:2], 'little'), message

    def _message(self, content: memoryview) -> RawMessage:
        """Return the message of a channel that was found."""
        number, _, received_ns, _ = _MESSAGE_HEAD.unpack_from(content)
        topic, type_name, encoding = self._channels[number]
        data = bytes(content[_MESSAGE_HEAD_BYTES:])
        return cdr_message(topic, received_ns, data, type_name, encoding)

    def _broken(self, offset: int, error: Exception) -> None:
        """Say what ended the reading, and where."""
        what = str(error) if isinstance(error, ValueError) else 'a record is too short'
        if isinstance(error, OSError):
            what = f'the file cannot be read ({error.strerror})'
        self.damage = f'{self.path.name} breaks off at byte {offset}: {what}'


class _Fields:
    """The fields of a record, one after the other; ValueError where one is cut off."""

    def __init__(self, content: bytes, offset: int = 0) -> None:
        self._content = content
        self._offset = offset

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        begin, end = self._offset, self._offset + count
        found = self._content[begin:end]
        if len(found) < count:
            raise ValueError('a record is too short')
        self._offset = end
        return found

    def number(self, size: int) -> int:
        """Return the next number of so many bytes."""
        return int.from_bytes(self.take(size), 'little')

    def text(self) -> str:
        """Return the next string."""
        return self.take(self.number(4)).decode('utf-8', 'replace')
