# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Weight, graph and engine files of any bytes give an error; bags reach nothing outside."""

import json
from pathlib import Path
import shutil
import struct

from dense_hand_pose.bags.reader import BagError, BagFile
from dense_hand_pose.bags.sample import SampleOptions, write_sample
from dense_hand_pose.network.weights import load_weights, save_weights, WeightsError
from dense_hand_pose.runtimes.artefact import RejectedError
from dense_hand_pose.runtimes.base import Model
from dense_hand_pose.runtimes.openvino.archive import (
    ExportedGraph,
    ExportError,
    pack_graph,
    read_graph,
)  # fmt: skip
from dense_hand_pose.runtimes.tensorrt.engine import EngineFile
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from support.tiny import TINY, tiny_network
import torch
import yaml

SHARES = st.floats(0.0, 1.0, exclude_max=True)
CHANGES = st.lists(st.tuples(SHARES, st.integers(0, 255)), min_size=1, max_size=12)


@pytest.fixture(scope='module')
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('weights') / 'good.safetensors'
    save_weights(tiny_network(), path, {})
    return path


def changed(data: bytes, changes: list[tuple[float, int]], reach: int) -> bytes:
    """Return the data with other bytes at some of its first `reach` places."""
    corrupted = bytearray(data)
    for share, value in changes:
        corrupted[int(share * min(reach, len(data)))] = value
    return bytes(corrupted)


@settings(max_examples=150)
@given(CHANGES, st.sampled_from([8, 300, 1 << 30]), st.one_of(st.none(), SHARES))
def test_any_weight_file_loads_finite_or_is_refused(
    good: Path, changes: list[tuple[float, int]], reach: int, cut: float | None
) -> None:
    path = good.with_name('fuzzed.safetensors')
    data = changed(good.read_bytes(), changes, reach)
    path.write_bytes(data if cut is None else data[: int(cut * len(data))])
    try:
        network = load_weights(path)
    except WeightsError as error:
        assert str(error).startswith(str(path))
    else:
        assert all(torch.isfinite(t).all() for t in network.state_dict().values())


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=6), st.dictionaries(st.text(max_size=4), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(st.sampled_from(sorted(TINY.to_dict())), JSON)
def test_any_architecture_in_a_header_fits_or_is_refused(
    good: Path, name: str, value: object
) -> None:
    """A hostile header may ask for any network; nothing is built that the file does not hold."""
    header = {
        '__metadata__': {
            'format': 'dense_hand_pose/1',
            'network': json.dumps({**TINY.to_dict(), name: value}),
        }
    }
    text = json.dumps(header).encode()
    path = good.with_name('header.safetensors')
    path.write_bytes(struct.pack('<Q', len(text)) + text)
    with pytest.raises(WeightsError):
        load_weights(path)


@settings(max_examples=100)
@given(CHANGES, st.sampled_from([80, 1 << 30]), st.one_of(st.none(), SHARES))
def test_any_engine_file_is_the_engine_or_refused(
    changes: list[tuple[float, int]], reach: int, cut: float | None
) -> None:
    facts = {'sm': '8.7', 'tensorrt': '10.3'}
    engine = EngineFile(bytes(range(256)) * 8, b'joints' * 40)
    data = changed(engine.pack(facts), changes, reach)
    try:
        whole = data if cut is None else data[: int(cut * len(data))]
        found = EngineFile.unpack(whole, facts)
    except RejectedError:
        return
    assert found == engine


@settings(max_examples=100)
@given(CHANGES, st.one_of(st.none(), SHARES))
def test_any_exported_graph_is_the_graph_or_refused(
    good: Path, changes: list[tuple[float, int]], cut: float | None
) -> None:
    model = Model(good)
    reference = np.arange(200 * 21 * 3, dtype=np.float32).reshape(200, 21, 3)
    graph = ExportedGraph(b'<xml/>', bytes(500), reference, model.sha256, {'torch': '2'})
    path = good.with_name('fuzzed.openvino.zip')
    data = changed(pack_graph(graph), changes, 1 << 30)
    path.write_bytes(data if cut is None else data[: int(cut * len(data))])
    try:
        found = read_graph(path, model)
    except ExportError as error:
        assert str(error).startswith(str(path))
    else:
        assert pack_graph(found) == pack_graph(graph)


def test_a_bag_reaches_no_file_outside_of_its_folder(tmp_path: Path) -> None:
    options = SampleOptions(seconds=0.2, rate_hz=20.0, width=64, height=48)
    write_sample(tmp_path / 'secret', options)
    bag = tmp_path / 'bag'
    bag.mkdir()
    shutil.copy(tmp_path / 'secret' / 'metadata.yaml', bag)
    text = (bag / 'metadata.yaml').read_text()
    (secret,) = (tmp_path / 'secret').glob('*.mcap')
    for outside in (f'../secret/{secret.name}', str(secret)):
        (bag / 'metadata.yaml').write_text(text.replace(secret.name, outside))
        assert outside in str(yaml.safe_load((bag / 'metadata.yaml').read_text()))
        with pytest.raises(BagError):
            list(BagFile(bag).messages(['/image_rect']))


def test_yaml_of_a_bag_makes_no_object(tmp_path: Path) -> None:
    bag = tmp_path / 'bag'
    bag.mkdir()
    trace = tmp_path / 'trace'
    (bag / 'metadata.yaml').write_text(f'!!python/object/apply:os.mkdir [{str(trace)!r}]')
    with pytest.raises(BagError):
        BagFile(bag)
    assert not trace.exists()
