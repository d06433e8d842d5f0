# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""`record-sample` and `evaluate bag` as a user runs them."""

import csv
from dataclasses import replace
import json
from pathlib import Path
from typing import Any

from dense_hand_pose.bags.raw import RawMessage
from dense_hand_pose.bags.reader import BagFile
from dense_hand_pose.bags.rosbag import BagTopic, read_bag, write_bag
from dense_hand_pose.bags.sample import SampleOptions, write_sample
from dense_hand_pose.camera.camera_info import stamp_ns
from dense_hand_pose.cli import main
from dense_hand_pose.runtimes.base import PRECISIONS
import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from support import recordings

FULL = PRECISIONS[1]
"""The first after auto is float32, which loads without a trial."""
FRAMES = 8  # of the sample, see conftest.py
FILES = ('metrics.json', 'per_frame.csv', 'joints.csv', 'bag/bag.mcap', 'bag/metadata.yaml')


def evaluate(bag: Path, always_hand_weights: str, *options: object) -> int:
    """Run `evaluate bag` with the small network and return its status."""
    words = ['evaluate', 'bag', str(bag), *map(str, options)]
    if '--results' not in options:
        words += ['--model', always_hand_weights, '--backend', 'cpu', '--precision', FULL]
    return main(words)


def read_raw(bag: Path) -> list[RawMessage]:
    """Return all messages of a bag, serialized."""
    return list(BagFile(bag).messages(types_of(bag)))


def types_of(bag: Path) -> dict[str, str]:
    """Return the types of a bag's topics."""
    return {topic.name: topic.type_name for topic in BagFile(bag).topics}


def moved(message: RawMessage, topic: str, later_ns: int) -> RawMessage:
    """Return a message on another topic, received later."""
    return replace(message, topic=topic, received_ns=message.received_ns + later_ns)


def restamped(message: RawMessage, later_ns: int) -> RawMessage:
    """Return a camera_info with a later stamp."""
    name = 'sensor_msgs/msg/CameraInfo'
    info: Any = recordings.STORE.deserialize_cdr(message.data, name)
    header = recordings.header(stamp_ns(info) + later_ns)
    return recordings.raw(message.topic, name, message.received_ns, replace(info, header=header))


@pytest.fixture(scope='module')
def results(
    sample: Path, always_hand_weights: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the results of the sample."""
    out = tmp_path_factory.mktemp('results') / 'new' / 'out'
    assert evaluate(sample, always_hand_weights, '--out', out) == 0
    return out


def test_two_runs_give_the_same_bytes(
    sample: Path, always_hand_weights: str, results: Path, tmp_path: Path
) -> None:
    assert evaluate(sample, always_hand_weights, '--out', tmp_path) == 0
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (results / name).read_bytes(), name


def test_the_files_agree_with_one_another(results: Path, sample: Path) -> None:
    metrics = json.loads((results / 'metrics.json').read_text())
    assert metrics['frames'] == metrics['frames_answered'] == FRAMES
    assert metrics['complete'] is True
    assert not [name for name in metrics if 'latency' in name or name.endswith('_ms')]
    hands = metrics['frames_with_hand']
    assert hands > FRAMES // 2
    rows = list(csv.DictReader((results / 'joints.csv').open()))
    assert len(rows) == 21 * hands
    errors = [float(row['error_mm']) for row in rows]
    assert np.mean(errors) == pytest.approx(metrics['accuracy']['mean_joint_error_mm'], abs=1e-3)
    stamps = [stamp_ns(m.message) for m in read_bag(sample, ['/image_rect'])]
    frames = list(csv.DictReader((results / 'per_frame.csv').open()))
    assert [int(row['stamp_ns']) for row in frames] == stamps
    poses = [m.message for m in read_bag(results / 'bag', ['/hand_pose/joints'])]
    assert [stamp_ns(m) for m in poses] == stamps
    recorded = [[p.position.x, p.position.y, p.position.z] for m in poses for p in m.poses]
    written = [[float(row[k]) for k in ('x_m', 'y_m', 'z_m')] for row in rows]
    assert np.allclose(recorded, written, atol=1e-6)
    timing = json.loads((results / 'timing.json').read_text())
    assert timing['answers'] == FRAMES
    assert timing['latency_ms']['p50'] > 0.0


def test_sqlite3_gives_the_figures_of_mcap(
    always_hand_weights: str, results: Path, tmp_path: Path
) -> None:
    options = SampleOptions(seconds=0.4, rate_hz=20.0, width=160, height=120)
    write_sample(tmp_path / 'sample', options, 'sqlite3')
    assert evaluate(tmp_path / 'sample', always_hand_weights, '--out', tmp_path / 'out') == 0
    for name in ('metrics.json', 'joints.csv'):
        assert (tmp_path / 'out' / name).read_bytes() == (results / name).read_bytes()


def test_a_truncated_bag_gives_partial_results_and_status_2(
    always_hand_weights: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = SampleOptions(seconds=0.4, rate_hz=20.0, width=160, height=120)
    write_sample(tmp_path / 'sample', options, 'sqlite3')
    file = tmp_path / 'sample' / 'sample.db3'
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    assert evaluate(tmp_path / 'sample', always_hand_weights, '--out', tmp_path / 'out') == 2
    said = capsys.readouterr()
    assert 'sample.db3 breaks off after' in said.err
    metrics = json.loads((tmp_path / 'out' / 'metrics.json').read_text())
    assert metrics['complete'] is False
    assert 'sample.db3' in metrics['damage']
    assert 0 < metrics['frames'] < FRAMES
    assert 'Incomplete' in (tmp_path / 'out' / 'report.html').read_text()


def test_recorded_answers_are_measured(
    sample: Path, always_hand_weights: str, results: Path, tmp_path: Path
) -> None:
    out = tmp_path / 'out'
    assert evaluate(sample, always_hand_weights, '--results', results / 'bag', '--out', out) == 0
    replayed = json.loads((out / 'metrics.json').read_text())
    offline = json.loads((results / 'metrics.json').read_text())
    assert replayed['source'] == 'recorded'
    for name in ('accuracy', 'stability', 'presence', 'frames_with_hand'):
        assert replayed[name] == offline[name], name
    assert replayed['confidence']['mean'] == pytest.approx(offline['confidence']['mean'], abs=1e-3)


def test_recorded_scores_and_sides_are_kept(
    sample: Path, always_hand_weights: str, results: Path, tmp_path: Path
) -> None:
    assert (
        evaluate(sample, always_hand_weights, '--results', results / 'bag', '--out', tmp_path) == 0
    )
    kept, given = (read_raw(bag) for bag in (tmp_path / 'bag', results / 'bag'))
    clouds = [m.data for m in given if m.topic == '/hand_pose/joints_cloud']
    assert len(clouds) == FRAMES
    assert [m.data for m in kept if m.topic == '/hand_pose/joints_cloud'] == clouds


def test_latency_is_that_of_the_recorder(sample: Path, tmp_path: Path) -> None:
    raw = [m for m in read_raw(sample) if m.topic != '/ground_truth/joints']
    topics = [BagTopic(name=n, type_name=t) for n, t in types_of(sample).items()]
    answers = [
        moved(m, '/hand_pose/joints', 40_000_000)
        for m in read_raw(sample)
        if m.topic == '/ground_truth/joints'
    ]
    topics.append(BagTopic(name='/hand_pose/joints', type_name='geometry_msgs/msg/PoseArray'))
    write_bag(tmp_path / 'both', topics, sorted([*raw, *answers[1:]], key=lambda m: m.received_ns))
    out = tmp_path / 'out'
    assert evaluate(tmp_path / 'both', '', '--results', tmp_path / 'both', '--out', out) == 0
    assert json.loads((out / 'timing.json').read_text())['latency_ms']['p50'] == 40.0
    metrics = json.loads((out / 'metrics.json').read_text())
    assert metrics['dropped_by_cause'] == {'unanswered': 1}


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        (('--start', '2', '--end', '1'), '--start 2 is not before --end 1'),
        (('--start', '60'), 'no depth frame within --start and --end'),
        (('--depth-topic', '/other'), '--depth-topic /other'),
        (('--results-topic', '/x'), 'give both'),
        (('--results', 'nowhere'), 'nowhere: no such file'),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    sample: Path,
    always_hand_weights: str,
    options: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert evaluate(sample, always_hand_weights, *options) == 2
    lines = [x for x in capsys.readouterr().err.splitlines() if x.startswith('python -m')]
    assert len(lines) == 1
    assert said in lines[0]


def test_an_older_result_is_not_overwritten(
    sample: Path, always_hand_weights: str, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(sample, always_hand_weights, '--out', results) == 2
    assert 'bag exists' in capsys.readouterr().err


def test_frames_without_camera_info_have_a_remedy(
    sample: Path, always_hand_weights: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = [m if m.topic != '/camera_info' else restamped(m, 5) for m in read_raw(sample)]
    topics = [BagTopic(name=n, type_name=t) for n, t in types_of(sample).items()]
    write_bag(tmp_path / 'late', topics, late)
    assert evaluate(tmp_path / 'late', always_hand_weights) == 1
    assert 'no_camera_info (8); do the stamps' in capsys.readouterr().err
    assert evaluate(tmp_path / 'late', always_hand_weights, '--sync', 'latest_info') == 0


def test_record_sample_writes_a_bag_for_the_player(tmp_path: Path) -> None:
    size = ['--width', '96', '--height', '64', '--seconds', '0.2', '--rate', '10']
    for storage in ('mcap', 'sqlite3'):
        for place in ('a', 'b'):
            bag = tmp_path / storage / place / 'lab'
            assert main(['record-sample', '--out', str(bag), '--storage', storage, *size]) == 0
            with AnyReader([bag]) as reader:
                counts = {name: info.msgcount for name, info in reader.topics.items()}
            assert counts == {'/camera_info': 2, '/image_rect': 2, '/ground_truth/joints': 2}
        first, second = (sorted((tmp_path / storage / p / 'lab').iterdir()) for p in 'ab')
        assert [f.read_bytes() for f in first] == [f.read_bytes() for f in second]
    assert main(['record-sample', '--out', str(tmp_path / 'mcap' / 'a' / 'lab'), *size]) == 2
