# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The debug topics: right, and no work while nobody listens."""

from collections.abc import Iterator

from cv_bridge import CvBridge
from dense_hand_pose.camera.intrinsics import project
from dense_hand_pose.ros.output import outputs
from geometry_msgs.msg import PoseArray
from lifecycle_msgs.msg import Transition
import numpy as np
import pytest
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image, PointCloud2
from sensor_msgs_py import point_cloud2
from support.node_fixture import (
    hand_depth_mm,
    HEIGHT,
    INTRINSICS,
    NodeFixture,
    running_node,
    WIDTH,
)

pytestmark = pytest.mark.dds


@pytest.fixture(scope='module')
def rig(model: str) -> Iterator[NodeFixture]:
    # Votes that make the joints alone, not all that the network casts.
    with running_node(model, roi__mode='nearest', decode__method='mean_shift') as running:
        yield running


def positions(answer: PoseArray) -> np.ndarray:
    return np.array([[p.position.x, p.position.y, p.position.z] for p in answer.poses])


@pytest.mark.parametrize('name', ['debug/image', 'debug/votes'])
def test_no_work_is_done_until_somebody_listens(
    model: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for function in ('debug_image', 'votes_cloud'):
        real = getattr(outputs, function)

        def counted(*args: object, real: object = real) -> object:
            made.append(real.__name__)
            return real(*args)

        monkeypatch.setattr(outputs, function, counted)
    with running_node(model) as rig:
        rig.ask(rig.image())
        assert rig.until(lambda: rig.node.counters.counts().hands == 1)
        assert made == []
        kind = Image if name == 'debug/image' else PointCloud2
        heard = rig.listen(f'hand_pose/{name}', kind, qos_profile_sensor_data)
        publishers = rig.node.get_publishers_info_by_topic
        assert rig.until(lambda: publishers(f'{rig.namespace}/hand_pose/{name}'))
        rig.pause(0.3)
        image = rig.image()
        rig.ask(image)
        assert rig.until(lambda: heard)
        assert heard[0].header == image.header
        assert set(made) == {'debug_image' if kind is Image else 'votes_cloud'}


def test_a_picture_that_fails_is_logged_and_its_joints_count(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError('no picture today')

    monkeypatch.setattr(outputs, 'debug_image', fail)
    with running_node(model) as rig:
        rig.listen('hand_pose/debug/image', Image, qos_profile_sensor_data)
        publishers = rig.node.get_publishers_info_by_topic
        assert rig.until(lambda: publishers(f'{rig.namespace}/hand_pose/debug/image'))
        rig.pause(0.3)
        for _ in range(2):
            assert len(rig.ask(rig.image()).poses) == 21
        counts = rig.node.counters.counts
        assert rig.until(lambda: counts().hands == 2)
        assert counts().causes['internal_error'] == 0
        (line,) = rig.logs('no picture today')
        assert '~/debug/image: not published (ZeroDivisionError' in line


def test_the_picture_shows_depth_and_skeleton(rig: NodeFixture) -> None:
    heard = rig.listen('hand_pose/debug/image', Image, qos_profile_sensor_data)
    rig.pause(0.5)
    answer = rig.ask(rig.image())
    assert rig.until(lambda: heard)
    assert (heard[0].encoding, heard[0].width, heard[0].height) == ('bgr8', WIDTH, HEIGHT)
    picture = CvBridge().imgmsg_to_cv2(heard[0])
    columns, rows = np.rint(project(positions(answer), INTRINSICS)).astype(int).T
    inside = (columns >= 0) & (columns < WIDTH) & (rows >= 0) & (rows < HEIGHT)
    assert inside.any()
    saturation = np.ptp(picture[rows[inside], columns[inside]].astype(int), axis=1)
    assert np.median(saturation) > 30  # a finger's colour, over depth in shades of blue-grey
    heard.clear()
    rig.ask(rig.image(np.zeros_like(hand_depth_mm())))
    assert rig.until(lambda: heard)
    assert np.ptp(CvBridge().imgmsg_to_cv2(heard[0]).astype(int), axis=2).max() < 40


def test_votes_make_the_joints(rig: NodeFixture) -> None:
    heard = rig.listen('hand_pose/debug/votes', PointCloud2, qos_profile_sensor_data)
    rig.pause(0.5)
    answer = rig.ask(rig.image())
    assert rig.until(lambda: heard)
    points = point_cloud2.read_points(heard[0])
    assert points.dtype.names == ('x', 'y', 'z', 'weight', 'joint_id', 'candidate', 'hand_id')
    assert len(points) == 21 * 5
    assert ((points['weight'] >= 0) & (points['weight'] <= 1)).all()
    xyz = np.stack([points['x'], points['y'], points['z']], axis=1)
    for joint, place in enumerate(positions(answer)):
        votes = xyz[points['joint_id'] == joint]
        assert sorted(points['candidate'][points['joint_id'] == joint]) == list(range(5))
        # A mean of votes lies within their box.
        assert (votes.min(axis=0) - 1e-5 <= place).all()
        assert (place <= votes.max(axis=0) + 1e-5).all()
    heard.clear()
    rig.ask(rig.image(np.zeros_like(hand_depth_mm())))
    assert rig.until(lambda: heard)
    assert heard[0].width == 0


def test_the_qos_of_a_result_can_be_overridden(model: str) -> None:
    with running_node(model, wait=False, autostart=False) as rig:
        name = f'qos_overrides.{rig.namespace}/hand_pose/debug/votes.publisher.reliability'
        rig.node._parameter_overrides[name] = Parameter(name, value='sideways')
        before = len(list(rig.node.publishers))
        assert not rig.change_state(Transition.TRANSITION_CONFIGURE)
        assert rig.until(lambda: rig.logs('cannot configure: '))
        assert len(list(rig.node.publishers)) == before
    with running_node(model, wait=False, autostart=False) as rig:
        name = f'qos_overrides.{rig.namespace}/hand_pose/debug/votes.publisher.reliability'
        rig.node._parameter_overrides[name] = Parameter(name, value='reliable')
        assert rig.change_state(Transition.TRANSITION_CONFIGURE)
        assert rig.change_state(Transition.TRANSITION_ACTIVATE)
        rig.wait_until_matched()
        heard = rig.listen('hand_pose/debug/votes', PointCloud2, 5)  # reliable
        rig.pause(0.5)
        rig.ask(rig.image())
        assert rig.until(lambda: heard)


def test_without_publish_debug_there_are_no_such_topics(model: str) -> None:
    with running_node(model, publish__debug=False) as rig:
        names = {name for name, _ in rig.node.get_topic_names_and_types()}
        assert f'{rig.namespace}/hand_pose/joints' in names
        assert f'{rig.namespace}/hand_pose/debug/image' not in names
