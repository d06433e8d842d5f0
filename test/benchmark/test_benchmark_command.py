# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The command as a whole, on a tiny network: turns, figures, JSON, and what it refuses."""

from collections.abc import Callable
import json
from pathlib import Path

from dense_hand_pose.benchmark import timing
from dense_hand_pose.benchmark.contenders import Contender, EagerBackend
from dense_hand_pose.benchmark.machine import MatrixProduct
from dense_hand_pose.benchmark.run import STAGES
from dense_hand_pose.benchmark.timing import Film, run_in_turns, WARM_UP
from dense_hand_pose.cli import main
from dense_hand_pose.network.weights import save_weights
import pytest
from support.tiny import always_hand_network


@pytest.fixture(scope='module')
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp('model') / 'tiny.safetensors'
    save_weights(always_hand_network(), path, {})
    return str(path)


@pytest.mark.slow
def test_a_quick_run_writes_every_stage(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    file = tmp_path / 'speed.json'
    arguments = ['--quick', '--backend', 'cpu', '--model', model, '--json', str(file)]
    assert main(['benchmark', *arguments, '--markdown']) == 0
    found = json.loads(file.read_text())
    assert {'machine', 'versions', 'commit', 'settings', 'rows', 'summary'} <= found.keys()
    stages = {(row['backend'], row['precision']): set() for row in found['rows']}
    for row in found['rows']:
        assert list(row) == [
            'backend',
            'precision',
            'stage',
            'p50_ms',
            'p95_ms',
            'p99_ms',
            'max_ms',
        ]
        assert 0.0 <= row['p50_ms'] <= row['p95_ms'] <= row['p99_ms'] <= row['max_ms']
        stages[row['backend'], row['precision']].add(row['stage'])
    assert {('eager', 'float32'), ('cpu', 'float32')} <= stages.keys()
    assert all(names == set(STAGES) for names in stages.values())
    for summary in found['summary']:
        assert summary['frames'] == 4
        assert summary['gmac'] > 0.0
    eager = next(s for s in found['summary'] if s['backend'] == 'eager')
    assert (eager['faster_than_eager'], eager['faster_than_paper']) == (1.0, None)
    assert 'cpu float16' in found['not_available']
    out = capsys.readouterr().out
    assert '| eager | float32 | network | ' in out
    assert 'not run: cpu float16: ' in out


@pytest.mark.slow
def test_who_answers_nothing_has_no_figures_and_full_disks_lose_none(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    look: Callable[..., object] = timing._look

    def blind(estimator: object, frame: object) -> object:
        name = estimator.backend_name  # type: ignore[attr-defined]
        return None if name == 'cpu' else look(estimator, frame)

    monkeypatch.setattr(timing, '_look', blind)
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    arguments = ['--quick', '--backend', 'cpu', '--model', model, '--json', '/dev/full']
    assert main(['benchmark', *arguments]) == 1
    out, err = capsys.readouterr()
    assert 'not run: cpu float32: no joints in any of its 4 frames' in out
    assert 'eager' in out and 'No space left' in err.splitlines()[-1]


def test_all_take_turns_and_warm_up_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    look: Callable[..., object] = timing._look

    def spy(estimator: object, frame: object) -> object:
        seen.append(estimator.backend_name)  # type: ignore[attr-defined]
        return look(estimator, frame)

    monkeypatch.setattr(timing, '_look', spy)
    contenders = [
        Contender(EagerBackend(always_hand_network(), name), name, 'float32', 'tiny')
        for name in ('a', 'b')
    ]
    product = MatrixProduct('float32', sizes=(32,))
    times = run_in_turns(contenders, Film(5), [product], 2, lambda _: None)
    first, *turns = [seen[:2 * WARM_UP], *_runs(seen[2 * WARM_UP:])]  # fmt: skip
    assert first == ['a'] * WARM_UP + ['b'] * WARM_UP
    long, short = WARM_UP + 2, WARM_UP + 1
    assert turns == [('a', long), ('b', 2 * long), ('a', long + short), ('b', short)]
    assert [t.frames for t in times] == [5, 5]
    for time in times:
        assert len(time.by_stage['network']) == len(time.by_stage['end_to_end']) == 5
        assert len(time.by_stage['search']) == 3
        for end, total, beside, network in zip(
            *(time.by_stage[s] for s in ('end_to_end', 'total', 'beside_network', 'network')),
            strict=True,
        ):
            assert end >= total >= network > 0.0
            assert beside == pytest.approx(end - network)
    assert len(product.rates_gmac_s[32]) == 3


def _runs(names: list[str]) -> list[tuple[str, int]]:
    """Return how often each name comes in a row."""
    runs: list[tuple[str, int]] = []
    for name in names:
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + 1)
        else:
            runs.append((name, 1))
    return runs


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--backend', 'tpu'], "backend 'tpu': expected tensorrt, cuda, openvino, cpu"),
        (['--frames', '0'], "'0' is not a number of frames"),
        (['--rate', '30'], '--rate and --seconds go with --ros'),
        (['--json', '/nowhere/at/all.json'], 'its folder does not exist'),
        (['--threads', '-1'], "'-1' is not a number of threads"),
    ],
)
def test_wrong_arguments_are_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(['benchmark', *arguments])
    except SystemExit as exit_:
        status = int(exit_.code or 0)
    assert status == 2
    err = capsys.readouterr().err.strip()
    assert said in err
    assert '\n' not in err


def test_a_missing_model_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['benchmark', '--quick', '--model', 'none.safetensors']) == 1
    assert "model 'none.safetensors'" in capsys.readouterr().err
