# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Read what is left of a damaged rosbag2 SQLite file, row by row in the order of writing."""

from collections.abc import Iterator
from pathlib import Path
import sqlite3

from .rosbag import checked, RawMessage


class SqliteSalvage:
    """
    The messages of a damaged .db3 file.

    `types` (topic to ROS type) fills when `messages` begins; then `damage` says what ended it, ''
    if it was the last row.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.types: dict[str, str] = {}
        self.damage = ''

    def messages(self) -> Iterator[RawMessage]:
        """Yield the messages up to the end or to the damage."""
        self.damage = ''
        count = 0
        # A recorder that was killed leaves a -wal file; immutable would not look at it.
        mode = 'mode=ro' if Path(f'{self.path}-wal').exists() else 'mode=ro&immutable=1'
        try:
            database = sqlite3.connect(f'{self.path.absolute().as_uri()}?{mode}', uri=True)
            try:
                # Without it SQLite refuses a file that is shorter than its header says.
                database.execute('PRAGMA writable_schema = ON')
                topics = {
                    number: (name, type_name)
                    for number, name, type_name in database.execute(
                        'SELECT id, name, type FROM topics'
                    )
                }
                self.types.update(topics.values())
                rows = database.execute('SELECT topic_id, timestamp, data FROM messages')
                for topic, received_ns, data in rows:
                    yield checked(RawMessage(topics[topic][0], received_ns, data))
                    count += 1
            finally:
                database.close()
        except (sqlite3.Error, KeyError, TypeError, ValueError) as error:
            said = str(error) or type(error).__name__
            self.damage = f'{self.path.name} breaks off after {count} messages: {said}'
