# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A ROS domain that no other test process of this machine uses, held while this one lives."""

import fcntl
import os
from pathlib import Path
import tempfile
from typing import TextIO

# The demo and the soak choose theirs below 101. Those from 215 on lie above the ports that Linux
# lends to whoever asks for any; the others serve when many tests run at once.
FREE_OF_OTHERS, FURTHER = range(215, 232), range(102, 215)

_held: list[TextIO] = []


def claim_domain() -> int:
    """Return a domain; the lock on its file goes with the process, whatever ends it."""
    folder = Path(tempfile.gettempdir())
    first = os.getpid() % len(FREE_OF_OTHERS)  # a dead process may have left a child in the last
    order: list[int] = [*FREE_OF_OTHERS[first:], *FREE_OF_OTHERS[:first], *FURTHER]
    for domain in order:
        file = (folder / f'dense_hand_pose_{os.getuid()}_domain_{domain}').open('a')
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        _held.append(file)
        return domain
    raise RuntimeError('test processes hold all ROS domains from 102 to 231: end some of them')


def isolate() -> None:
    """Give this process and its children a corner of the network of their own."""
    os.environ['ROS_DOMAIN_ID'] = str(claim_domain())
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
