# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The key of an engine: everything that matters changes it, and nothing else."""

from pathlib import Path
import shutil
import subprocess
import sys

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.config import NetworkConfig
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.runtimes.model import Model
from dense_hand_pose.runtimes.tensorrt.fingerprint import (
    engine_facts,
    engine_key,
    hash_of_sources,
    sources,
)
from fake_tensorrt import MACHINE, tiny_model
import pytest
from tiny import TINY, tiny_network

PACKAGE = Path(__file__).parents[3] / 'dense_hand_pose'
SOURCES = [path.relative_to(PACKAGE).as_posix() for path in sources(PACKAGE)]


@pytest.fixture
def models(tmp_path: Path) -> list[Model]:
    """Return the same model twice, one of other weights and one of another architecture."""
    wide = Model(tmp_path / 'wide.safetensors')
    config = NetworkConfig(**{**TINY.to_dict(), 'widths': TINY.widths, 'theta_m': 0.09})
    save_weights(tiny_network(config), wide.path, {})
    copy = Model(tmp_path / 'copy.safetensors')
    original = tiny_model(tmp_path)
    shutil.copy(original.path, copy.path)
    return [original, copy, tiny_model(tmp_path, seed=1), wide]


def key(model: Model, **changes: object) -> str:
    values = {
        'decoding': DecodingConfig(),
        'batch': 1,
        'precision': 'float16',
        'machine': MACHINE,
    }
    return engine_key(engine_facts(model, **{**values, **changes}))


def test_every_model_has_its_own(models: list[Model]) -> None:
    keys = [key(model) for model in models]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert len(keys[0]) == 64


@pytest.mark.parametrize(
    'change',
    [
        {'decoding': DecodingConfig(candidates=6)},
        {'decoding': DecodingConfig(weighted=False)},
        {'batch': 2},
        {'precision': 'float32'},
        *({'machine': {**MACHINE, name: 'another'}} for name in MACHINE),
    ],
)
def test_whatever_matters_changes_it(models: list[Model], change: dict[str, object]) -> None:
    assert key(models[0], **change) != key(models[0])


@pytest.mark.parametrize('name', ['codec/decoding.py', 'network/blocks.py', SOURCES[-1]])
def test_a_change_of_the_graphs_code_changes_it(tmp_path: Path, name: str) -> None:
    package = tmp_path / 'package'
    for source in SOURCES:
        (package / source).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGE / source, package / source)
    before = hash_of_sources(package)
    assert before == hash_of_sources(PACKAGE)
    with (package / name).open('a') as file:
        file.write('# another line')
    assert hash_of_sources(package) != before


def test_all_code_that_the_graph_loads_counts() -> None:
    code = 'import sys, dense_hand_pose.network.graph; print(*sys.modules)'
    result = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    loaded = {name for name in result.stdout.split() if name.startswith('dense_hand_pose.')}
    files = {f'{name.partition(".")[2].replace(".", "/")}.py' for name in loaded}
    # Cameras are for the frame a crop comes from: the graph has no part in them.
    cameras = ('intrinsics', 'depth_image', 'distortion')
    for no_code in ('network', 'codec', 'camera', *(f'camera/{name}' for name in cameras)):
        files.discard(f'{no_code}.py')
    assert 'network/graph.py' in files
    assert files <= set(SOURCES)
