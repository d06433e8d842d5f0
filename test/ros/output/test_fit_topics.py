# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the node publishes of a fitted hand."""

from dense_hand_pose.kinematics.anatomy import read_arrays
from dense_hand_pose.kinematics.fitted_hand import build_hand, LEFT, RIGHT
from dense_hand_pose.kinematics.pose_filter import PoseFilterConfig
from dense_hand_pose.kinematics.urdf import JOINT_NAMES, joint_positions
from dense_hand_pose.ros.output.fit_topics import joint_state, palm_pose, pinch_state
from dense_hand_pose.ros.output.hand_smoothing import pose_filter_config
from dense_hand_pose.tracking.smoothing import SmoothingConfig
from geometry_msgs.msg import PoseArray, PoseStamped
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from support.node_fixture import hand_depth_mm, running_node

HEADER = Header(frame_id='camera')


@pytest.mark.parametrize('side', [RIGHT, LEFT])
def test_messages_hold_the_hand(side: str) -> None:
    angles = np.linspace(0.1, 0.9, 21)
    turn, wrist = np.diag([-1.0, -1.0, 1.0]), np.array([0.1, 0.2, 0.6])
    hand = build_hand(side, turn, wrist, angles, read_arrays()['shape_m'])
    palm = palm_pose(HEADER, hand)
    assert palm.header == HEADER
    place, quaternion = palm.pose.position, palm.pose.orientation
    np.testing.assert_allclose([place.x, place.y, place.z], hand.palm_position)
    found = [quaternion.x, quaternion.y, quaternion.z, quaternion.w]
    np.testing.assert_allclose(found, hand.palm_quaternion)
    state = joint_state(HEADER, hand)
    assert list(state.name) == [f'{side}_{name}' for name in JOINT_NAMES]
    np.testing.assert_allclose(state.position, joint_positions(angles))
    pinch = pinch_state(HEADER, hand)
    assert list(pinch.name) == [f'{side}_pinch', f'{side}_grasp']
    gap = np.linalg.norm(hand.joints[4] - hand.joints[8])
    np.testing.assert_allclose(pinch.position, [gap, hand.grasp])
    assert 0.0 < hand.grasp < 1.0


def test_the_default_smoothing_is_that_of_the_pose_filter_but_for_the_cutoff() -> None:
    config = pose_filter_config(SmoothingConfig())
    expected = PoseFilterConfig(min_cutoff_hz=1.5)
    assert (config.min_cutoff_hz, config.beta_m, config.beta_rad) == pytest.approx(
        (expected.min_cutoff_hz, expected.beta_m, expected.beta_rad)
    )


@pytest.mark.dds
def test_a_fitted_hand_and_the_raw_joints_beside_it(model: str) -> None:
    with running_node(model, roi__mode='nearest', fit__enabled=True, roi__max_hands=2) as rig:
        kinds = {
            'palm': PoseStamped, 'joint_states': JointState, 'pinch': JointState,
            'joints_raw': PoseArray, 'hand_1/palm': PoseStamped,
        }  # fmt: skip
        heard = {name: rig.listen(f'hand_pose/{name}', kind) for name, kind in kinds.items()}
        rig.wait_until_matched()
        rig.pause(0.5)
        answer = rig.ask(rig.image(hand_depth_mm()))
        assert len(answer.poses) == 21
        assert rig.until(lambda: all(heard[n] for n in kinds if n != 'hand_1/palm'))
        assert heard['hand_1/palm'] == []
        for name in ('palm', 'joint_states', 'pinch', 'joints_raw'):
            assert heard[name][0].header == answer.header
        raw = heard['joints_raw'][0].poses
        assert len(raw) == 21
        fitted, network = (
            np.array([[p.position.x, p.position.y, p.position.z] for p in poses])
            for poses in (answer.poses, raw)
        )
        assert 0.0 < np.linalg.norm(fitted - network, axis=1).max() < 0.5
        state = heard['joint_states'][0]
        side = state.name[0].partition('_')[0]
        assert side in (RIGHT, LEFT)
        pinch = heard['pinch'][0]
        gap = np.linalg.norm(fitted[4] - fitted[8])
        np.testing.assert_allclose(pinch.position[0], gap, atol=1e-4)
        parameter = Parameter('fit.enabled', value=False).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        assert rig.call(SetParameters, 'hand_pose/set_parameters', request).results[0].successful
        before = {name: len(messages) for name, messages in heard.items()}
        plain = rig.ask(rig.image(hand_depth_mm()))
        rig.pause(0.3)
        assert {name: len(messages) for name, messages in heard.items()} == before
        positions = np.array([[p.position.x, p.position.y, p.position.z] for p in plain.poses])
        np.testing.assert_allclose(positions, network, atol=1e-6)


@pytest.mark.dds
def test_smoothed_hands_keep_their_bones(model: str) -> None:
    with running_node(model, fit__enabled=True, smoothing__enabled=True) as rig:
        smoothed = rig.listen('hand_pose/joints_smoothed', PoseArray)
        rig.pause(0.5)
        for pixels in (0, 4, 8):
            rig.ask(rig.image(np.roll(hand_depth_mm(), pixels, axis=1)))
        assert rig.until(lambda: len(smoothed) == 3)
        for message in smoothed:
            turns = np.array(
                [[q.x, q.y, q.z, q.w] for q in (p.orientation for p in message.poses)]
            )
            np.testing.assert_allclose(np.linalg.norm(turns, axis=1), 1.0, atol=1e-6)
            # A fingertip has the frame of its last bone: OpenXR's, not the shortest turn's.
            np.testing.assert_allclose(turns[8], turns[7], atol=1e-9)
