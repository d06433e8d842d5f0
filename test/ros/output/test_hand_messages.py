# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""dense_hand_pose_msgs: its definitions as rosbags reads them, and ~/hands where it is built."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

from dense_hand_pose.estimator import HandPose
from dense_hand_pose.kinematics.anatomy import read_arrays
from dense_hand_pose.kinematics.fitted_hand import build_hand, RIGHT
from dense_hand_pose.ros.output.hand_messages import hand_array, hand_types
from geometry_msgs.msg import Pose
import numpy as np
import pytest
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from std_msgs.msg import Header
from support.node_fixture import hand_depth_mm, running_node

FOLDER = Path(__file__).parents[3] / 'dense_hand_pose_msgs'
ARRAY, HAND = (f'dense_hand_pose_msgs/msg/{name}' for name in ('HandArray', 'Hand'))
BUILT = hand_types() is not None
WHY_NOT = 'dense_hand_pose_msgs is not installed; tools/message_package/build.py makes it'
HEADER = Header(frame_id='camera')
HEADER.stamp.sec, HEADER.stamp.nanosec = 17, 250


def typestore() -> Any:
    """Return the types of rosbags with those of the package's files."""
    store, types = get_typestore(Stores.ROS2_JAZZY), {}
    for path in sorted((FOLDER / 'msg').glob('*.msg')):
        types |= get_types_from_msg(path.read_text(), f'dense_hand_pose_msgs/msg/{path.stem}')
    store.register(types)
    return store


def hands() -> list[HandPose]:
    """Return a fitted hand and one without a fit."""
    rng = np.random.default_rng(3)
    turn, wrist = np.diag([-1.0, -1.0, 1.0]), np.array([0.1, 0.2, 0.6])
    fit = build_hand(RIGHT, turn, wrist, rng.uniform(0, 0.5, 21), read_arrays()['shape_m'], True)
    rest = {
        'center': np.zeros(3, np.float32),
        'cube_size_m': 0.2,
        'votes': np.zeros((21, 1, 3), np.float32),
        'vote_weights': np.zeros((21, 1), np.float32),
        'stages_ms': {},
    }
    columns = {
        'confidence': rng.random(21).astype(np.float32),
        'spread': rng.random(21).astype(np.float32),
    }
    joints = fit.joints.astype(np.float32)
    fitted = {'side': 'right', 'side_score': 0.9, 'score': 0.8, 'fit': fit}
    return [
        HandPose(joints=joints, hand_id=0, **fitted, **columns, **rest),
        HandPose(joints=joints + 0.1, hand_id=2, side='left', **columns, **rest),
    ]


def check(message: Any, expected: list[HandPose]) -> None:
    """Compare a message of any library with the hands."""
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (17, 250)
    assert [hand.id for hand in message.hands] == [pose.hand_id for pose in expected]
    for hand, pose in zip(message.hands, expected, strict=True):
        assert hand.header.frame_id == 'camera'
        assert hand.side == {'unknown': 0, 'left': 1, 'right': 2}[pose.side]
        assert (hand.score, hand.side_score) == pytest.approx((pose.score, pose.side_score))
        places = [(j.position.x, j.position.y, j.position.z) for j in hand.joints]
        np.testing.assert_allclose(places, pose.joints, atol=1e-6)
        np.testing.assert_array_equal(hand.confidence, pose.confidence)
        np.testing.assert_array_equal(hand.spread, pose.spread)
        assert (hand.fitted, hand.held) == (pose.fit is not None, pose.fit is not None)
        if pose.fit is None:
            assert not np.any(hand.angles)
            continue
        np.testing.assert_allclose(hand.angles, pose.fit.angles, atol=1e-6)
        np.testing.assert_allclose(hand.bone_lengths, pose.fit.bone_lengths_m, atol=1e-6)
        turn, place = hand.palm.orientation, hand.palm.position
        palm = [turn.x, turn.y, turn.z, turn.w, place.x, place.y, place.z]
        np.testing.assert_allclose(palm, [*pose.fit.palm_quaternion, *pose.fit.palm_position])
        turns = [[getattr(j.orientation, axis) for axis in 'xyzw'] for j in hand.joints]
        np.testing.assert_allclose(turns, pose.fit.joint_quaternions)


def test_the_definitions_hold_the_hands() -> None:
    store = typestore()
    types = SimpleNamespace(Hand=store.types[HAND], HandArray=store.types[ARRAY])
    message = hand_array(types, HEADER, hands())
    check(store.deserialize_cdr(store.serialize_cdr(message, ARRAY), ARRAY), hands())
    sides = (types.Hand.UNKNOWN, types.Hand.LEFT, types.Hand.RIGHT)
    assert sides == (0, 1, 2)


def test_the_package_names_its_messages_and_what_they_need() -> None:
    root = ElementTree.parse(FOLDER / 'package.xml').getroot()  # noqa: S314 (our own file)
    needed = {str(element.text) for element in root.iter('depend')}
    used = {
        field[0].partition('/')[0]
        for path in (FOLDER / 'msg').glob('*.msg')
        for line in path.read_text().splitlines()
        if '/' in (field := [*line.split('#')[0].split(), ''])[0]
    }
    assert used == needed | {'dense_hand_pose_msgs'}
    cmake = (FOLDER / 'CMakeLists.txt').read_text()
    assert f'DEPENDENCIES {" ".join(sorted(needed))}' in cmake
    for path in (FOLDER / 'msg').glob('*.msg'):
        assert f'msg/{path.name}' in cmake
    own = ElementTree.parse(FOLDER.parent / 'package.xml').getroot()  # noqa: S314 (our own file)
    assert root.findtext('version') == own.findtext('version')


@pytest.mark.skipif(not BUILT, reason=WHY_NOT)
def test_the_built_package_sends_what_rosbags_reads() -> None:
    from rclpy.serialization import serialize_message

    message = hand_array(hand_types(), HEADER, hands())
    check(message, hands())
    check(typestore().deserialize_cdr(serialize_message(message), ARRAY), hands())


@pytest.mark.dds
@pytest.mark.skipif(not BUILT, reason=WHY_NOT)
def test_the_node_publishes_hands_where_the_package_is(model: str) -> None:
    with running_node(model, roi__mode='nearest', fit__enabled=True) as rig:
        heard = rig.listen('hand_pose/hands', hand_types().HandArray)
        rig.wait_until_matched()
        rig.pause(0.5)
        answer = rig.ask(rig.image(hand_depth_mm()))
        assert rig.until(lambda: heard)
        assert heard[0].header == answer.header
        (hand,) = heard[0].hands
        assert hand.fitted
        assert list(hand.joints) == list(answer.poses)
        assert hand.palm != Pose()


@pytest.mark.skipif(BUILT, reason='dense_hand_pose_msgs is installed')
def test_without_the_package_there_are_no_types() -> None:
    assert hand_types() is None
