# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The launch files at work, with launch and launch_ros: the node starts as it was told.

launch and launch_ros are not on PyPI: without a ROS distribution all of this is skipped. The
`ros2` and the RealSense driver that they start are scripts here that write down what they got.
"""

import importlib.util
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time

import pytest

pytestmark = [
    pytest.mark.dds,
    pytest.mark.skipif(
        importlib.util.find_spec('launch_ros') is None,
        reason='launch_ros is not installed: it comes with a ROS distribution, not from PyPI',
    ),
]

RUN = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
service = LaunchService(argv=sys.argv[2:])
arguments = [tuple(argument.split(':=')) for argument in sys.argv[2:]]
source = PythonLaunchDescriptionSource(sys.argv[1])
include = IncludeLaunchDescription(source, launch_arguments=arguments)
service.include_launch_description(LaunchDescription([include]))
sys.exit(service.run())
"""

SCRIPT = """#!/bin/sh
echo "$(basename "$0") $*" >> "{log}"
echo "profile $FASTRTPS_DEFAULT_PROFILES_FILE" >> "{log}"
case "$*" in
  *record*) trap 'echo interrupted >> "{log}"; exit 0' INT; while :; do sleep 0.1; done ;;
  *) sleep 1 ;;
esac
"""


@pytest.fixture(scope='module')
def share() -> Path:
    """Return the share folder of the installed package."""
    from ament_index_python.packages import get_package_share_directory, PackageNotFoundError

    try:
        return Path(get_package_share_directory('dense_hand_pose'))
    except PackageNotFoundError:
        pytest.skip('dense_hand_pose is not installed in a workspace: colcon build, source it')


def start(share: Path, name: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, '-c', RUN, str(share / 'launch' / name), *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def script(path: Path, log: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SCRIPT.format(log=log))
    path.chmod(0o755)


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for the end of a launch; return what was said."""
    try:
        return process.communicate(timeout=120)[0]
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        raise


def end(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=180)[0]


@pytest.mark.parametrize('name', ['hand_pose', 'demo', 'realsense', 'replay'])
def test_an_unknown_argument_ends_the_launch(share: Path, name: str) -> None:
    out = finish(
        process := start(share, f'{name}.launch.py', 'bag:=x', 'modle:=default', 'rviz:=false')
    )
    assert process.returncode == 1
    assert "'modle' (did you mean 'model'?)" in out


def test_launch_starts_the_node_with_what_it_was_told(share: Path, model: str) -> None:
    import rclpy

    arguments = [
        'namespace:=robot',
        f'model:={model}',
        'backend:=cpu',
        'image_topic:=/depth',
        'log_level:=warn',
    ]
    process = start(share, 'hand_pose.launch.py', *arguments)
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node('watcher', context=context)
    try:
        deadline = time.monotonic() + 180.0
        named = ('hand_pose', '/robot')
        # Names and topics are discovered apart from each other.
        while time.monotonic() < deadline and not (
            node.count_subscribers('/depth') and named in node.get_node_names_and_namespaces()
        ):
            assert process.poll() is None
            time.sleep(0.1)
        assert node.count_subscribers('/depth') == 1
        assert named in node.get_node_names_and_namespaces()
        assert node.count_publishers('/robot/hand_pose/joints') == 1
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)
        end(process)


def install(prefix: Path, package: str, executable: str, log: Path) -> str:
    """Install a script as a package's executable; return AMENT_PREFIX_PATH with it."""
    index = prefix / 'share' / 'ament_index' / 'resource_index' / 'packages'
    index.mkdir(parents=True)
    (index / package).touch()
    (prefix / 'share' / package).mkdir()
    script(prefix / 'lib' / package / executable, log)
    return f'{prefix}:{os.environ.get("AMENT_PREFIX_PATH", "")}'


def said_until(process: subprocess.Popen[str], *words: str) -> list[str]:
    """Return the lines that a launch says, the last of them with one of the words."""
    said = []
    for line in process.stdout or ():
        said.append(line)
        if any(word in line for word in words):
            break
    return said


def test_rviz_shows_what_the_node_hears(share: Path, model: str, tmp_path: Path) -> None:
    log = tmp_path / 'rviz.log'
    prefixes = install(tmp_path, 'rviz2', 'rviz2', log)
    arguments = [f'model:={model}', 'backend:=cpu', 'namespace:=robot', 'rviz:=true']
    process = start(share, 'hand_pose.launch.py', *arguments, AMENT_PREFIX_PATH=prefixes)
    said = said_until(process, 'active:', 'cannot')
    end(process)
    assert '/robot/image_rect with /robot/camera_info' in said[-1]
    text = log.read_text()
    assert '__ns:=/robot' in text
    assert '/camera/image_rect:=image_rect' in text
    assert '/hand_pose/markers:=/robot/hand_pose/markers' in text


def test_the_params_file_may_leave_the_node_to_a_manager(
    share: Path, model: str, tmp_path: Path
) -> None:
    from diagnostic_msgs.msg import DiagnosticArray
    import rclpy
    from rclpy.executors import SingleThreadedExecutor

    parameters = tmp_path / 'robot.yaml'
    parameters.write_text(
        f'/**:\n  ros__parameters:\n    autostart: false\n    model.name_or_path: {model}\n'
    )
    process = start(share, 'hand_pose.launch.py', f'params_file:={parameters}')
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node('watcher', context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    heard: list[DiagnosticArray] = []
    node.create_subscription(DiagnosticArray, '/diagnostics', heard.append, 10)
    try:
        deadline = time.monotonic() + 120.0
        while len(heard) < 3 and time.monotonic() < deadline:
            executor.spin_once(timeout_sec=0.1)
            assert process.poll() is None
    finally:
        executor.shutdown()
        node.destroy_node()
        rclpy.shutdown(context=context)
        end(process)
    assert [message.status[0].message for message in heard[:3]] == ['unconfigured'] * 3


@pytest.mark.parametrize(
    ('own', 'namespace', 'topics'),
    [('', '', '/left'), ('/own/profile.xml', 'camera', '/camera/left'), ('', '/a/b', '/a/b/left')],
)
def test_the_camera_gets_its_parameters_and_the_node_its_topics(
    share: Path, model: str, tmp_path: Path, own: str, namespace: str, topics: str
) -> None:
    log = tmp_path / 'camera.log'
    prefixes = install(tmp_path, 'realsense2_camera', 'realsense2_camera_node', log)
    environment = {'AMENT_PREFIX_PATH': prefixes}
    if own:
        environment['FASTRTPS_DEFAULT_PROFILES_FILE'] = own
    arguments = [
        f'model:={model}',
        'backend:=cpu',
        f'camera_namespace:={namespace}',
        'camera_name:=left',
        'serial_no:=0123',
        'rviz:=false',
    ]
    process = start(share, 'realsense.launch.py', *arguments, **environment)
    said = said_until(process, 'active:', 'cannot')
    end(process)
    assert f' {topics}/depth/image_rect_raw with {topics}/depth/camera_info' in said[-1]
    text = log.read_text()
    assert '__node:=left' in text
    assert not namespace or f'__ns:={topics.removesuffix("/left")}' in text
    # What the user has set holds, else the profile of the package.
    own = own or os.environ.get('FASTRTPS_DEFAULT_PROFILES_FILE', '')
    assert f'profile {own or share / "config" / "fastdds_large_images.xml"}\n' in text


def test_replay_plays_once_the_node_is_active_and_ends_with_the_bag(
    share: Path, model: str, tmp_path: Path
) -> None:
    log, bag, output = tmp_path / 'ros2.log', tmp_path / 'bag', tmp_path / 'results'
    bag.mkdir()
    script(tmp_path / 'bin' / 'ros2', log)
    path = f'{tmp_path / "bin"}:{os.environ["PATH"]}'
    arguments = [
        f'bag:={bag}',
        f'output:={output}',
        f'model:={model}',
        'backend:=cpu',
        'namespace:=lab',
    ]
    arguments += ['rate:=0.5', 'loop:=true']
    out = finish(process := start(share, 'replay.launch.py', *arguments, PATH=path))
    assert process.returncode == 0, out
    assert out.index('active:') < out.index('[player')
    text = log.read_text()
    assert f'ros2 bag play {bag} --clock 200 --disable-keyboard-controls --rate 0.5 --loop' in text
    record = next(line for line in text.splitlines() if 'record' in line)
    assert f'--output {output} --use-sim-time' in record
    pattern = record.partition('--regex ')[2].partition(' ')[0]
    for topic in ('joints', 'joints_smoothed', 'hand_1/joints', 'joints_cloud'):
        assert re.fullmatch(pattern, f'/lab/hand_pose/{topic}')
    assert not re.fullmatch(pattern, '/lab/hand_pose/debug/image')
    assert 'interrupted' in text


def test_replay_names_a_bag_that_is_missing_and_an_output_that_exists(
    share: Path, tmp_path: Path
) -> None:
    out = finish(process := start(share, 'replay.launch.py', f'bag:={tmp_path}/nothing'))
    assert process.returncode == 1
    assert f'bag:={tmp_path}/nothing: no such file' in out
    assert 'process started' not in out
    arguments = [f'bag:={tmp_path}', f'output:={tmp_path}']
    out = finish(process := start(share, 'replay.launch.py', *arguments))
    assert process.returncode == 1
    assert f'output:={tmp_path} exists' in out
    assert 'process started' not in out  # nothing is left running
