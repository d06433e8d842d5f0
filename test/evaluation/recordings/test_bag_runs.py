# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A bag with the node's parameters, swept over values, and several bags in one table."""

import csv
import json
from pathlib import Path
import subprocess
import sys

from dense_hand_pose.bags.rosbag import read_bag
from dense_hand_pose.cli import main
from dense_hand_pose.cli.common import CommandError
from dense_hand_pose.cli.evaluate.parameters import combinations, read_parameters
import pytest

ROOT = Path(__file__).parents[3]
FRAMES = 8  # of the sample, see conftest.py


def evaluate(always_hand_weights: str, *options: object) -> int:
    """Run `evaluate` with the small network and return its status."""
    words = ['evaluate', *map(str, options), '--model', always_hand_weights, '--backend', 'cpu']
    return main([*words, '--precision', 'float32'])


def yaml_file(folder: Path, text: str) -> Path:
    """Write a parameter file."""
    path = folder / 'params.yaml'
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ('text', 'values'),
    [
        ('hand_pose:\n  ros__parameters:\n    hand: {min_score: 0.5}', {'hand.min_score': 0.5}),
        ('/**:\n  ros__parameters:\n    hand.min_score: 0.5', {'hand.min_score': 0.5}),
        ('/ns/hand_pose:\n  ros__parameters:\n    roi.max_hands: 2', {'roi.max_hands': 2}),
        ('ns:\n  hand_pose:\n    ros__parameters:\n      roi.mode: nearest',
         {'roi.mode': 'nearest'}),
        ('/**:\n  ros__parameters:\n    use_sim_time: true\n    qos_overrides: {/x: {a: 1}}', {}),
    ],
)  # fmt: skip
def test_parameter_files_of_ros_are_read(
    text: str, values: dict[str, object], tmp_path: Path
) -> None:
    assert read_parameters(yaml_file(tmp_path, text)) == values


def test_the_shipped_parameters_are_the_defaults() -> None:
    from dense_hand_pose.ros.parameter_table import defaults

    assert read_parameters(ROOT / 'config' / 'hand_pose.yaml') == defaults()


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('/**:\n  ros__parameters:\n    hand.depth_max: 2.0', 'did you mean hand.depth_max_m?'),
        ('/**:\n  ros__parameters:\n    hand.min_score: 1', 'expected double, 0.0 to 1.0'),
        ('/**:\n  ros__parameters:\n    hand.min_score: 1.5', 'min_score = 1.5: expected double'),
        (
            '/**:\n  ros__parameters:\n    roi.mode: near',
            'roi.mode = near: expected string',
        ),
        (
            'other:\n  ros__parameters:\n    a: 1',
            'has no parameters of hand_pose (it has those',
        ),
        ('hand_pose: [', 'is no YAML'),
        ('[' * 10000, 'is no YAML'),
        ('', 'no parameters of hand_pose'),
    ],
)
def test_other_files_are_refused_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        read_parameters(yaml_file(tmp_path, text))
    assert said in str(caught.value)
    assert caught.value.status == 2
    assert str(caught.value).isprintable()


def test_every_combination_of_a_sweep_is_run() -> None:
    found = combinations([('a', [1, 2]), ('b', ['x', 'y'])])
    assert found == [{'a': 1, 'b': 'x'}, {'a': 1, 'b': 'y'}, {'a': 2, 'b': 'x'},
                     {'a': 2, 'b': 'y'}]  # fmt: skip
    with pytest.raises(CommandError, match='10000 runs: expected at most 1000'):
        combinations([('a', list(range(100))), ('b', list(range(100)))])


def test_a_sweep_is_one_table(
    sample: Path, always_hand_weights: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr('os.cpu_count', lambda: 1)
    out = tmp_path / 'out'
    options = ['--sweep', 'hand.min_score=0.0,1.0', '--out', out]
    assert evaluate(always_hand_weights, 'bag', sample, *options) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ['bag', 'hand.min_score', 'frames']
    rows = list(csv.DictReader((out / 'runs.csv').open()))
    assert [row['hand.min_score'] for row in rows] == ['0.0', '1.0']
    assert float(rows[0]['hand_share']) > 0.5
    assert float(rows[1]['hand_share']) == 0.0
    (first, second) = sorted(path for path in out.iterdir() if path.is_dir())
    metrics = json.loads((first / 'metrics.json').read_text())
    assert metrics['parameters'] == {'hand.min_score': 0.0}
    assert (second / 'report.html').is_file()


@pytest.mark.slow
def test_several_bags_are_run_in_processes(
    sample: Path, always_hand_weights: str, tmp_path: Path
) -> None:
    (tmp_path / 'broken.mcap').write_bytes(b'\x89MCAP0\r\n' + bytes(50))
    words = [
        'evaluate',
        'bag',
        str(sample),
        str(tmp_path / 'broken.mcap'),
        '--model',
        always_hand_weights,
    ]
    words += ['--backend', 'cpu', '--precision', 'float32', '--sweep', 'roi.mode=nearest']
    done = subprocess.run(
        [sys.executable, '-m', 'dense_hand_pose', *words],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 2
    assert 'broken.mcap holds no message' in done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith('sample'))
    assert row.split()[1:4] == ['nearest', str(FRAMES), str(FRAMES)]


def test_further_hands_have_topics_and_rows_of_their_own(
    sample: Path, always_hand_weights: str, tmp_path: Path
) -> None:
    params = yaml_file(tmp_path, '/**:\n  ros__parameters:\n    roi.max_hands: 2')
    options = ['--params-file', params, '--out', tmp_path / 'out']
    assert evaluate(always_hand_weights, 'bag', sample, *options) == 0
    metrics = json.loads((tmp_path / 'out' / 'metrics.json').read_text())
    assert metrics['parameters'] == {'roi.max_hands': 2}
    assert sum(metrics['hands_per_frame'].values()) == FRAMES
    rows = list(csv.DictReader((tmp_path / 'out' / 'joints.csv').open()))
    hands = sum(int(number) * count for number, count in metrics['hands_per_frame'].items())
    assert len(rows) == 21 * hands
    topics = {message.topic for message in read_bag(tmp_path / 'out' / 'bag')}
    two = metrics['hands_per_frame'].get('2', 0)
    assert ('/hand_pose/hand_1/joints' in topics) == (two > 0)


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        (['--sweep', 'hand.min_score'], 'hand.min_score is not NAME=VALUE'),
        (['--sweep', 'hand.min_scor=1.0'], 'did you mean hand.min_score?'),
        (['--sweep', 'hand.min_score=2.0'], 'expected double, 0.0 to 1.0'),
        (['--max-hands', '9'], "'9' is not a number of hands"),
        (['--params-file', 'nowhere.yaml'], 'nowhere.yaml: No such file'),
        (['--sweep', 'roi.max_hands=1,2', '--results', 'x'], '--results takes one bag'),
    ],
)
def test_wrong_settings_are_refused_in_one_line(
    sample: Path,
    always_hand_weights: str,
    options: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        status = evaluate(always_hand_weights, 'bag', sample, *options)
    except SystemExit as end:
        status = int(end.code or 0)
    assert status == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
