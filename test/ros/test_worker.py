# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The mailbox between the executor and the worker."""

import threading
import time

from dense_hand_pose.ros.worker import Mailbox


def test_mailbox_keeps_the_newest_and_hands_back_what_nobody_took() -> None:
    mailbox: Mailbox[int] = Mailbox()
    assert mailbox.put(1) is None
    assert mailbox.put(2) == 1
    assert len(mailbox) == 1
    assert mailbox.take() == 2
    assert mailbox.put(3) is None
    assert mailbox.close() == 3
    assert mailbox.take() is None
    assert mailbox.put(4) == 4


def test_a_consumer_gets_the_newest_of_what_is_put_while_it_is_held() -> None:
    mailbox: Mailbox[int] = Mailbox()
    taken: list[int | None] = []
    consumer = threading.Thread(target=lambda: taken.append(mailbox.take()))
    consumer.start()
    with mailbox.held():
        for item in range(5):
            mailbox.put(item)
            time.sleep(0.02)  # time enough to take an older one
    consumer.join(timeout=60)
    assert taken == [4]


def test_mailbox_loses_nothing_between_threads() -> None:
    mailbox: Mailbox[int] = Mailbox()
    taken: list[int] = []

    def consume() -> None:
        while (item := mailbox.take()) is not None:
            taken.append(item)

    consumer = threading.Thread(target=consume)
    consumer.start()
    replaced = [old for item in range(5000) if (old := mailbox.put(item)) is not None]
    left = mailbox.close()
    consumer.join(timeout=60)
    assert not consumer.is_alive()
    rest = [left] if left is not None else []
    assert sorted(taken + replaced + rest) == list(range(5000))
    assert taken == sorted(taken)
