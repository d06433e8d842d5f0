# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A ROS 1 bag (format 2.0) read from its front, whether it was closed and indexed or not.

A record is a header of `name=value` fields and data, each after its length; `op` names its kind.
Lengths and sizes are checked against the file's real size, as in mcap.py.
"""

from collections import Counter
from collections.abc import Collection, Iterator
import os
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from .raw import (
    Budget,
    cdr_message,
    LARGEST_BLOCK_BYTES,
    RawMessage,
    TopicInfo,
    type_name_of,
    unpacked,
)

_MAGIC: Final = b'#ROSBAG V2.0\n'
_MESSAGE, _INDEX, _CHUNK, _CONNECTION = 2, 4, 5, 7
_LONGEST_HEADER_BYTES: Final = 1 << 20
_INDEX_ENTRY_BYTES: Final = 12

Header = dict[bytes, bytes]


class _Record(NamedTuple):
    """Where a record begins, its header, and where its data are."""

    offset: int
    header: Header
    begin: int
    end: int

    @property
    def op(self) -> int:
        """Return its kind."""
        return self.header.get(b'op', b'\0')[0]

    def number(self, name: bytes) -> int:
        """Return a field as a number; ValueError where it is missing."""
        if name not in self.header:
            raise ValueError(f'a record has no field {name.decode()}')
        return int.from_bytes(self.header[name], 'little')


class Ros1File:
    """
    The topics and messages of a ROS 1 bag, as far as it can be read; messages become CDR.

    `damage` and `note` are those of McapFile.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage = ''
        self.note = ''
        self._connections: dict[int, tuple[str, str]] = {}
        self._chunk_ids: dict[int, set[int]] = {}
        self._counts: Counter[int] = Counter()
        self._survey()

    def topics(self) -> list[TopicInfo]:
        """Return what it holds."""
        counts: Counter[tuple[str, str]] = Counter()
        for number, (topic, type_name) in self._connections.items():
            counts[topic, type_name] += self._counts[number]
        return [TopicInfo(topic, name, count) for (topic, name), count in counts.items()]

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Yield the messages of some topics in the order of writing, up to the damage."""
        wanted = {number for number, (topic, _) in self._connections.items() if topic in topics}
        offset = 0
        try:
            with self.path.open('rb') as file:
                budget = Budget(os.fstat(file.fileno()).st_size)
                for record in self._records(file):
                    offset = record.offset
                    if self._chunk_ids.get(offset, wanted) & wanted:
                        for inner, content in self._messages_of(file, record, budget):
                            if inner.number(b'conn') in wanted:
                                yield self._message(inner, content)
        except Exception as error:  # damage is about anything to what unpacks it
            self._broken(offset, error)

    def _survey(self) -> None:
        """Find topics and counts: by the index where there is one."""
        offset, last_chunk, indexed = 0, -1, False
        chunks: dict[int, _Record] = {}
        try:
            with self.path.open('rb') as file:
                budget = Budget(os.fstat(file.fileno()).st_size)
                for record in self._records(file):
                    offset = record.offset
                    if record.op == _CHUNK:
                        chunks[offset] = record
                        last_chunk = offset
                    elif record.op == _INDEX and last_chunk >= 0:
                        number = record.number(b'conn')
                        self._chunk_ids.setdefault(last_chunk, set()).add(number)
                        entries = (record.end - record.begin) // _INDEX_ENTRY_BYTES
                        self._counts[number] += entries
                        indexed = True
                    elif record.op in (_MESSAGE, _CONNECTION):
                        self._survey_record(file, record, budget)
                for offset, record in chunks.items():
                    known = self._chunk_ids.get(offset)
                    if known is None or not known <= self._connections.keys():
                        self._survey_record(file, record, budget, count=known is None)
        except Exception as error:  # damage is about anything to what unpacks it
            self._broken(offset, error)
        if not self.damage and not indexed:
            self.note = f'{self.path.name} was not closed by its recorder'

    def _survey_record(
        self, file: BinaryIO, record: _Record, budget: Budget, count: bool = True
    ) -> None:
        """Look into a record for connections, and for messages that no index counts."""
        inside = Counter(r.number(b'conn') for r, _ in self._messages_of(file, record, budget))
        if count:
            self._counts.update(inside)
            if record.op == _CHUNK:
                self._chunk_ids[record.offset] = set(inside)

    def _records(self, file: BinaryIO) -> Iterator[_Record]:
        """Yield the records of the file without their data."""
        size = os.fstat(file.fileno()).st_size
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError('it does not begin as a ROS 1 bag of version 2.0 does')
        offset = len(_MAGIC)
        while offset < size:
            file.seek(offset)
            try:
                length = _uint32(file.read(4))
                if length > min(_LONGEST_HEADER_BYTES, size - offset):
                    raise _cut_off()
                header = _header(file.read(length))
                begin = offset + 4 + length + 4
                end = begin + _uint32(file.read(4))
                if end > size:
                    raise _cut_off()
            except ValueError as error:
                self._broken(offset, error)
                return
            yield _Record(offset, header, begin, end)
            offset = end

    def _messages_of(
        self, file: BinaryIO, record: _Record, budget: Budget
    ) -> Iterator[tuple[_Record, memoryview]]:
        """Yield each message of a record, which may be a chunk; notes the connections there."""
        if record.op not in (_CHUNK, _MESSAGE, _CONNECTION):
            return
        file.seek(record.begin)
        content = file.read(record.end - record.begin)
        if record.op != _CHUNK:
            yield from self._seen(record, memoryview(content))
            return
        size = record.number(b'size')
        if size > LARGEST_BLOCK_BYTES:
            raise ValueError(f'a chunk claims {size} bytes')
        budget.spend(size)
        method = record.header.get(b'compression', b'').decode('utf-8', 'replace')
        records = memoryview(unpacked(content, method, size))
        offset = 0
        while offset < len(records):
            fields = offset + 4
            place = fields + _uint32(records[offset:fields])
            header = _header(bytes(records[fields:place]))
            begin = place + 4
            end = begin + _uint32(records[place:begin])
            if end > len(records):
                raise _cut_off()
            yield from self._seen(_Record(offset, header, begin, end), records[begin:end])
            offset = end

    def _seen(self, record: _Record, content: memoryview) -> Iterator[tuple[_Record, memoryview]]:
        """Yield a message; keep the topic and the type of a connection."""
        if record.op == _MESSAGE:
            yield record, content
        elif record.op == _CONNECTION:
            topic = record.header.get(b'topic', b'').decode('utf-8', 'replace')
            name = _header(bytes(content)).get(b'type', b'').decode('utf-8', 'replace')
            self._connections[record.number(b'conn')] = topic, type_name_of(name)

    def _message(self, record: _Record, content: memoryview) -> RawMessage:
        """Return a message as CDR."""
        topic, type_name = self._connections[record.number(b'conn')]
        seconds, nanoseconds = divmod(record.number(b'time'), 1 << 32)[::-1]
        received_ns = 1_000_000_000 * seconds + nanoseconds
        return cdr_message(topic, received_ns, bytes(content), type_name, 'ros1')

    def _broken(self, offset: int, error: Exception) -> None:
        """Say what ended the reading, and where."""
        what = str(error) if isinstance(error, ValueError) else 'a record is too short'
        if isinstance(error, OSError):
            what = f'the file cannot be read ({error.strerror})'
        self.damage = f'{self.path.name} breaks off at byte {offset}: {what}'


def _header(content: bytes) -> Header:
    """Return the fields of a header."""
    fields: Header = {}
    offset = 0
    while offset < len(content):
        begin = offset + 4
        offset = begin + _uint32(content[offset:begin])
        if offset > len(content):
            raise _cut_off()
        name, _, value = content[begin:offset].partition(b'=')
        fields[name] = value
    return fields


def _uint32(content: bytes | memoryview) -> int:
    """Return a number of four bytes."""
    if len(content) < 4:
        raise _cut_off()
    return int.from_bytes(content, 'little')


def _cut_off() -> ValueError:
    """Return what to raise where a record is longer than what holds it."""
    return ValueError('the file ends in mid-record')
