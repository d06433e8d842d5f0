# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A small model and its exported graph, made once for all tests of backends."""

from importlib.util import find_spec

from dense_hand_pose.runtimes.base import Model
from dense_hand_pose.runtimes.openvino.archive import ExportedGraph
import pytest


@pytest.fixture(scope='session')
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    from dense_hand_pose.network.weights import save_weights
    from support.tiny import always_hand_network

    path = tmp_path_factory.mktemp('model') / 'believing.safetensors'
    save_weights(always_hand_network(), path, {})
    return Model(path)


@pytest.fixture(scope='session')
def exported(model: Model) -> ExportedGraph:
    if find_spec('openvino') is None:
        pytest.skip('OpenVINO is not installed')
    from dense_hand_pose.runtimes.openvino.export import export_model

    return export_model(model)
