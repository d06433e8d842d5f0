# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Twenty lives of one node: nothing is left behind by any of them."""

import gc
from pathlib import Path
import threading
import weakref

from lifecycle_msgs.msg import Transition
from node_rig import Rig, running_node
import pytest

pytestmark = [pytest.mark.dds, pytest.mark.slow]

CYCLES, SETTLED = 20, 5
PAGE_MB = 4096 / 2**20
MODE = {'roi__mode': 'topic', 'autostart': False, 'smoothing__enabled': True}


def entities(rig: Rig) -> dict[str, int]:
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
    }


def memory_mb() -> float:
    """Return the resident memory of this process."""
    gc.collect()
    return int(Path('/proc/self/statm').read_text().split()[1]) * PAGE_MB


def live(rig: Rig) -> weakref.ref:
    """Go once through all states, with a frame; return a reference to the model that worked."""
    assert rig.change_state(Transition.TRANSITION_CONFIGURE)
    assert rig.change_state(Transition.TRANSITION_ACTIVATE)
    rig.wait_until_matched()
    assert rig.ask(rig.image()) is not None
    model = weakref.ref(rig.node._estimator)
    assert rig.change_state(Transition.TRANSITION_DEACTIVATE)
    assert rig.change_state(Transition.TRANSITION_CLEANUP)
    return model


def test_no_thread_no_entity_no_model_and_no_memory_is_left_behind(model: str) -> None:
    with running_node(model, wait=False, **MODE) as rig:
        first = entities(rig)
        models = []
        for cycle in range(CYCLES):
            models.append(live(rig))
            if cycle == 0:
                # qos_overrides are declared with the first publisher and stay.
                first['parameters'] = entities(rig)['parameters']
            if cycle == SETTLED:
                settled_mb = memory_mb()
            assert entities(rig) == first, f'cycle {cycle}'
        gc.collect()
        assert [ref() for ref in models] == [None] * CYCLES
        assert memory_mb() - settled_mb < 10.0
        assert rig.state() == 'unconfigured'
        assert rig.node.ledger.counts().images == CYCLES
        assert rig.node.ledger.counts().under_way == 0
