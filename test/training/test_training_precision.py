# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""precision: auto, chosen once: by the device, by all processes of a group, kept on resuming."""

from dataclasses import replace
import json
from pathlib import Path
from typing import Any

from dense_hand_pose.training import runs
from dense_hand_pose.training.checkpoint import read_header
from dense_hand_pose.training.config import load_config, TrainingConfig
from dense_hand_pose.training.distributed import Group
from dense_hand_pose.training.loop import Trainer
from dense_hand_pose.training.presence.config import load_presence_config
from dense_hand_pose.training.runs import is_complete
import pytest
from support.tiny import TINY
import torch
from torch import Tensor

CONFIGURATIONS = Path(__file__).parents[2] / 'config' / 'train'
CONFIG = TrainingConfig(
    network=TINY, samples=4, batch_size=2, validation_samples=2, warmup_steps=2, threads=1, seed=4
)


@pytest.mark.parametrize(
    ('flags', 'expected'),
    [('fpu avx2', 'float32'), ('avx512f avx512_bf16', 'bfloat16'), ('amx_bf16', 'bfloat16'),
     ('avx512f avx512_vnni', 'float32')],
)  # fmt: skip
def test_a_processor_gets_what_it_multiplies(
    flags: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from dense_hand_pose.runtimes import host

    info = tmp_path / 'cpuinfo'
    info.write_text(f'model name\t: Some CPU\nflags\t\t: {flags}\n\n')
    monkeypatch.setattr(host, '_CPUINFO', info)
    host._cpuinfo.cache_clear()
    try:
        assert runs.chosen_precision('auto', Group()) == expected
    finally:
        monkeypatch.undo()
        host._cpuinfo.cache_clear()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f'train: precision auto: {expected} (Some CPU')


@pytest.mark.parametrize(
    ('capability', 'expected'),
    [((7, 5), 'float32'), ((8, 0), 'bfloat16'), ((8, 7), 'bfloat16'), ((9, 0), 'bfloat16')],
)
def test_a_gpu_gets_bfloat16_from_ampere_on(
    capability: tuple[int, int], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, 'get_device_capability', lambda _device: capability)
    chosen, reason = runs.offered_precision(torch.device('cuda', 0))
    assert chosen == expected
    assert '{}.{}'.format(*capability) in reason


class Mixed(Group):
    """Two processes, of which the other one's device does not multiply bfloat16."""

    def all_reduce_mean_(self, tensors: list[Tensor]) -> None:
        """Average with the zeros of the other."""
        for tensor in tensors:
            tensor.mul_(0.5)


def test_a_group_takes_bfloat16_only_where_all_offer_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, 'cpu_computes_bfloat16', lambda: True)
    assert runs.chosen_precision('auto', Mixed(count=2)) == 'float32'
    assert 'another process' in capsys.readouterr().err
    assert runs.chosen_precision('auto', Mixed(rank=1, count=2)) == 'float32'
    assert capsys.readouterr().err == ''
    assert runs.chosen_precision('bfloat16', Mixed(count=2)) == 'bfloat16'


def settings_in(folder: Path) -> dict[str, Any]:
    return read_header(folder / 'checkpoint.safetensors')[1]


def test_the_choice_is_kept_when_the_training_goes_on_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, 'cpu_computes_bfloat16', lambda: False)
    Trainer(CONFIG, tmp_path).run()
    assert settings_in(tmp_path)['precision'] == 'float32'
    assert 'precision: float32' in (tmp_path / 'weights.md').read_text()
    monkeypatch.setattr(runs, 'cpu_computes_bfloat16', lambda: True)
    capsys.readouterr()
    larger = replace(CONFIG, samples=8)
    assert Trainer(larger, tmp_path, resume=True).config.precision == 'float32'
    assert 'precision' not in capsys.readouterr().err
    assert is_complete(tmp_path, CONFIG)
    with pytest.raises(ValueError, match=r'made with other settings \(precision\)'):
        Trainer(replace(larger, precision='bfloat16'), tmp_path, resume=True)


def test_the_shipped_configurations_leave_the_choice_to_the_machine() -> None:
    paths = sorted(CONFIGURATIONS.glob('*.yaml'))
    assert len(paths) > 5
    for path in paths:
        load = load_presence_config if path.stem == 'presence' else load_config
        if path.stem != 'experiment':  # of `study`, which has several
            assert load(path).precision == 'auto', json.dumps(path.name)
