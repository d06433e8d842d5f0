# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A bag opened for reading, whatever state it is in.

A sound rosbag2 bag (mcap or sqlite3, compressed or split) is read by the rosbags library. Where
that fails (a recorder that was killed, a disk that was full) its files are read one by one, each
as far as it goes, and `BagFile.damage` says what was wrong.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from rosbags.rosbag2 import Reader

from .recovery import McapSalvage
from .rosbag import checked, RawMessage
from .sqlite_salvage import SqliteSalvage

_STORAGES: Final = {'.mcap': 'mcap', '.db3': 'sqlite3'}


class BagError(ValueError):
    """A bag cannot be used; the message names it, what is wrong and the remedy."""


@dataclass(frozen=True)
class TopicInfo:
    """A topic of a bag, its ROS type and how many messages it has."""

    name: str
    type_name: str
    count: int


class _Part(Protocol):
    """A bag or one of its files."""

    @property
    def damage(self) -> str:
        """Return what is wrong with it, as far as it was read."""

    def topics(self) -> list[TopicInfo]:
        """Return what it holds."""

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Yield the messages of some topics."""


class BagFile:
    """
    A bag that is read from its begin, as often as wanted.

    `note` says what is unusual though nothing is lost. Raises BagError for what is no bag and for
    a bag of which nothing can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.note = ''
        self._broken = ''
        self._parts = self._open()
        counts: Counter[str] = Counter()
        types: dict[str, str] = {}
        for part in self._parts:
            for topic in part.topics():
                counts[topic.name] += topic.count
                types[topic.name] = topic.type_name
        self.topics = tuple(TopicInfo(n, types[n], counts[n]) for n in sorted(types))
        if not any(counts.values()):
            raise BagError(f'{path} holds no message{f": {self.damage}" if self.damage else ""}')

    @property
    def damage(self) -> str:
        """Return what was found to be damaged so far, '' if nothing."""
        found = [self._broken, *(part.damage for part in self._parts)]
        return '; '.join(text for text in found if text)

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Yield the messages of some topics, by time of receipt where the bag has an index."""
        for part in self._parts:
            yield from part.messages(topics)

    def _open(self) -> list[_Part]:
        """Return the bag as a whole if it is sound, else its files."""
        path = self.path
        if not path.exists():
            raise BagError(f'{path}: no such file or folder')
        if path.suffix == '.bag':
            remedy = f'rosbags-convert --src {path} --dst {path.with_suffix("")}'
            raise BagError(f'{path} is a ROS 1 bag: convert it with `{remedy}`')
        if path.is_file() and path.suffix not in _STORAGES:
            raise BagError(f'{path} is no bag: expected a rosbag2 folder, .mcap or .db3')
        files = [path] if path.is_file() else _storage_files(path)
        notes = [f'{file.name} was not closed by its recorder' for file in files if _journal(file)]
        if not path.is_file() and not (path / 'metadata.yaml').exists():
            notes.append('metadata.yaml is missing')
        self.note = ', '.join(notes)
        if not notes:
            try:
                return [_Sound(path)]
            except Exception as error:  # the library's own errors, YAML's, SQLite's, zstd's
                self._broken = _reason(error)
        if not files:
            reason = self._broken or self.note
            raise BagError(f'{path} is no bag: {reason}, and it holds no .mcap or .db3 file')
        return [_open_file(file) for file in files]


class _Sound:
    """A bag, or a file of one, that the rosbags library reads."""

    def __init__(self, path: Path) -> None:
        self.damage = ''
        self._path = path
        with Reader(path) as reader:
            self._topics = [TopicInfo(c.topic, c.msgtype, c.msgcount) for c in reader.connections]

    def topics(self) -> list[TopicInfo]:
        """Return what it holds."""
        return self._topics

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Yield messages until the end or until one cannot be read."""
        count = 0
        try:
            with Reader(self._path) as reader:
                chosen = [c for c in reader.connections if c.topic in topics]
                for connection, received_ns, data in reader.messages(chosen) if chosen else ():
                    yield checked(RawMessage(connection.topic, received_ns, data))
                    count += 1
        except Exception as error:  # the library's own errors, SQLite's, zstd's
            self.damage = f'{self._path.name} breaks off after {count} messages: {_reason(error)}'


class _Salvaged:
    """A file that is read as far as it goes."""

    def __init__(self, path: Path) -> None:
        self._source = McapSalvage(path) if path.suffix == '.mcap' else SqliteSalvage(path)
        counts = Counter(message.topic for message in self._source.messages())
        self._topics = [TopicInfo(n, t, counts[n]) for n, t in self._source.types.items()]

    @property
    def damage(self) -> str:
        """Return what ended the reading."""
        return self._source.damage

    def topics(self) -> list[TopicInfo]:
        """Return what it holds."""
        return self._topics

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Yield messages until the damage."""
        return (message for message in self._source.messages() if message.topic in topics)


def _storage_files(folder: Path) -> list[Path]:
    """Return the files of a bag, by their numbers."""
    files = [path for path in folder.iterdir() if path.suffix in _STORAGES]
    return sorted(files, key=lambda path: (len(path.name), path.name))


def _journal(path: Path) -> bool:
    """Return whether SQLite has messages of a file in its -wal, where the library cannot look."""
    journal = Path(f'{path}-wal')
    return path.suffix == '.db3' and journal.exists() and journal.stat().st_size > 0


def _open_file(path: Path) -> _Part:
    """Return a file of a bag, read by the library if it can."""
    if _journal(path):
        return _Salvaged(path)
    try:
        return _Sound(path)
    except Exception:  # as in BagFile: the salvage finds out what is wrong, and where
        return _Salvaged(path)


def _reason(error: Exception) -> str:
    """Return what an error says in one line."""
    return ' '.join(str(error).split()) or type(error).__name__
