# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The stream of the demo: camera, node and recorder as processes of their own on one ROS domain.

The camera renders its pictures beforehand and waits until both the node and the recorder have
subscribed, and the recorder subscribes to it once the node knows the recorder: so rendering takes
no time from the node, and every picture and every result is accounted for.
"""

from collections.abc import Callable
from dataclasses import dataclass
import os
from pathlib import Path
import sys
import time
from typing import Any

from dense_hand_pose.bags.raw import RawMessage
from dense_hand_pose.bags.rosbag import BagTopic
from dense_hand_pose.bags.topics import StreamTopics
from dense_hand_pose.evaluation.streams import Account, node_status
from rosbags.typesys import get_typestore, Stores

from .processes import Children, free_domain_id, obey, private_environment, with_room_for_images

TOPICS = StreamTopics()
_RESULTS = (TOPICS.joints, '/hand_pose/joints_cloud', '/hand_pose/markers')
NAMES = BagTopic(name='/hand_pose/joint_names', type_name='std_msgs/msg/String', latched=True)
"""The last that is subscribed to at the node: DDS announces one after the other, so a node that
sends it knows of the subscriptions before it, too. That may take a second."""
_NODE_TOPICS = (
    BagTopic(name=TOPICS.joints, type_name='geometry_msgs/msg/PoseArray'),
    BagTopic(name='/hand_pose/joints_cloud', type_name='sensor_msgs/msg/PointCloud2'),
    BagTopic(name='/hand_pose/markers', type_name='visualization_msgs/msg/MarkerArray'),
    BagTopic(name=TOPICS.diagnostics, type_name='diagnostic_msgs/msg/DiagnosticArray'),
    NAMES,
)
_CAMERA_TOPICS = (
    BagTopic(name=TOPICS.truth, type_name='geometry_msgs/msg/PoseArray'),
    BagTopic(name=TOPICS.camera_info, type_name='sensor_msgs/msg/CameraInfo'),
    BagTopic(name=TOPICS.depth, type_name='sensor_msgs/msg/Image'),
)
"""The camera waits for those who subscribe to the last two, and then knows of the first, too."""
BAG_TOPICS = _NODE_TOPICS + _CAMERA_TOPICS
QUEUE_DEPTH = 300
"""Messages that wait for a process that is held up: ten seconds of a 30 Hz camera."""
_START_LIMIT_S = 180.0
_BOOKS_LIMIT_S = 15.0
_SETTLED_S = 0.3


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class DemoOptions:
    """What the demo shows and where its results go."""

    out: Path
    seconds: float = 10.0
    seed: int = 0
    side: str = 'right'
    model: str = 'auto'
    backend: str = 'auto'


def record_stream(options: DemoOptions, say: Callable[[str], None]) -> list[RawMessage]:
    """
    Run the three processes once and return everything that was recorded.

    Raises DemoError with the reason when the stream cannot be had.
    """
    environment = private_environment(os.environ, free_domain_id())
    os.environ.update(environment)
    from dense_hand_pose.ros.recorder import Recorder  # reads the environment when it is imported

    logs = options.out / 'logs'
    logs.mkdir(parents=True, exist_ok=True)
    with Children(logs) as children:
        children.start('camera', camera_command(options), with_room_for_images(environment))
        children.start('node', node_command(options), environment)
        with Recorder(_NODE_TOPICS) as recorder:
            say('starting the camera and the node (15 s or so: pictures are rendered first)')
            open_stream(recorder, children)
            say(f'the node is active: {options.seconds:g} s of stream')
            _wait_for_end(recorder, children, options.seconds)
            wait_for_books(recorder, children)
            children.stop('node')
            obey()
            return list(recorder.messages)


def camera_command(options: DemoOptions) -> list[str]:
    """Return the command of the synthetic camera."""
    parameters = {
        'duration_s': float(options.seconds),
        'seed': options.seed,
        'side': options.side,
        'reliability': 'reliable',
        'min_subscribers': 2,
        'prerender': 'true',
    }
    return ros_command('synthetic_camera', parameters)


def node_command(options: DemoOptions, **more: Any) -> list[str]:
    """Return the command of the node; ``more`` are further parameters of the node."""
    parameters: dict[str, Any] = {
        'model.name_or_path': options.model,
        'model.backend': options.backend,
        # An image that is sent again comes late: its camera_info has to wait for it.
        'sync.queue_size': QUEUE_DEPTH,
    }
    for topic in (TOPICS.depth, TOPICS.camera_info):
        # With the node's own QoS, best effort and a queue of one, DDS itself drops frames without
        # a trace when the machine holds a process up. The node empties the queue into its mailbox
        # at once, so no frame waits any longer; what is too late is dropped there, and counted.
        parameters[f'qos_overrides.{topic}.subscription.depth'] = QUEUE_DEPTH
        parameters[f'qos_overrides.{topic}.subscription.reliability'] = 'reliable'
    for topic in _RESULTS:
        # The node keeps five for robots that want the newest; a recorder wants every one of them.
        parameters[f'qos_overrides.{topic}.publisher.depth'] = QUEUE_DEPTH
    return ros_command('node', {**parameters, **more})


def ros_command(module: str, parameters: dict[str, Any]) -> list[str]:
    """Return the command that runs a module of dense_hand_pose.ros with parameters."""
    command = [sys.executable, '-m', f'dense_hand_pose.ros.{module}', '--ros-args']
    for name, value in parameters.items():
        command += ['-p', f'{name}:={value}']
    return command


def open_stream(recorder: Any, children: Children) -> None:
    """Have the camera begin, which waits for the recorder, once nothing of the node is lost."""
    wait_for_first(recorder, children, NAMES.name)
    for topic in _CAMERA_TOPICS:
        recorder.subscribe(topic)
    wait_for_first(recorder, children, TOPICS.depth)


def wait_for_first(recorder: Any, children: Children, topic: str) -> None:
    """Receive until the first message on ``topic`` is there."""
    limit = time.monotonic() + _START_LIMIT_S
    while not recorder.count(topic):
        recorder.spin(0.1)
        for name in children.names:
            check_alive(children, name)
        if time.monotonic() > limit:
            said = '; '.join(f'{name}: {children.last_lines(name, 1)}' for name in children.names)
            raise DemoError(f'nothing on {topic} within {_START_LIMIT_S:g} s; {said}')


def _wait_for_end(recorder: Any, children: Children, seconds: float) -> None:
    """Receive until the camera has ended by itself."""
    limit = time.monotonic() + 2 * seconds + 10.0
    while children.status('camera') is None:
        recorder.spin(0.1)
        check_alive(children, 'node')
        if time.monotonic() > limit:
            raise DemoError(f'the camera did not end: {children.last_lines("camera")}')
    if children.status('camera') != 0:
        check_alive(children, 'camera')


def wait_for_books(recorder: Any, children: Children) -> None:
    """
    Receive until the node has said that it answered what it took, and all of it is there.

    What a process that was held up lacks is sent again, every three seconds in Fast DDS. What has
    not come by the limit is lost: the metrics say so.
    """
    camera_ended_ns = time.time_ns()
    limit = time.monotonic() + _BOOKS_LIMIT_S
    account = None
    while time.monotonic() < limit:
        recorder.spin(0.1)
        check_alive(children, 'node')
        message = recorder.latest(TOPICS.diagnostics)
        if message is None or message.received_ns < camera_ended_ns + int(1e9 * _SETTLED_S):
            continue
        account = Account.of(_books(message))
        frames, results = recorder.count(TOPICS.truth), recorder.count(TOPICS.joints)
        if not account.under_way and account.lost(frames, results) == (0, 0):
            return
    if account is None or account.under_way:
        raise DemoError(
            f'the node did not finish within {_BOOKS_LIMIT_S:g} s of the last frame: '
            f'{children.last_lines("node")}'
        )


def _books(message: RawMessage) -> dict[str, str]:
    """Return the node's account in a serialized DiagnosticArray."""
    typestore = get_typestore(Stores.ROS2_JAZZY)
    array = typestore.deserialize_cdr(message.data, 'diagnostic_msgs/msg/DiagnosticArray')
    return node_status(array, TOPICS.node)


def check_alive(children: Children, name: str) -> None:
    """
    Raise DemoError when a child has ended, with the last words of its log.

    KeyboardInterrupt where somebody wants the demo to end (interrupts.py).
    """
    obey()
    status = children.status(name)
    if status is not None:
        raise DemoError(
            f'the {name} ended with status {status}: {children.last_lines(name)} '
            f'(whole log: {children.log_path(name)})'
        )
