# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The key of an engine: everything that matters changes it, and nothing else."""

from pathlib import Path
import shutil

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.config import NetworkConfig
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.runtimes.base import Model
from dense_hand_pose.runtimes.tensorrt.fingerprint import engine_fingerprint, engine_key
import pytest
from support.fake_tensorrt import MACHINE, tiny_model
from support.tiny import TINY, tiny_network


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))


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
    return engine_key(engine_fingerprint(model, **{**values, **changes}))


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
