# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A SQLite file of rosbag2 read row by row, whether its recorder closed it or not.

Only tables of the file itself are read, no views, virtual tables or computed columns, and no more
rows, bytes and steps than a file of its real size can hold.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
import sqlite3
from typing import Any, Final

from .raw import cdr_message, RawMessage, TopicInfo, type_name_of

_LEAST_ROW_BYTES: Final = 4
_STEPS_PER_ROW: Final = 64
_STEPS_AT_ONCE: Final = 100_000
_MESSAGES: Final = 'SELECT topic_id, timestamp, data FROM messages'
_COMPUTED: Final = (2, 3)
"""What PRAGMA table_xinfo says of columns that are computed when they are read."""


class SqliteFile:
    """
    The topics and messages of a .db3 file, as far as it can be read.

    `damage` and `note` are those of McapFile.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage = ''
        self.note = ''
        self._topics: dict[int, tuple[str, str]] = {}
        self._counts: Counter[int] = Counter()
        journal = Path(f'{path}-wal')
        self._open_journal = journal.exists() and journal.stat().st_size > 0
        size = path.stat().st_size + (journal.stat().st_size if self._open_journal else 0)
        self._size = size
        self._survey()

    def topics(self) -> list[TopicInfo]:
        """Return what it holds."""
        return [TopicInfo(n, t, self._counts[key]) for key, (n, t) in self._topics.items()]

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Yield the messages of some topics in the order of writing, up to the damage."""
        wanted = [key for key, (name, _) in self._topics.items() if name in topics]
        marks = ','.join('?' * len(wanted))
        query = f'{_MESSAGES} WHERE topic_id IN ({marks})'
        count = spent = 0
        try:
            with closing(self._connect()) as database:
                for topic_id, received_ns, data in database.execute(query, wanted):
                    message = self._message(topic_id, received_ns, data)
                    spent += len(data)
                    if spent > self._size:
                        raise ValueError('its rows hold more bytes than the file')
                    yield message
                    count += 1
        except Exception as error:  # whatever SQLite makes of it
            self._broken(count, error)

    def _survey(self) -> None:
        """Read the topics and count their messages."""
        count = 0
        try:
            with closing(self._connect()) as database:
                for name in ('topics', 'messages'):
                    self._require_table(database, name)
                for key, name, type_name in database.execute('SELECT id, name, type FROM topics'):
                    if not (isinstance(name, str) and isinstance(type_name, str)):
                        raise ValueError('a topic has no name or no type')
                    self._topics[key] = name, type_name_of(type_name)
                for (key,) in database.execute('SELECT topic_id FROM messages'):
                    self._counts[key] += 1
                    count += 1
        except Exception as error:  # whatever SQLite makes of it
            self._broken(count, error)
        if self._open_journal and not self.damage:
            self.note = f'{self.path.name} was not closed by its recorder'

    def _connect(self) -> sqlite3.Connection:
        """Return the file opened for reading, with a limit on steps."""
        # A recorder that was killed leaves a -wal file; immutable would not look at it.
        mode = 'mode=ro' if self._open_journal else 'mode=ro&immutable=1'
        database = sqlite3.connect(f'{self.path.absolute().as_uri()}?{mode}', uri=True)
        # Without it SQLite refuses a file that is shorter than its header says.
        database.execute('PRAGMA writable_schema = ON')
        most = _STEPS_PER_ROW * (self._size // _LEAST_ROW_BYTES) // _STEPS_AT_ONCE + 10
        left = iter(range(most))
        database.set_progress_handler(lambda: int(next(left, None) is None), _STEPS_AT_ONCE)
        return database

    def _require_table(self, database: sqlite3.Connection, name: str) -> None:
        """Raise ValueError unless there is such a table with rows of its own."""
        query = 'SELECT rootpage FROM sqlite_master WHERE type = ? AND name = ?'
        found = database.execute(query, ('table', name)).fetchone()
        if found is None or not found[0]:
            raise ValueError(f'it has no table {name}')
        columns = database.execute(f'PRAGMA table_xinfo({name})').fetchall()
        if any(column[-1] in _COMPUTED for column in columns):
            raise ValueError(f'its table {name} has computed columns')

    def _message(self, key: Any, received_ns: Any, data: Any) -> RawMessage:
        """Return a message; ValueError for values of other types, which SQLite allows."""
        topic, type_name = self._topics[key]
        if not isinstance(received_ns, int) or received_ns < 0:
            raise ValueError('a time of receipt is not a number of nanoseconds')
        if not isinstance(data, bytes):
            raise ValueError('the data of a message are no bytes')
        return cdr_message(topic, received_ns, data, type_name)

    def _broken(self, count: int, error: Exception) -> None:
        """Say what ended the reading, and after how many messages."""
        what = str(error) if isinstance(error, ValueError) else 'the database is damaged'
        if isinstance(error, OSError):
            what = f'the file cannot be read ({error.strerror})'
        if not self._topics and isinstance(error, sqlite3.Error):
            what = 'it is no SQLite database, or a damaged one'
        self.damage = f'{self.path.name} breaks off after {count} messages: {what}'
