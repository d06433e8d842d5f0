# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The export command: a file that the backend then takes."""

from importlib.util import find_spec
from pathlib import Path

from dense_hand_pose.cli import main
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.runtimes.base import Model, Wanted
from dense_hand_pose.runtimes.openvino.archive import read_graph
from dense_hand_pose.runtimes.openvino.runtime import load
import pytest
from support.tiny import always_hand_network


def test_what_is_exported_is_what_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if find_spec('openvino') is None:
        pytest.skip('OpenVINO is not installed')
    path = tmp_path / 'small.safetensors'
    save_weights(always_hand_network(), path, {})
    assert main(['export', str(path)]) == 0
    said = capsys.readouterr().out.splitlines()
    exported = tmp_path / 'small.openvino.zip'
    assert said[0].startswith(f'{exported}: ')
    assert any(line.startswith('float32: joints 0.') for line in said[1:])
    model = Model(path)
    assert read_graph(exported, model).weights_sha256 == model.sha256
    assert load(Wanted(model=model, precision='float32', threads=1)).name == 'openvino'

    changed = always_hand_network(seed=1)
    save_weights(changed, path, {})
    with pytest.raises(ValueError, match='was made for another weights_sha256'):
        read_graph(exported, Model(path))


@pytest.mark.parametrize(
    ('words', 'said'),
    [(['no_such_model'], "model 'no_such_model'"), ([], 'model')],
)  # fmt: skip
def test_what_cannot_be_exported_is_named(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        assert main(['export', *words]) == 1
    except SystemExit as error:
        assert error.code == 2
    assert said in capsys.readouterr().err
