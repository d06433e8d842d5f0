# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The exported file: its round trip, and every file that must not be used."""

import io
import json
import logging
from pathlib import Path
import zipfile

from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.runtimes.base import BackendError, Model
from dense_hand_pose.runtimes.openvino import archive
from dense_hand_pose.runtimes.openvino.archive import (
    exported_graph,
    ExportedGraph,
    ExportError,
    pack_graph,
    read_graph,
    shipped_file,
    write_graph,
)  # fmt: skip
import numpy as np
import pytest
from support.tiny import tiny_network


@pytest.fixture
def other(tmp_path: Path) -> Model:
    """Return a model that nothing was exported from."""
    save_weights(tiny_network(seed=5), tmp_path / 'other.safetensors', {})
    return Model(tmp_path / 'other.safetensors')


@pytest.fixture
def graph(other: Model) -> ExportedGraph:
    """Return a graph in name only: what a file holds is not looked into here."""
    reference = np.arange(200 * 21 * 3, dtype=np.float32).reshape(200, 21, 3)
    return ExportedGraph(b'<xml/>', b'\1\2\3', reference, other.sha256, {'torch': '2'})


def rewritten(packed: bytes, **changes: object) -> bytes:
    """Return the file again with other metadata."""
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        members = {name: file.read(name) for name in file.namelist()}
    metadata = {**json.loads(members['metadata.json']), **changes}
    members['metadata.json'] = json.dumps(metadata).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def test_round_trip(other: Model, graph: ExportedGraph) -> None:
    path = shipped_file(other)
    assert path.name == 'other.openvino.zip'
    write_graph(path, graph)
    read = read_graph(path, other)
    np.testing.assert_array_equal(read.reference_m, graph.reference_m)
    assert (read.xml, read.weights) == (graph.xml, graph.weights)
    assert read.made_with == graph.made_with
    assert pack_graph(read) == path.read_bytes(), 'the same graph, the same bytes'


@pytest.mark.parametrize(
    ('changes', 'words'),
    [({'weights_sha256': '0' * 64}, "was made for another weights_sha256: '0000"),
     ({'graph_version': 0}, 'was made for another graph_version: 0, here '),
     ({'format': 'something'}, "was made for another format: 'something'"),
     ({'made_with': 7}, 'is damaged')],
)  # fmt: skip
def test_a_stale_or_foreign_file_is_refused(
    other: Model, graph: ExportedGraph, changes: dict[str, object], words: str
) -> None:
    path = shipped_file(other)
    path.write_bytes(rewritten(pack_graph(graph), **changes))
    with pytest.raises(ExportError, match=words) as caught:
        read_graph(path, other)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize('share', [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(other: Model, graph: ExportedGraph, share: float) -> None:
    packed = pack_graph(graph)
    shipped_file(other).write_bytes(packed[: int(share * len(packed))])
    with pytest.raises(ExportError, match='is damaged'):
        read_graph(shipped_file(other), other)


def test_a_flipped_byte_is_found(other: Model, graph: ExportedGraph) -> None:
    packed = bytearray(pack_graph(graph))
    at = packed.index(b'reference.npy') + 200
    packed[at] ^= 0xFF
    shipped_file(other).write_bytes(bytes(packed))
    with pytest.raises(ExportError, match='is damaged'):
        read_graph(shipped_file(other), other)


def test_without_pytorch_the_remedy_is_named(
    other: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive.importlib.util, 'find_spec', lambda _: None)
    with pytest.raises(BackendError, match=r'is missing.*python -m dense_hand_pose export'):
        exported_graph(other, lambda _: pytest.fail('PyTorch is missing'))


def test_what_was_exported_once_is_kept(
    other: Model,
    graph: ExportedGraph,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls: list[Model] = []
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))

    def export(model: Model) -> ExportedGraph:
        calls.append(model)
        return graph

    shipped_file(other).write_bytes(rewritten(pack_graph(graph), weights_sha256='0' * 64))
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert exported_graph(other, export).xml == graph.xml
    assert len(calls) == 1
    assert 'was made for another weights_sha256' in caplog.text
    kept = tmp_path / 'cache/dense_hand_pose/openvino' / f'{other.sha256}.zip'
    assert kept.is_file()
    assert kept.parent.stat().st_mode & 0o777 == 0o700
