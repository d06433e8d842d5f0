# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the node tests: real rclpy and DDS, a small network with random weights."""

from collections.abc import Iterator
from dataclasses import replace

from dense_hand_pose.detection import factory
import pytest


@pytest.fixture(scope='session', autouse=True)
def _no_detector_where_tracks_begin() -> Iterator[None]:
    """Search at the nearest surfaces: what these tests film no detector takes for a hand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(factory, 'detector_is_installed', lambda: False)
        yield


@pytest.fixture(scope='session')
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a weight file: the real architecture, small, random."""
    from dense_hand_pose.network.config import CONFIGURATIONS
    from dense_hand_pose.network.dense_regression import DenseRegressionNet
    from dense_hand_pose.network.weights import save_weights
    import torch

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp('model') / 'small.safetensors'
    config = replace(CONFIGURATIONS['default'], stacks=1, widths=(8, 8, 8, 8, 8))
    save_weights(DenseRegressionNet(config), path, {'purpose': 'node tests'})
    return str(path)
