# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Many lives of one node: nothing is left behind by any of them."""

from collections.abc import Iterator
import gc
import os
from pathlib import Path
import threading
import weakref

from dense_hand_pose.estimator import HandPoseEstimator
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
import pytest
from support.node_fixture import NodeFixture, PATIENCE_S, running_node

pytestmark = [pytest.mark.dds, pytest.mark.slow]

# 200 for the figures of docs/reliability.md: minutes.
CYCLES = int(os.environ.get('DENSE_HAND_POSE_CYCLES', '30'))
SETTLED, FRAMES_EVERY = 10, 10
PAGE_MB = 4096 / 2**20
MODE = {'roi__mode': 'topic', 'autostart': False, 'smoothing__enabled': True}
UP = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
DOWN = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)


def entities(rig: NodeFixture) -> dict[str, int]:
    """Return how many of each thing the node holds."""
    node = rig.node
    return {
        'publishers': len(list(node.publishers)),
        'subscriptions': len(list(node.subscriptions)),
        'services': len(list(node.services)),
        'timers': len(list(node.timers)),
        'waitables': len(list(node.waitables)),
        'parameters': len(node.list_parameters([], 0).names),
        'threads': threading.active_count(),
        'threads of the process': len(list(Path('/proc/self/task').iterdir())),
        'file descriptors': len(list(Path('/proc/self/fd').iterdir())),
    }


def memory_mb() -> float:
    """Return the resident memory of this process."""
    return int(Path('/proc/self/statm').read_text().split()[1]) * PAGE_MB


@pytest.fixture
def _no_collector(model: str) -> Iterator[None]:
    """Leave reference cycles alone: what they hold stays."""
    # Exports the graph, once: torch.export leaves cycles that hold the frames above it.
    HandPoseEstimator.load(model, backend='openvino')
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Lives:
    """Take a node through its states, with one service client for all of them."""

    def __init__(self, rig: NodeFixture) -> None:
        self._rig = rig
        self._client = rig.tester.create_client(ChangeState, 'hand_pose/change_state')
        assert self._client.wait_for_service(timeout_sec=PATIENCE_S)

    def _change(self, transition: int) -> None:
        request = ChangeState.Request()
        request.transition.id = transition
        future = self._client.call_async(request)
        assert self._rig.until(future.done)
        assert future.result().success

    def live(self, with_frame: bool) -> list[weakref.ref]:
        """Go once through all states; return references to what worked."""
        for transition in UP:
            self._change(transition)
        if with_frame:
            self._rig.wait_until_matched()
            assert self._rig.ask(self._rig.image()) is not None
        node = self._rig.node
        parts = [node._estimator, node._session, node._outputs]
        references = [weakref.ref(part) for part in parts]
        del parts
        for transition in DOWN:
            self._change(transition)
        return references


@pytest.mark.usefixtures('_no_collector')
@pytest.mark.parametrize('backend', ['openvino', 'cpu'])
def test_nothing_is_left_behind_even_without_the_garbage_collector(
    model: str, backend: str
) -> None:
    with running_node(model, wait=False, model__backend=backend, **MODE) as rig:
        lives, frames = Lives(rig), 0
        before: list[weakref.ref] = []
        for cycle in range(CYCLES):
            with_frame = cycle % FRAMES_EVERY == 0
            frames += with_frame
            references = lives.live(with_frame)
            # Those of the cycle before: the executor lets go of callbacks in its next turn.
            assert not any(reference() for reference in before), cycle
            before = references
            if cycle == SETTLED:
                settled, settled_mb = entities(rig), memory_mb()
        assert entities(rig) == settled
        assert memory_mb() - settled_mb < 20.0
        assert rig.state() == 'unconfigured'
        assert rig.node.counters.counts().images == frames
        assert rig.node.counters.counts().in_flight == 0
