# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A small synthetic bag and a small network that reports a hand everywhere, made once."""

from collections.abc import Iterator
from pathlib import Path

from dense_hand_pose.detection import factory
import pytest

SAMPLE_FRAMES = 8


@pytest.fixture(scope='session')
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bag of 8 frames of 160x120 pixels, 20 Hz, mcap."""
    from dense_hand_pose.bags.sample import SampleOptions, write_sample

    bag = tmp_path_factory.mktemp('sample') / 'sample'
    write_sample(bag, SampleOptions(seconds=0.4, rate_hz=20.0, width=160, height=120))
    return bag


@pytest.fixture(scope='session', autouse=True)
def _no_detector_where_tracks_begin() -> Iterator[None]:
    """Search at the nearest surfaces: random weights see hands where the detector sees none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(factory, 'detector_is_installed', lambda: False)
        yield


@pytest.fixture(scope='session')
def always_hand_weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of weights that report a hand wherever they look."""
    from dense_hand_pose.network.weights import save_weights
    from support.tiny import always_hand_network

    path = tmp_path_factory.mktemp('always_hand_weights') / 'always_hand_weights.safetensors'
    save_weights(always_hand_network(), path, {'purpose': 'tests of the evaluation'})
    return str(path)
