# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Trainings of two processes from the command line: Ctrl-C, a killed process, torchrun."""

import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest
from safetensors.torch import load_file
import torch

REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 400.0
pytestmark = pytest.mark.slow


def write_config(folder: Path, samples: int, processes: int = 2) -> Path:
    path = folder / f'{samples}.yaml'
    path.write_text(
        'network: {stacks: 1, stem: folded, head: shared, widths: [8, 8, 8, 8, 8]}\n'
        f'samples: {samples}\nbatch_size: {processes}\nvalidation_samples: {4 * processes}\n'
        f'threads: 1\nprocesses: {processes}\ncheckpoint_every: 2\n'
    )
    return path


def start(folder: Path, *arguments: str, before: tuple[str, ...] = ()) -> 'subprocess.Popen[str]':
    command = [*before, '-m', 'dense_hand_pose', 'train', *arguments]
    return subprocess.Popen(
        [sys.executable, *command], stderr=subprocess.PIPE, text=True, cwd=folder,
        env={**os.environ, 'PYTHONPATH': str(REPOSITORY)},
    )  # fmt: skip


def ranks_of(process: 'subprocess.Popen[str]') -> list[int]:
    """Return the process ids of the two trainers, in the order of their ranks."""
    children = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
    lines = {int(pid): Path(f'/proc/{pid}/cmdline').read_text() for pid in children}
    return sorted(pid for pid, line in lines.items() if 'spawn_main' in line)


def wait_for(checkpoint: Path, newer_than: float, process: 'subprocess.Popen[str]') -> None:
    end = time.monotonic() + PATIENCE_S
    while not checkpoint.exists() or checkpoint.stat().st_mtime <= newer_than:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end, 'no checkpoint'
        time.sleep(0.1)


def test_two_processes_stop_together_and_none_outlives_another(tmp_path: Path) -> None:
    arguments = ('--config', str(write_config(tmp_path, 10**6)), '--out', 'out')
    checkpoint = tmp_path / 'out' / 'checkpoint.safetensors'
    training = start(tmp_path, *arguments)
    wait_for(checkpoint, 0.0, training)
    ranks = ranks_of(training)
    assert len(ranks) == 2
    training.send_signal(signal.SIGINT)
    _, error = training.communicate(timeout=PATIENCE_S)
    assert training.returncode == 130, error
    assert 'stopped; --resume carries on from out/checkpoint.safetensors' in error
    assert not any(Path(f'/proc/{pid}').exists() for pid in ranks)

    resumed = start(tmp_path, *arguments, '--resume')
    wait_for(checkpoint, checkpoint.stat().st_mtime, resumed)
    ranks = ranks_of(resumed)
    os.kill(ranks[1], signal.SIGKILL)
    _, error = resumed.communicate(timeout=PATIENCE_S)
    assert resumed.returncode == 1
    assert 'process 1 terminated with signal SIGKILL' in error
    assert not any(Path(f'/proc/{pid}').exists() for pid in ranks)


def test_torchrun_starts_the_same_training(tmp_path: Path) -> None:
    before = ('-m', 'torch.distributed.run', '--nproc-per-node', '2')
    arguments = ('--config', str(write_config(tmp_path, 8)), '--out', 'out')
    training = start(tmp_path, *arguments, before=before)
    _, error = training.communicate(timeout=PATIENCE_S)
    assert training.returncode == 0, error
    assert (tmp_path / 'out' / 'weights.safetensors').exists()
    assert len((tmp_path / 'out' / 'log.csv').read_text().splitlines()) == 2


def workers_of(agent: 'subprocess.Popen[str]') -> list[int]:
    """Return the process ids of the trainers that a torchrun has started."""
    children = Path(f'/proc/{agent.pid}/task/{agent.pid}/children').read_text().split()
    lines = {int(pid): Path(f'/proc/{pid}/cmdline').read_text() for pid in children}
    return sorted(pid for pid, line in lines.items() if 'dense_hand_pose' in line)


def test_torchrun_goes_on_from_the_last_checkpoint_after_one_of_four_was_killed(
    tmp_path: Path,
) -> None:
    before = ('-m', 'torch.distributed.run', '--nproc-per-node', '4', '--max-restarts', '1')
    config = str(write_config(tmp_path, 240, processes=4))
    outcomes = []
    for name in ('straight', 'killed'):
        training = start(tmp_path, '--config', config, '--out', name, before=before)
        if name == 'killed':
            wait_for(tmp_path / name / 'checkpoint.safetensors', 0.0, training)
            workers = workers_of(training)
            assert len(workers) == 4
            os.kill(workers[2], signal.SIGKILL)
        _, error = training.communicate(timeout=PATIENCE_S)
        assert training.returncode == 0, error
        outcomes.append(load_file(tmp_path / name / 'checkpoint.safetensors'))
        assert ('exitcode: -9' in error) == (name == 'killed'), error
    straight, killed = outcomes
    assert straight.keys() == killed.keys()
    for key, tensor in straight.items():
        assert torch.equal(tensor, killed[key]), key
