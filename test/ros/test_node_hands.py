# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Two hands over DDS: topics, cloud, markers and filters of each, and what goes when one goes."""

from collections.abc import Iterator

from dense_hand_pose.estimator import HandPose
from dense_hand_pose.tracking.smoothing import Smoother, SmoothingConfig
from geometry_msgs.msg import PoseArray
import numpy as np
import pytest
from sensor_msgs.msg import Image
from sensor_msgs_py import point_cloud2
from std_srvs.srv import Trigger
from support.node_fixture import HEIGHT, NodeFixture, running_node, WIDTH
from visualization_msgs.msg import Marker

PARTS = ('joints', 'bones', 'side')


def hands_depth_mm(*columns: int) -> np.ndarray:
    """Return a scene (H, W), uint16 mm: things of a hand's size around columns, 0.5 m away."""
    rows, across = np.mgrid[:HEIGHT, :WIDTH]
    depth = np.full((HEIGHT, WIDTH), 1500, dtype=np.uint16)
    for column in columns:
        depth[(np.abs(across - column) < 20) & (np.abs(rows - 120) < 30)] = 500
    return depth


@pytest.fixture(scope='module')
def rig(model: str) -> Iterator[NodeFixture]:
    with running_node(
        model, roi__max_hands=2, roi__search_every=1, hand__cube_size_m=0.15,
        hand__depth_max_m=0.8, smoothing__enabled=True, diagnostics__period_s=0.2,
    ) as running:  # fmt: skip
        for name in ('hand_1/joints', 'hand_1/joints_smoothed', 'joints_smoothed'):
            running.listen(f'hand_pose/{name}', PoseArray)
        running.pause(0.5)
        yield running


def heard(rig: NodeFixture, topic: str, image: Image) -> object:
    """Wait for the message on a topic that bears the image's stamp."""
    found = rig.until(
        lambda: [
            m
            for m in rig.heard[f'hand_pose/{topic}']
            if (m.markers[0] if hasattr(m, 'markers') else m).header == image.header
        ]
    )
    assert found, f'nothing on {topic}'
    return found[0]


def place(answer: PoseArray) -> np.ndarray:
    """Return the mean of the joints."""
    return np.mean([[p.position.x, p.position.y, p.position.z] for p in answer.poses], axis=0)


@pytest.mark.dds
def test_two_hands_have_topics_points_and_markers_of_their_own(rig: NodeFixture) -> None:
    both = rig.image(hands_depth_mm(80, 240))
    answers = [rig.ask(both), heard(rig, 'hand_1/joints', both)]
    assert [len(answer.poses) for answer in answers] == [21, 21]
    assert abs(place(answers[0])[0] - place(answers[1])[0]) > 0.2
    points = point_cloud2.read_points(heard(rig, 'joints_cloud', both))
    assert points['hand_id'].tolist() == [0] * 21 + [1] * 21
    for number, answer in enumerate(answers):
        own = points[points['hand_id'] == number]
        expected = [[p.position.x, p.position.y, p.position.z] for p in answer.poses]
        np.testing.assert_array_equal(np.stack([own['x'], own['y'], own['z']], 1), expected)
        assert all(len(set(own[name].tolist())) == 1 for name in ('side', 'score', 'side_score'))
        assert len(heard(rig, ('', 'hand_1/')[number] + 'joints_smoothed', both).poses) == 21
    shown = heard(rig, 'markers', both).markers
    assert [m.ns for m in shown] == [f'hand_{n}/{part}' for n in (0, 1) for part in PARTS]
    assert {m.action for m in shown} == {Marker.ADD}


@pytest.mark.dds
def test_a_hand_that_goes_leaves_an_empty_array_and_the_other_keeps_its_number(
    rig: NodeFixture,
) -> None:
    both = rig.image(hands_depth_mm(80, 240))
    before = [place(rig.ask(both)), place(heard(rig, 'hand_1/joints', both))]
    stays = int(np.argmax([where[0] for where in before]))
    alone = rig.image(hands_depth_mm(240))
    answers = [rig.ask(alone), heard(rig, 'hand_1/joints', alone)]
    assert [len(answer.poses) for answer in answers] == [21 * (n == stays) for n in (0, 1)]
    assert np.linalg.norm(place(answers[stays]) - before[stays]) < 0.1
    shown = heard(rig, 'markers', alone).markers
    gone = [m.ns for m in shown if m.action == Marker.DELETE]
    assert gone == [f'hand_{1 - stays}/{part}' for part in PARTS]
    rig.heard['/diagnostics'].clear()
    assert rig.until(lambda: len(rig.diagnostics()) > 1)
    values = {pair.key: pair.value for pair in rig.diagnostics()[-1].values}
    assert (values['hands'], values['hand_present']) == ('1', 'True')
    assert int(values['searches']) > 0


@pytest.mark.dds
def test_reset_forgets_all_hands(rig: NodeFixture) -> None:
    rig.ask(rig.image(hands_depth_mm(80, 240)))
    assert rig.call(Trigger, 'hand_pose/reset', Trigger.Request()).success
    alone = rig.image(hands_depth_mm(80))
    assert len(rig.ask(alone).poses) == 21, 'the only hand is hand 0 again'
    assert heard(rig, 'hand_1/joints', alone).poses == []


@pytest.mark.dds
def test_below_the_least_score_there_is_no_hand(model: str) -> None:
    with running_node(model, hand__min_score=1.0) as rig:
        image = rig.image()
        assert rig.ask(image).poses == []
        assert rig.until(lambda: rig.node.counters.counts().causes['no_hand'] == 1)


@pytest.mark.dds
def test_the_detector_without_weights_says_what_to_do(model: str) -> None:
    from dense_hand_pose.network.weight_file import MODELS_DIR

    if (MODELS_DIR / 'detector.safetensors').exists():
        pytest.skip('the detector is installed')
    with running_node(model, wait=False, roi__mode='detector') as rig:
        assert rig.until(rig.node.failed.done)
        (line,) = rig.until(lambda: rig.logs('detector'))
        assert 'roi' in line


def pose(hand_id: int, x: float, frames_seen: int) -> HandPose:
    joints = np.full((21, 3), x, np.float32)
    nothing = np.zeros(21, np.float32)
    return HandPose(
        joints, nothing, nothing, joints[0], 0.3, nothing, nothing, {},
        hand_id=hand_id, frames_seen=frames_seen,
    )  # fmt: skip


def test_each_hand_has_a_filter_that_a_new_hand_does_not_inherit() -> None:
    config = SmoothingConfig(min_cutoff_hz=0.1, beta=0.0)
    smoother = Smoother()
    first = smoother([pose(0, 0.0, 1), pose(1, 5.0, 1)], 0.0, config)
    assert [hand.joints[0, 0] for hand in first] == [0.0, 5.0]
    second = smoother([pose(0, 1.0, 2), pose(1, 5.0, 2)], 0.1, config)
    assert 0.0 < second[0].joints[0, 0] < 0.2
    assert second[1].joints[0, 0] == 5.0
    third = smoother([pose(0, 3.0, 1), pose(1, 5.0, 3)], 0.2, config)
    assert third[0].joints[0, 0] == 3.0, 'a new hand under the number of the old one'
    smoother([pose(1, 5.0, 4)], 0.3, config)
    back = smoother([pose(0, 4.0, 7), pose(1, 6.0, 5)], 0.4, config)
    assert back[0].joints[0, 0] == 4.0, 'it was gone for a frame'
    assert back[1].joints[0, 0] < 5.5
    smoother.reset()
    assert smoother([pose(1, 9.0, 6)], 0.5, config)[0].joints[0, 0] == 9.0
