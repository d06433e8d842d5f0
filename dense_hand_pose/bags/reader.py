# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A bag opened for reading: rosbag2 (mcap, sqlite3; packed or split) or ROS 1, in whatever state.

What a file is follows from its first bytes, not from its name, and metadata.yaml only says which
files belong to the bag. Each file is read as far as it goes.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path, PurePath
import re
import tempfile
from typing import Final, Protocol

from dense_hand_pose.safe_output import printable

from .mcap import McapFile
from .raw import RawMessage, TopicInfo, unpack_file, ZSTD_MAGIC
from .ros1 import Ros1File
from .sqlite import SqliteFile

METADATA: Final = 'metadata.yaml'
_EXPECTED: Final = 'expected a rosbag2 folder, .mcap, .db3 (also .zstd), or a ROS 1 .bag'
_MOST_METADATA_BYTES: Final = 1 << 22
_MOST_FILES: Final = 100_000


class BagError(ValueError):
    """A bag cannot be used; the message names it, what is wrong and the remedy."""


class _Part(Protocol):
    """One file of a bag: McapFile says what these mean."""

    damage: str
    note: str

    def topics(self) -> list[TopicInfo]:
        """Return what it holds."""

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Yield the messages of some topics."""


_READERS: Final[dict[bytes, Callable[[Path], _Part]]] = {
    b'\x89MCAP0\r\n': McapFile,
    b'SQLite format 3\0': SqliteFile,
    b'#ROSBAG V': Ros1File,
}
_SUFFIXES: Final[dict[str, Callable[[Path], _Part]]] = {
    '.mcap': McapFile,
    '.db3': SqliteFile,
    '.bag': Ros1File,
    '.active': Ros1File,
}


class BagFile:
    """
    A bag that is read from its begin, as often as wanted.

    `note` says what is unusual though nothing is lost. Raises BagError for what is no bag and for
    a bag of which nothing can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._notes: list[str] = []
        self._lost: list[str] = []
        self._unpacked: tempfile.TemporaryDirectory[str] | None = None
        try:
            self._parts = [self._open(file) for file in self._files()]
        except OSError as error:
            raise BagError(f'{printable(path)} cannot be read: {error.strerror}') from error
        counts: Counter[str] = Counter()
        types: dict[str, str] = {}
        for part in self._parts:
            for topic in part.topics():
                counts[topic.name] += topic.count
                types[topic.name] = topic.type_name
        self.topics = tuple(TopicInfo(n, types[n], counts[n]) for n in sorted(types))
        if not any(counts.values()):
            raise BagError(
                f'{printable(path)} holds no message{f": {self.damage}" if self.damage else ""}'
            )

    @property
    def damage(self) -> str:
        """Return what was found to be damaged so far, '' if nothing."""
        found = [*self._lost, *(part.damage for part in self._parts)]
        return printable('; '.join(text for text in found if text), 1000)

    @property
    def note(self) -> str:
        """Return what is unusual, '' if nothing."""
        found = [*self._notes, *(part.note for part in self._parts)]
        return printable(', '.join(text for text in found if text), 1000)

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Yield the messages of some topics in the order of writing."""
        for part in self._parts:
            yield from part.messages(topics)

    def _files(self) -> list[Path]:
        """Return the files of the bag in their order; BagError where there are none."""
        path = self.path
        if not path.exists():
            raise BagError(f'{printable(path)}: no such file or folder')
        if path.is_file():
            if _reader(path) is None and not _is_packed(path):
                raise BagError(f'{printable(path)} is no bag: {_EXPECTED}')
            return [path]
        if not path.is_dir():
            raise BagError(f'{printable(path)} is no bag but a pipe or device: {_EXPECTED}')
        found = _storage_files(path)
        if not found:
            raise BagError(f'{printable(path)} is no bag: it holds no file of one; {_EXPECTED}')
        return self._listed(found)

    def _listed(self, found: list[Path]) -> list[Path]:
        """Return those of the files that metadata.yaml lists, in its order, or all."""
        metadata = self.path / METADATA
        if not metadata.is_file():
            self._notes.append(f'{METADATA} is missing')
            return found
        names = _listed_names(metadata)
        by_name = {file.name: file for file in found}
        if not names:
            self._notes.append(f'{METADATA} lists no files')
        elif all(name in by_name for name in names):
            return [by_name[name] for name in names]
        elif len(found) >= len(names):
            self._notes.append(f'the files are not named as in {METADATA}')
        else:
            lost = [name for name in names if name not in by_name]
            self._lost.append(f'{printable(lost[0])}, which {METADATA} lists, is missing')
        return found

    def _open(self, path: Path) -> _Part:
        """Return a file of the bag, unpacked where it is packed as a whole."""
        reason = ''
        if _is_packed(path):
            if self._unpacked is None:
                self._unpacked = tempfile.TemporaryDirectory(prefix='dense_hand_pose_bag_')
            target = Path(self._unpacked.name) / (path.name.removesuffix('.zstd') or 'bag')
            reason = unpack_file(path, target)
            path = target
        reader = _reader(path)
        if reader is None:
            what = f': {reason}' if reason else f'; {_EXPECTED}'
            raise BagError(f'{printable(self.path)} is no bag{what}')
        if reason:
            self._lost.append(f'{path.name} breaks off: {reason}')
        return reader(path)


def _reader(path: Path) -> Callable[[Path], _Part] | None:
    """Return what reads a file: by its first bytes, by its name where these are damaged."""
    with path.open('rb') as file:
        begin = file.read(16)
    for magic, reader in _READERS.items():
        if begin.startswith(magic):
            return reader
    return None if begin.startswith(ZSTD_MAGIC) else _SUFFIXES.get(path.suffix)


def _is_packed(path: Path) -> bool:
    """Return whether a file is one of zstd."""
    with path.open('rb') as file:
        return file.read(len(ZSTD_MAGIC)) == ZSTD_MAGIC


def _storage_files(folder: Path) -> list[Path]:
    """Return the files of a bag in a folder, by the numbers in their names."""
    files: list[Path] = []
    for count, path in enumerate(folder.iterdir()):
        if count >= _MOST_FILES:
            raise BagError(
                f'{printable(folder)} is no bag: it holds more than {_MOST_FILES} files'
            )
        named = path.name != METADATA and not path.name.endswith(('-wal', '-shm'))
        if named and path.is_file() and (_is_packed(path) or _reader(path) is not None):
            files.append(path)
    return sorted(files, key=lambda path: _by_numbers(path.name))


def _by_numbers(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts bag_2 before bag_10."""
    return [
        (int(part), '') if part.isdecimal() else (-1, part) for part in re.split(r'(\d+)', name)
    ]


def _listed_names(metadata: Path) -> list[str]:
    """
    Return the names of the files that a metadata.yaml lists.

    Line by line, as rosbag2 writes it: a few bytes of YAML can stand for gigabytes.
    """
    with metadata.open(encoding='utf-8', errors='replace') as file:
        lines = file.read(_MOST_METADATA_BYTES).splitlines()
    names: list[str] = []
    within = False
    for line in lines:
        words = line.strip()
        if within and words.startswith('- '):
            names.append(PurePath(words[2:].strip().strip('\'"')).name)
        else:
            within = words == 'relative_file_paths:'
    return names
