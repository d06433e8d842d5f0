# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The train command: exit statuses, one line for what is wrong."""

from pathlib import Path

from dense_hand_pose.cli import main
import pytest


def write_config(folder: Path, extra: str = '') -> Path:
    path = folder / 'tiny.yaml'
    path.write_text(
        'network: {stacks: 1, stem: folded, head: shared, widths: [8, 8, 8, 8, 8]}\n'
        f'samples: 4\nbatch_size: 2\nvalidation_samples: 2\nthreads: 1\n{extra}\n'
    )
    return path


def test_train_then_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, out = str(write_config(tmp_path)), str(tmp_path / 'out')
    assert main(['train', '--config', config, '--out', out]) == 0
    assert (tmp_path / 'out' / 'weights.safetensors').stat().st_size > 1000
    assert main(['train', '--config', config, '--out', out]) == 2
    assert 'add --resume' in capsys.readouterr().err
    assert main(['train', '--config', config, '--out', out, '--resume']) == 0


@pytest.mark.parametrize(
    ('extra', 'arguments', 'words'),
    [('learning_rate: 2e-3', [], 'learning_rate'), ('', ['--resume'], 'nothing to resume'),
     ('', ['--init', '/nowhere/w.safetensors'], '/nowhere/w.safetensors'),
     ('', ['--init', 'a', '--resume'], 'exclude each other')],
)  # fmt: skip
def test_wrong_arguments_are_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: str, arguments: list[str],
    words: str,
) -> None:  # fmt: skip
    config = str(write_config(tmp_path, extra))
    out = str(tmp_path / 'out')
    assert main(['train', '--config', config, '--out', out, *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count('\n') == 1


def test_an_absent_configuration_and_an_out_that_is_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['train', '--config', str(tmp_path / 'no.yaml'), '--out', str(tmp_path)]) == 2
    assert 'no.yaml' in capsys.readouterr().err
    config = write_config(tmp_path)
    assert main(['train', '--config', str(config), '--out', str(config)]) == 2
    assert capsys.readouterr().err.count('\n') == 1


@pytest.mark.parametrize(('rank', 'said'), [('0', 1), ('2', 0)])
def test_torchrun_with_processes_that_do_not_share_a_batch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, rank: str,
    said: int,
) -> None:  # fmt: skip
    """One of three processes, a batch of two: the leading one says it in a line."""
    values = {'TORCHELASTIC_RUN_ID': 'test', 'RANK': rank, 'LOCAL_RANK': rank, 'WORLD_SIZE': '3'}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    out = str(tmp_path / 'out')
    assert main(['train', '--config', str(write_config(tmp_path)), '--out', out]) == 2
    error = capsys.readouterr().err
    assert error.count('\n') == error.count('no multiple of processes = 3') == said
