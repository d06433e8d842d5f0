# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A mailbox with one slot: the newest item wins, and the one it replaces is handed back."""

import threading
from typing import Generic, TypeVar

Item = TypeVar('Item')


class Mailbox(Generic[Item]):
    """
    Hand the newest item from one thread to another.

    A consumer that is slower than the producer skips items instead of falling behind. Every
    method may be called from any thread.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: Item | None = None
        self._closed = False

    def put(self, item: Item) -> Item | None:
        """Store `item`; return the item nobody took: the replaced one, or `item` once closed."""
        with self._condition:
            if self._closed:
                return item
            replaced, self._item = self._item, item
            self._condition.notify()
            return replaced

    def take(self) -> Item | None:
        """Wait for an item and return it; None once the mailbox is closed."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._item is not None)
            item, self._item = self._item, None
            return item

    def close(self) -> Item | None:
        """Wake the consumer for good; return the item that nobody took, if any."""
        with self._condition:
            self._closed = True
            left, self._item = self._item, None
            self._condition.notify_all()
            return left

    def clear(self) -> Item | None:
        """Return the item that waits, if any, and have none wait."""
        with self._condition:
            left, self._item = self._item, None
            return left

    def __len__(self) -> int:
        """Return 1 while an item waits, else 0."""
        with self._condition:
            return int(self._item is not None)
