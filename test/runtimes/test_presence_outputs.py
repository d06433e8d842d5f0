# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Presence and side of a network with that head, out of every backend; none without it."""

from dataclasses import replace
from importlib.util import find_spec

from dense_hand_pose.benchmark.contenders import EagerBackend
from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import joined, Result
from dense_hand_pose.network.graph import export_graph, HandGraph
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.runtimes.base import Backend, Model
from dense_hand_pose.runtimes.cuda import CudaBackend
from dense_hand_pose.runtimes.openvino.runtime import OpenVinoBackend
from dense_hand_pose.runtimes.precision import load_probe
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
import numpy as np
import pytest
from support.tiny import always_hand_network, TINY, tiny_network
import torch


@pytest.fixture(scope='module')
def judging(tmp_path_factory: pytest.TempPathFactory) -> Model:
    network = tiny_network(replace(TINY, verdict=True), seed=3)
    network.load_state_dict(always_hand_network().state_dict(), strict=False)
    path = tmp_path_factory.mktemp('judging') / 'judging.safetensors'
    save_weights(network, path, {})
    return Model(path)


@pytest.fixture(scope='module')
def backends(judging: Model) -> dict[str, Backend]:
    if find_spec('openvino') is None:
        pytest.skip('OpenVINO is not installed')
    from dense_hand_pose.runtimes.openvino.export import export_model

    graph = export_model(judging)
    return {
        'openvino': OpenVinoBackend(graph, judging.config, 'float32', threads=1),
        'cpu': TorchBackend(judging.network(), 'cpu'),
        'cuda': CudaBackend(judging.network(), 'float32', device='cpu'),
        'eager': EagerBackend(judging.network()),
    }


@pytest.mark.parametrize('count', [1, 3, 9])
@pytest.mark.parametrize('decoding', [DecodingConfig(), DecodingConfig(candidates=2)])
def test_every_backend_judges_as_the_head_does(
    judging: Model, backends: dict[str, Backend], count: int, decoding: DecodingConfig
) -> None:
    arrays = tuple(array[:count] for array in load_probe())
    network = judging.network()
    with torch.no_grad():
        seen = network.forward_features(torch.from_numpy(arrays[0]).unsqueeze(1))
        expected = network.verdict(seen)
    assert len(set(expected.side.tolist())) == count, 'all crops alike would prove nothing'
    for name, backend in backends.items():
        result = backend.run(*arrays, decoding)
        # The weights of the exported file are in fp16, those of the others, too.
        np.testing.assert_allclose(result.presence, expected.presence, atol=2e-4, err_msg=name)
        np.testing.assert_allclose(result.side, expected.side, atol=4e-4, err_msg=name)
        assert {result.presence.dtype, result.side.dtype} == {np.dtype(np.float32)}
        assert result.joints_m.shape == (count, 21, 3)


def test_the_exported_graph_names_and_gives_it(judging: Model) -> None:
    graph = HandGraph(judging.network(), DecodingConfig(), maps=True)
    assert graph.outputs[5:] == ('presence', 'side', 'maps')
    inputs = tuple(torch.from_numpy(array[:2]) for array in load_probe())
    for ours, theirs in zip(export_graph(graph, 2).module()(*inputs), graph(*inputs), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_without_the_head_there_is_none(model: Model) -> None:
    arrays = tuple(array[:2] for array in load_probe())
    for backend in (
        TorchBackend(model.network(), 'cpu'),
        CudaBackend(model.network(), 'float32', device='cpu'),
        EagerBackend(model.network()),
    ):
        result = backend.run(*arrays, DecodingConfig())
        assert result.presence is None
        assert result.side is None


def test_parts_of_a_batch_are_joined_in_order() -> None:
    columns = [np.arange(6, dtype=np.float32) + i for i in range(5)]
    parts = [Result(*(c[part] for c in columns)) for part in (slice(0, 4), slice(4, 6))]
    whole = joined(parts)
    for ours, theirs in zip(whole[:5], columns, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert whole.presence is None
    with_side = joined([part._replace(side=part.joints_m) for part in parts])
    np.testing.assert_array_equal(with_side.side, columns[0])
