# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The hand of the sample comes out of every layout in which a driver or a recorder writes it."""

from pathlib import Path

from dense_hand_pose.bags.reader import BagFile
from dense_hand_pose.estimator import HandPoseEstimator
from measure_layouts import evaluated
import numpy as np
import pytest
from support.layouts import Layout, LAYOUTS, sample_shots, Shot

DATA = Path(__file__).with_name('data')


@pytest.fixture(scope='module')
def shots() -> list[Shot]:
    """Return two frames of the sample."""
    return sample_shots(2)


@pytest.fixture(scope='module')
def estimator() -> HandPoseEstimator:
    """Return the estimator with the shipped weights."""
    return HandPoseEstimator.load(threads=1)


@pytest.fixture(scope='module')
def joints_m(
    shots: list[Shot], estimator: HandPoseEstimator, tmp_path_factory: pytest.TempPathFactory
) -> np.ndarray:
    """Return the joints (N, 21, 3) that come out of plain depth images."""
    folder = tmp_path_factory.mktemp('plain')
    plain = LAYOUTS[0]
    evaluation, notes = evaluated(plain.write(folder, plain.entries(shots)), estimator)
    assert notes == ''
    assert evaluation.document['accuracy']['mean_joint_error_mm'] < 6.0
    return np.stack([frame.joints_m for frame in evaluation.recording.hands])


@pytest.mark.parametrize('layout', LAYOUTS, ids=lambda layout: layout.name)
def test_every_frame_of_a_layout_is_answered_alike(
    layout: Layout,
    shots: list[Shot],
    estimator: HandPoseEstimator,
    joints_m: np.ndarray,
    tmp_path: Path,
) -> None:
    evaluation, notes = evaluated(layout.write(tmp_path, layout.entries(shots)), estimator)
    document = evaluation.document
    assert document['frames_answered'] == document['frames_with_hand'] == len(shots)
    assert document['complete']
    assert layout.note in notes
    assert bool(notes) == bool(layout.note)
    found = np.stack([frame.joints_m for frame in evaluation.recording.hands])
    assert 1000.0 * np.abs(found - joints_m).max() <= layout.tolerance_mm
    assert (document['accuracy'] is not None) == layout.measured
    if layout.measured:
        assert document['accuracy']['mean_joint_error_mm'] < 6.0


@pytest.mark.parametrize('name', ['realsense_2_59.db3', 'realsense_2_56.bag'])
def test_what_realsense_itself_recorded_is_read(name: str) -> None:
    """data/ holds what the recorder of pyrealsense2 wrote of a software device, see README.md."""
    from dense_hand_pose.bags.camera_stream import read_camera_stream
    from dense_hand_pose.bags.frames import bag_frames
    from dense_hand_pose.bags.topics import camera_topics, TopicOverrides

    bag = BagFile(DATA / name)
    assert (bag.damage, bag.note) == ('', '')
    topics = camera_topics(bag, TopicOverrides())
    stream = read_camera_stream(bag, topics)
    assert stream.unit_m == 0.0001
    frames = list(bag_frames(bag, topics, stream))
    assert [frame.cause for frame in frames] == [''] * 3
    for place, frame in enumerate(frames):
        depth, unit_m, lens = frame.read()
        expected = np.full((48, 64), 6000 + place, np.uint16)
        expected[10:20, 10:30] = 4000 + place
        np.testing.assert_array_equal(depth, expected)
        assert unit_m == 0.0001
        assert lens.as_array().tolist() == [47.5, 47.5, 31.5, 23.5]
        assert lens.distortion is None
