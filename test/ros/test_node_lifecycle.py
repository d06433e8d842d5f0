# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Lifecycle, parameters and services of the node."""

import threading

from dense_hand_pose.ros.parameter_table import PARAMETERS
from lifecycle_msgs.msg import Transition
import numpy as np
import pytest
from rcl_interfaces.srv import DescribeParameters, SetParameters, SetParametersAtomically
from rclpy.parameter import Parameter
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from rosgraph_msgs.msg import Clock
from std_srvs.srv import Trigger
from support.node_fixture import NodeFixture, running_node
from visualization_msgs.msg import MarkerArray

pytestmark = pytest.mark.dds

CONFIGURE = Transition.TRANSITION_CONFIGURE
ACTIVATE = Transition.TRANSITION_ACTIVATE
DEACTIVATE = Transition.TRANSITION_DEACTIVATE
CLEANUP = Transition.TRANSITION_CLEANUP
SHUTDOWN = Transition.TRANSITION_ACTIVE_SHUTDOWN


def set_parameters(rig: NodeFixture, **values: object) -> list[tuple[bool, str]]:
    request = SetParameters.Request()
    for name, value in values.items():
        parameter = Parameter(name.replace('__', '.'), value=value)
        request.parameters.append(parameter.to_parameter_msg())
    response = rig.call(SetParameters, 'hand_pose/set_parameters', request)
    return [(result.successful, result.reason) for result in response.results]


def test_without_autostart_a_manager_drives_the_node(model: str) -> None:
    with running_node(model, wait=False, autostart=False) as rig:
        assert rig.state() == 'unconfigured'
        assert not rig.change_state(ACTIVATE)
        assert rig.state() == 'unconfigured'
        for _ in range(2):
            assert rig.change_state(CONFIGURE)
            for _ in range(2):
                assert rig.state() == 'inactive'
                assert rig.change_state(ACTIVATE)
                rig.wait_until_matched()
                assert len(rig.ask(rig.image()).poses) == 21
                assert rig.change_state(DEACTIVATE)
                assert rig.tester.count_subscribers('image_rect') == 0
            assert rig.change_state(CLEANUP)
            assert rig.until(lambda: not rig.tester.count_publishers('hand_pose/joints'))
        assert rig.node.counters.counts().in_flight == 0
        assert rig.change_state(CONFIGURE)
        assert rig.change_state(ACTIVATE)
        assert rig.change_state(SHUTDOWN)
        assert rig.state() == 'finalized'


def test_a_model_that_is_missing_fails_the_configuration() -> None:
    with running_node('/no/such/model.safetensors', wait=False, autostart=False) as rig:
        assert not rig.change_state(CONFIGURE)
        assert rig.state() == 'unconfigured'
        assert rig.until(lambda: rig.logs('/no/such/model.safetensors'))
        assert not rig.node.failed.done()


def test_a_failed_autostart_ends_the_node() -> None:
    with running_node('/no/such/model.safetensors', wait=False) as rig:
        assert rig.until(rig.node.failed.done)
        assert rig.node.failed.result() is True


def test_descriptors_explain_every_parameter(model: str) -> None:
    with running_node(model, wait=False, autostart=False) as rig:
        request = DescribeParameters.Request(names=[p.name for p in PARAMETERS])
        response = rig.call(DescribeParameters, 'hand_pose/describe_parameters', request)
        for parameter, described in zip(PARAMETERS, response.descriptors, strict=True):
            assert described.description == parameter.description
            assert described.read_only is not parameter.live
            ranges = [*described.integer_range, *described.floating_point_range]
            assert len(ranges) == (parameter.minimum is not None)


def test_wrong_values_are_refused_and_change_nothing(model: str) -> None:
    with running_node(model) as rig:
        for name, value, reason in (
            ('hand.cube_size_m', -1.0, 'range'),
            ('hand.cube_size_m', 'big', 'type'),
            ('hand.cube_size_m', float('nan'), ''),
            ('hand.depth_min_m', 2.0, 'must be less than'),
            ('decode.candidates', 0, 'range'),
            ('model.name_or_path', 'other', 'read-only'),
        ):
            before = rig.node.get_parameter(name).value
            ((successful, why),) = set_parameters(rig, **{name.replace('.', '__'): value})
            assert not successful, name
            assert reason in why
            assert rig.node.get_parameter(name).value == before
        request = SetParametersAtomically.Request()
        for name, value in (('hand.depth_min_m', 1.5), ('hand.depth_max_m', 2.0)):
            request.parameters.append(Parameter(name, value=value).to_parameter_msg())
        response = rig.call(
            SetParametersAtomically, 'hand_pose/set_parameters_atomically', request
        )
        assert response.result.successful, response.result.reason
        assert len(rig.ask(rig.image()).poses) in (0, 21)


def test_a_live_parameter_works_from_the_next_frame_on(model: str) -> None:
    with running_node(model, roi__mode='nearest') as rig:
        assert len(rig.ask(rig.image()).poses) == 21
        assert set_parameters(rig, hand__depth_max_m=0.3, publish__bone_width_m=0.02) == [
            (True, ''),
            (True, ''),
        ]
        assert rig.ask(rig.image()).poses == []
        assert set_parameters(rig, hand__depth_max_m=1.0) == [(True, '')]
        rig.heard['hand_pose/markers'].clear()
        assert len(rig.ask(rig.image()).poses) == 21
        assert rig.until(lambda: rig.heard['hand_pose/markers'])
        assert rig.heard['hand_pose/markers'][0].markers[1].scale.x == 0.02


def test_reset_forgets_the_track(model: str) -> None:
    with running_node(model) as rig:

        def joints() -> np.ndarray:
            poses = rig.ask(rig.image()).poses
            return np.array([[p.position.x, p.position.y, p.position.z] for p in poses])

        found, tracked = joints(), joints()
        assert np.abs(tracked - found).max() > 1e-4  # the crop now follows the last pose
        assert rig.call(Trigger, 'hand_pose/reset', Trigger.Request()).success
        np.testing.assert_allclose(joints(), found, atol=1e-6)
        assert rig.change_state(DEACTIVATE)
        response = rig.call(Trigger, 'hand_pose/reset', Trigger.Request())
        assert not response.success
        assert 'not active' in response.message


def test_latest_info_needs_no_equal_stamps(model: str) -> None:
    with running_node(model, sync__mode='latest_info') as rig:
        first = rig.image()
        rig.send(first, with_info=False)
        counts = rig.node.counters.counts
        assert rig.until(lambda: counts().causes['no_camera_info'] == 1)
        second = rig.image()
        info = rig.info_for(second)
        info.header.stamp.sec -= 7
        assert len(rig.ask(second, info).poses) == 21
        third = rig.image()
        rig.send(third, with_info=False)
        assert len(rig.answer(third).poses) == 21


def test_incompatible_publisher_is_named_with_its_policy(model: str) -> None:
    with running_node(model, wait=False, autostart=False) as rig:
        name = f'qos_overrides.{rig.namespace}/image_rect.subscription.reliability'
        rig.node._parameter_overrides[name] = Parameter(name, value='reliable')
        assert rig.change_state(CONFIGURE)
        assert rig.change_state(ACTIVATE)
        assert rig.until(lambda: rig.logs('RELIABILITY'))  # the rig's camera is best effort
        assert f'{rig.namespace}/image_rect' in rig.logs('RELIABILITY')[0]


@pytest.mark.parametrize('value', ['deep', 2**40])
def test_a_wrong_qos_of_the_input_fails_the_activation_and_leaves_nothing(
    model: str, value: object
) -> None:
    with running_node(model, wait=False, autostart=False) as rig:
        name = f'qos_overrides.{rig.namespace}/image_rect.subscription.depth'
        rig.node._parameter_overrides[name] = Parameter(name, value=value)
        assert rig.change_state(CONFIGURE)
        threads = threading.active_count()
        for _ in range(2):
            assert not rig.change_state(ACTIVATE)
            assert rig.state() == 'inactive'
            assert threading.active_count() == threads
            assert rig.until(lambda: not rig.tester.count_subscribers('camera_info'))
        assert rig.until(lambda: rig.logs('cannot activate: '))


def test_a_clock_that_goes_back_starts_anew(model: str) -> None:
    with running_node(model, use_sim_time=True) as rig:
        clock = rig.tester.create_publisher(Clock, '/clock', 10)
        assert rig.until(clock.get_subscription_count)

        def ask_at(seconds: int) -> int:
            message = Clock()
            message.clock.sec = seconds
            clock.publish(message)
            assert rig.until(lambda: rig.node.get_clock().now().nanoseconds == seconds * 10**9)
            image = rig.image()
            image.header.stamp.sec, image.header.stamp.nanosec = seconds, 0
            return len(rig.ask(image).poses)

        assert ask_at(100) == 21
        assert ask_at(101) == 21
        assert ask_at(20) == 21
        assert rig.until(lambda: rig.logs('the clock went back by 81.000 s'))
        assert rig.node.counters.counts().dropped == 0


def test_no_image_says_what_to_look_for(model: str) -> None:
    with running_node(model, diagnostics__period_s=0.1, diagnostics__no_data_s=2.0) as rig:
        assert rig.until(lambda: rig.logs('no image for 2.0 s'))
        rig.pause(1.0)
        (line,) = rig.logs('no image for 2.0 s')
        assert f'{rig.namespace}/image_rect has 1 publishers' in line
        assert rig.diagnostics()[-1].level == b'\x02'


def test_incompatible_subscriber_is_named_with_its_policy(model: str) -> None:
    latched = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
    with running_node(model) as rig:
        rig.listen('hand_pose/markers', MarkerArray, latched)
        assert rig.until(lambda: rig.logs('DURABILITY'))
        assert '~/markers' in rig.logs('DURABILITY')[0]
