# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The study: what its page says follows from the errors, and the command carries itself on."""

from dataclasses import replace
from pathlib import Path

from dense_hand_pose.cli import main
from dense_hand_pose.network.config import CONFIGURATIONS
from dense_hand_pose.study.report import reading, Study, write_report
from dense_hand_pose.study.systems import (
    Cost,
    explore,
    held_out,
    measure,
    network_of,
    PROPOSED,
    SYSTEMS,
    training_of,
    VARIANTS,
)
from dense_hand_pose.training.config import TrainingConfig
import numpy as np
import pytest


def made_up(baseline_mm: float = 20.0, **systems_mm: float) -> Study:
    """Return a study of two frames in which every joint of a system has the same error."""
    means = {s.name: systems_mm.get(s.name, baseline_mm) for s in SYSTEMS}
    variants = [np.full((2, 21), (10.0 + i) / 1000.0) for i in range(len(VARIANTS))]
    return Study(
        command='study --seed 1', commit='abc', machine='a machine', network='paper',
        config=TrainingConfig(), variants=variants,
        costs=dict.fromkeys(means, Cost(2_074_258, 9.96)),
        systems={n: np.full((2, 21), mm / 1000.0) for n, mm in means.items()},
    )  # fmt: skip


def test_the_reading_is_frank() -> None:
    study = made_up(20.0, proposed_2=15.0, proposed_1=14.0, offset=15.0, soft_2=12.5)
    lines = reading(study)
    assert (
        'is ahead of: coordinate regression, detection + coordinates, detection + depth;'
        in (lines[0])
    )
    assert 'not ahead of: offsets, masked loss.' in lines[0]
    assert lines[1].startswith('Two stacks raise the mean by 1.00 mm')
    assert 'lower the mean by 2.50 mm' in lines[2]


def test_agreement_counts_pairs_that_the_paper_orders() -> None:
    """K rises by 1 mm a row here; the paper orders 5 of the 6 pairs: 1 > 5 = 10 < 30."""
    line = next(line for line in reading(made_up()) if line.startswith('candidates K'))
    assert 'best at 1; all values lie within 3.00 mm' in line
    assert line.endswith('3 of the 5 pairs that the paper orders agree.')
    assert next(line for line in reading(made_up()) if line.startswith('iterations')).endswith(
        '(the paper gives no figures).'
    )


def test_the_page_holds_both_tables(tmp_path: Path) -> None:
    study = made_up(25.0, proposed_2=15.0)
    write_report(tmp_path / 'study.md', study)
    page = (tmp_path / 'study.md').read_text()
    row = '15.00 | 15.00 | 100.0 % | 100.0 % | 100.0 % | 10.21 | 2.07 | 10.0 |'
    assert f'| proposed, two stacks | {row}' in page
    assert '| coordinate regression | 25.00 | 25.00 | 0.0 % | 100.0 % | 100.0 % | - |' in page
    assert 'at commit abc on a machine.' in page
    assert '| candidates K | 30 | 13.00 | 13.00 | 10.96 |' in page
    assert (tmp_path / 'images' / 'study_curves.png').stat().st_size > 5_000
    assert page.count('\n| ') == len(SYSTEMS) + len(VARIANTS) + 2


def test_all_systems_train_alike() -> None:
    common = TrainingConfig(optimiser='muon', seed=3, batch_size=8)
    made = [training_of(s, common, network_of(s, 'paper')) for s in SYSTEMS]
    for system, config in zip(SYSTEMS, made, strict=True):
        assert replace(config, network=common.network, loss=common.loss) == common
        same = replace(config.network, task='dense', stacks=2)
        assert same == CONFIGURATIONS['paper'], 'stem, hourglasses and reach'
        loss = config.loss
        # Squares: a narrow smooth L1 leaves R and S low where a joint is rare.
        assert (loss.heat_2d, loss.heat_3d, loss.direction, loss.beta) == (10.0, 10.0, 10.0, 1.0)
        assert loss.coordinates == (0.0 if system.name.startswith('proposed') else 2.0)


def test_quick_study_and_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / 'out')
    assert main(['study', '--quick', '--out', out, '--threads', '1']) == 0
    page = (tmp_path / 'out' / 'study.md').read_text()
    assert '| merged by | softmax over S | ' in page
    before = (tmp_path / 'out' / PROPOSED / 'checkpoint.safetensors').stat().st_mtime_ns
    assert capsys.readouterr().err.count(': training') == len(SYSTEMS)
    assert main(['study', '--quick', '--out', out, '--threads', '1']) == 0
    assert capsys.readouterr().err.count(': trained') == len(SYSTEMS)
    assert (tmp_path / 'out' / PROPOSED / 'checkpoint.safetensors').stat().st_mtime_ns == before
    assert (tmp_path / 'out' / 'study.md').read_text() == page
    # The usual decoder is one of the variants: the two tables must agree on it.
    batches = held_out(3)
    folder = tmp_path / 'out' / PROPOSED
    system = next(s for s in SYSTEMS if s.name == PROPOSED)
    usual = [e for v, e in zip(VARIANTS, explore(folder, batches, VARIANTS), strict=True)
             if v.value == '5' and v.axis == 'candidates K']  # fmt: skip
    np.testing.assert_array_equal(usual[0], measure(system, folder, batches))
    assert not np.array_equal(measure(system, folder, batches),
                              measure(replace(system, soft=True), folder, batches))  # fmt: skip
    assert main(['study', '--quick', '--out', out, '--seed', '2']) == 2
    assert 'made with other settings (seed)' in capsys.readouterr().err


def test_wrong_arguments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['study', '--out', str(tmp_path), '--crops', '0']) == 2
    assert main(['study', '--out', str(tmp_path), '--processes', '7']) == 2
    assert 'no multiple of processes = 7' in capsys.readouterr().err
    (tmp_path / 'file').touch()
    assert main(['study', '--quick', '--out', str(tmp_path / 'file' / 'study')]) == 2
    assert 'Not a directory' in capsys.readouterr().err
