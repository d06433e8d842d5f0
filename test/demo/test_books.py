# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""When a recording begins and is complete: nothing of the node is lost, at either end."""

from pathlib import Path
import sys
import time
from typing import Any

from dense_hand_pose.bags.raw import RawMessage
from dense_hand_pose.bags.rosbag import BagTopic
from dense_hand_pose.demo import stream
from dense_hand_pose.demo.processes import Children
from dense_hand_pose.demo.stream import DemoError, NAMES, open_stream, TOPICS, wait_for_books
import pytest
from support import recordings

LATER_NS = 1_000_000_000
"""Diagnostics count only some time after the end of the camera."""
BOOKS = {'images': 5, 'dropped': 1, 'under_way': 0}


class Recording:
    """A recorder that hears what a script says, one line with each `spin`."""

    def __init__(self, script: list[tuple[dict[str, int], int]], frames: int = 5) -> None:
        """Take the node's account and the number of results for each turn; the last one stays."""
        self.frames, self.turn = frames, -1
        self._script = script

    def spin(self, _: float) -> None:
        """Hear the next line."""
        time.sleep(0.01)
        self.turn = min(self.turn + 1, len(self._script) - 1)

    def latest(self, topic: str) -> RawMessage:
        """Return the account."""
        received_ns = time.time_ns() + LATER_NS
        return recordings.diagnostics(topic, received_ns, TOPICS.node, self._script[self.turn][0])

    def count(self, topic: str) -> int:
        """Return the number of messages of a topic."""
        return {TOPICS.truth: self.frames, TOPICS.joints: self._script[self.turn][1]}[topic]


@pytest.fixture
def children(tmp_path: Path) -> Any:
    """Return the children of a demo, with a node that does nothing."""
    with Children(tmp_path) as running:
        running.start('node', [sys.executable, '-c', 'import time; time.sleep(60)'], {})
        yield running


class Opening:
    """A recorder that hears the names of the joints in its third turn, and writes down events."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self.events: list[str] = []

    def spin(self, _: float) -> None:
        """Take a turn."""
        self.events.append('turn')

    def subscribe(self, topic: BagTopic) -> None:
        """Note the subscription."""
        self.events.append(topic.name)

    def count(self, topic: str) -> int:
        """Return the number of messages of a topic; the camera sends once it is heard."""
        if topic == NAMES.name:
            return int(self.events.count('turn') >= 3)
        return int(topic in self.events)


def test_the_camera_is_heard_once_the_node_knows_the_recorder(children: Children) -> None:
    opening = Opening()
    open_stream(opening, children)
    order = [TOPICS.truth, TOPICS.camera_info, TOPICS.depth]
    assert opening.events == ['turn', 'turn', 'turn', *order]


@pytest.mark.parametrize(
    'early',
    [
        pytest.param([({'images': 3, 'dropped': 1, 'under_way': 0}, 2)], id='images to come'),
        pytest.param([({'images': 5, 'dropped': 1, 'under_way': 2}, 2)], id='under way'),
        pytest.param([(BOOKS, 1), (BOOKS, 3)], id='results to come'),
    ],
)
def test_it_waits_until_everything_is_there(
    children: Children, early: list[tuple[dict[str, int], int]]
) -> None:
    recording = Recording([*early, (BOOKS, 4)])
    wait_for_books(recording, children)
    assert recording.turn == len(early)


def test_what_is_lost_for_good_is_no_error(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, '_BOOKS_LIMIT_S', 0.2)
    recording = Recording([(BOOKS, 3)])
    wait_for_books(recording, children)
    assert recording.turn == 0


def test_a_node_that_does_not_finish_is_an_error(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, '_BOOKS_LIMIT_S', 0.2)
    unfinished = {'images': 5, 'dropped': 0, 'under_way': 1}
    with pytest.raises(DemoError, match='the node did not finish'):
        wait_for_books(Recording([(unfinished, 4)]), children)
