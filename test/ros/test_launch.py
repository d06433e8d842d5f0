# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The launch files: what they name exists, and with launch_ros at hand they start the node.

launch and launch_ros are not on PyPI: without a ROS distribution only the first half runs.
"""

import ast
import importlib.util
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time

from dense_hand_pose.ros.parameters import defaults
from dense_hand_pose.ros.synthetic_camera import CAMERA_PARAMETERS
import pytest
import yaml

ROOT = Path(__file__).parents[2]
LAUNCH = ROOT / 'launch'
FILES = ('hand_pose.launch.py', 'demo.launch.py')
CONTRACT = [
    'namespace',
    'params_file',
    'image_topic',
    'camera_info_topic',
    'model',
    'backend',
    'use_sim_time',
    'autostart',
    'rviz',
    'rviz_config',
    'log_level',
]


def tree(name: str) -> ast.Module:
    return ast.parse((LAUNCH / name).read_text(), name)


def calls(name: str, function: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == function
    ]


def first_words(name: str, function: str) -> list[str]:
    """Return the first argument of each call, where it is a string."""
    firsts = [call.args[0] for call in calls(name, function)]
    return [first.value for first in firsts if isinstance(first, ast.Constant)]


def keyword(call: ast.Call, name: str) -> object:
    """Return the value of a keyword that is a constant, None where it is absent."""
    found = [word.value for word in call.keywords if word.arg == name]
    return found[0].value if found and isinstance(found[0], ast.Constant) else None


@pytest.mark.parametrize('name', FILES)
def test_every_argument_is_declared_described_and_used(name: str) -> None:
    declared = first_words(name, 'DeclareLaunchArgument')
    assert len(set(declared)) == len(declared)
    assert all(keyword(call, 'description') for call in calls(name, 'DeclareLaunchArgument'))
    source = (LAUNCH / name).read_text()
    for argument in declared:
        assert source.count(f"'{argument}'") >= 2, f'{argument} is declared but not used'
    assert set(first_words(name, 'LaunchConfiguration')) <= set(declared)


def test_the_arguments_are_those_of_the_contract() -> None:
    assert set(CONTRACT) <= set(first_words('hand_pose.launch.py', 'DeclareLaunchArgument'))


@pytest.mark.parametrize('name', FILES)
def test_packages_executables_and_files_exist(name: str) -> None:
    entry_points = (ROOT / 'setup.py').read_text()
    for call in calls(name, 'Node'):
        if keyword(call, 'package') == 'dense_hand_pose':
            assert f'{keyword(call, "executable")} = ' in entry_points
        else:
            assert keyword(call, 'package') == 'rviz2'
    words = re.findall(r"'([\w.]+\.(?:yaml|rviz|xml|launch\.py))'", (LAUNCH / name).read_text())
    for word in words:
        assert any((ROOT / folder / word).is_file() for folder in ('config', 'launch')), word


def test_parameters_that_launch_files_set_exist() -> None:
    (overrides,) = (
        ast.literal_eval(node.value)
        for node in tree('hand_pose.launch.py').body
        if isinstance(node, ast.Assign) and node.targets[0].id == 'OVERRIDES'
    )
    assert set(overrides.values()) <= set(defaults())
    (camera,) = calls('demo.launch.py', 'Node')
    (given,) = (word.value for word in camera.keywords if word.arg == 'parameters')
    names = {key.value for key in given.elts[0].keys}
    assert names <= {parameter.name for parameter in CAMERA_PARAMETERS}


def test_rviz_listens_to_the_topics_and_frame_that_the_launch_file_maps() -> None:
    config = yaml.safe_load((ROOT / 'config' / 'hand_pose.rviz').read_text())
    manager = config['Visualization Manager']
    source = (LAUNCH / 'hand_pose.launch.py').read_text()
    assert manager['Global Options']['Fixed Frame'] in source
    camera_frame = {p.name: p.default for p in CAMERA_PARAMETERS}['frame_id']
    assert manager['Global Options']['Fixed Frame'] == camera_frame
    results = {d['Topic']['Value']: d for d in manager['Displays'] if 'Topic' in d}
    assert set(results) == {f'/hand_pose/{n}' for n in ('joints', 'joints_cloud', 'markers')}
    for display in results.values():
        assert display['Topic']['Reliability Policy'] == 'Reliable'
    (depth,) = (d for d in manager['Displays'] if 'Depth Map Topic' in d)
    assert depth['Reliability Policy'] == 'Best effort'
    assert f"('{depth['Depth Map Topic']}'," in source


needs_launch = pytest.mark.skipif(
    importlib.util.find_spec('launch_ros') is None,
    reason='launch_ros is not installed: it comes with a ROS distribution, not from PyPI',
)


@needs_launch
@pytest.mark.parametrize('name', FILES)
def test_launch_loads_the_description(name: str) -> None:
    from launch.launch_context import LaunchContext
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    source = PythonLaunchDescriptionSource(str(LAUNCH / name))
    description = source.get_launch_description(LaunchContext())
    arguments = [argument.name for argument in description.get_launch_arguments()]
    assert set(first_words(name, 'DeclareLaunchArgument')) <= set(arguments)


RUN = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
service = LaunchService()
arguments = [argument.split(':=') for argument in sys.argv[2:]]
source = PythonLaunchDescriptionSource(sys.argv[1])
include = IncludeLaunchDescription(source, launch_arguments=arguments)
service.include_launch_description(LaunchDescription([include]))
sys.exit(service.run())
"""


@needs_launch
@pytest.mark.dds
def test_launch_starts_the_node_with_what_it_was_told(model: str) -> None:
    from ament_index_python.packages import get_package_share_directory, PackageNotFoundError
    import rclpy

    try:
        share = Path(get_package_share_directory('dense_hand_pose'))
    except PackageNotFoundError:
        pytest.skip(
            'dense_hand_pose is not installed in a workspace: colcon build, then source it'
        )
    arguments = ['namespace:=robot', f'model:={model}', 'image_topic:=/depth', 'log_level:=warn']
    command = [sys.executable, '-c', RUN, str(share / 'launch' / FILES[0]), *arguments]
    process = subprocess.Popen(command, env=os.environ)
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node('watcher', context=context)
    try:
        deadline = time.monotonic() + 40.0
        while not node.count_subscribers('/depth') and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.1)
        assert node.count_subscribers('/depth') == 1
        assert ('hand_pose', '/robot') in node.get_node_names_and_namespaces()
        assert node.count_publishers('/robot/hand_pose/joints') == 1
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
