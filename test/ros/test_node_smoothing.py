# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Smoothed joints beside the raw ones, and the optional frames on /tf."""

import importlib.util

from dense_hand_pose.ros.output.messages import bone_quaternions, joint_transforms
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.tracking.smoothing import OneEuroFilter, SmoothingConfig
from geometry_msgs.msg import PoseArray
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from support.node_fixture import hand_depth_mm, NodeFixture, running_node

HAS_TF = importlib.util.find_spec('tf2_msgs') is not None


def positions(answer: PoseArray) -> np.ndarray:
    return np.array([[p.position.x, p.position.y, p.position.z] for p in answer.poses])


def seconds(answer: PoseArray) -> float:
    return answer.header.stamp.sec + 1e-9 * answer.header.stamp.nanosec


def ask_shifted(rig: NodeFixture, pixels: int) -> PoseArray:
    """Ask for the hand of the scene, moved to the right."""
    answer = rig.ask(rig.image(np.roll(hand_depth_mm(), pixels, axis=1)))
    assert len(answer.poses) == 21
    return answer


@pytest.mark.dds
def test_smoothed_joints_are_filtered_raw_ones(model: str) -> None:
    parameters = {'smoothing__min_cutoff_hz': 0.2, 'smoothing__beta': 1.5}
    with running_node(model, roi__mode='nearest', **parameters) as rig:
        smoothed = rig.listen('hand_pose/joints_smoothed', PoseArray)
        plain = ask_shifted(rig, 3)
        # Markers come after the smoothing: the node is done with this frame.
        assert rig.until(lambda: rig.heard['hand_pose/markers'])
        parameter = Parameter('smoothing.enabled', value=True).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        assert rig.call(SetParameters, 'hand_pose/set_parameters', request).results[0].successful
        rig.pause(0.5)
        assert smoothed == []
        rig.heard['hand_pose/markers'].clear()
        raw = [ask_shifted(rig, pixels) for pixels in (0, 3, 6)]
        assert rig.until(lambda: len(smoothed) == 3)
        np.testing.assert_allclose(positions(raw[1]), positions(plain), atol=1e-6)
        reference = OneEuroFilter(SmoothingConfig(min_cutoff_hz=0.2, beta=1.5, max_gap_s=0.5))
        for answer, out in zip(raw, smoothed, strict=True):
            assert out.header == answer.header
            expected = reference(positions(answer), seconds(answer))
            np.testing.assert_allclose(positions(out), expected, atol=1e-6)
        assert rig.until(lambda: len(rig.heard['hand_pose/markers']) == 3)
        shown = rig.heard['hand_pose/markers'][-1].markers[0].points
        np.testing.assert_allclose([[p.x, p.y, p.z] for p in shown], positions(smoothed[-1]))


@pytest.mark.dds
def test_the_filter_begins_anew_after_loss_and_reset(model: str) -> None:
    parameters = {'smoothing__enabled': True, 'smoothing__min_cutoff_hz': 0.01}
    parameters['smoothing__beta'] = 0.0
    with running_node(model, roi__mode='nearest', **parameters) as rig:
        smoothed = rig.listen('hand_pose/joints_smoothed', PoseArray)
        rig.pause(0.5)
        ask_shifted(rig, 0)
        assert rig.ask(rig.image(np.zeros_like(hand_depth_mm()))).poses == []
        after_loss = ask_shifted(rig, 9)
        assert rig.until(lambda: len(smoothed) == 3)
        assert smoothed[1].poses == []
        np.testing.assert_allclose(positions(smoothed[2]), positions(after_loss), atol=1e-6)
        assert rig.call(Trigger, 'hand_pose/reset', Trigger.Request()).success
        after_reset = ask_shifted(rig, 0)
        assert rig.until(lambda: len(smoothed) == 4)
        np.testing.assert_allclose(positions(smoothed[3]), positions(after_reset), atol=1e-6)


def test_a_frame_for_each_joint() -> None:
    joints = np.random.default_rng(0).normal(0.0, 0.1, (21, 3)).astype(np.float32)
    header = Header(frame_id='camera')
    frames = joint_transforms(header, joints, 'left_hand/')
    assert [f.child_frame_id for f in frames] == [f'left_hand/{name}' for name in HAND_21.joints]
    assert {f.header.frame_id for f in frames} == {'camera'}
    for frame, joint, turn in zip(frames, joints, bone_quaternions(joints), strict=True):
        place, rotation = frame.transform.translation, frame.transform.rotation
        np.testing.assert_allclose((place.x, place.y, place.z), joint)
        np.testing.assert_allclose((rotation.x, rotation.y, rotation.z, rotation.w), turn)


@pytest.mark.dds
@pytest.mark.skipif(HAS_TF, reason='tf2_msgs is installed')
def test_tf_without_tf2_msgs_says_what_to_install(model: str) -> None:
    with running_node(model, wait=False, publish__tf=True) as rig:
        assert rig.until(rig.node.failed.done)
        (line,) = rig.until(lambda: rig.logs('tf2_msgs'))
        assert 'set publish.tf to false' in line


@pytest.mark.dds
@pytest.mark.skipif(not HAS_TF, reason='tf2_msgs is not on PyPI; tools/message_package makes it')
def test_frames_of_the_joints_are_on_tf(model: str) -> None:
    from tf2_msgs.msg import TFMessage

    with running_node(model, publish__tf=True, publish__tf_prefix='my_') as rig:
        heard = rig.listen('/tf', TFMessage)
        rig.pause(0.5)
        answer = rig.ask(rig.image())
        assert rig.until(lambda: heard)
        places = [t.transform.translation for t in heard[0].transforms]
        np.testing.assert_allclose([[p.x, p.y, p.z] for p in places], positions(answer))
        assert heard[0].transforms[0].child_frame_id == 'my_wrist'
        assert heard[0].transforms[0].header == answer.header
