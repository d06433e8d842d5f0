# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The launch files, read: what they name exists."""

import ast
from contextlib import suppress
import inspect
import json
from pathlib import Path
import re

from dense_hand_pose.kinematics.anatomy import read_arrays
from dense_hand_pose.kinematics.urdf import hand_urdf
from dense_hand_pose.ros.launch_support import (
    needs_package,
    read_hand_urdf,
    room_for_images,
    unknown,
)
from dense_hand_pose.ros.parameter_table import defaults
from dense_hand_pose.ros.synthetic_camera import CAMERA_PARAMETERS
import pytest
import yaml

ROOT = Path(__file__).parents[2]
LAUNCH = ROOT / 'launch'
FILES = ('hand_pose.launch.py', 'demo.launch.py', 'realsense.launch.py', 'replay.launch.py')
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


FOREIGN = {
    ('rviz2', 'rviz2'),
    ('realsense2_camera', 'realsense2_camera_node'),
    ('robot_state_publisher', 'robot_state_publisher'),
    ('tf2_ros', 'static_transform_publisher'),
}


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
            assert (keyword(call, 'package'), keyword(call, 'executable')) in FOREIGN
    words = re.findall(r"'([\w.]+\.(?:yaml|rviz|xml|launch\.py))'", (LAUNCH / name).read_text())
    for word in words:
        assert any((ROOT / folder / word).is_file() for folder in ('config', 'launch')), word


def test_images_go_out_with_a_profile_that_exists() -> None:
    names = re.findall(r"'(\w+\.xml)'", inspect.getsource(room_for_images))
    assert names
    assert all((ROOT / 'config' / name).is_file() for name in names)
    for name in FILES[1:]:
        (process,) = (
            word.value
            for function in ('Node', 'ExecuteProcess')
            for call in calls(name, function)
            for word in call.keywords
            if word.arg == 'additional_env'
        )
        assert ast.unparse(process) == 'room_for_images()'


def given_parameters(name: str) -> set[str]:
    """Return the names of the parameters that the nodes of a file are given in place."""
    lists = [w.value for c in calls(name, 'Node') for w in c.keywords if w.arg == 'parameters']
    tables = [entry for found in lists for entry in found.elts if isinstance(entry, ast.Dict)]
    return {key.value for table in tables for key in table.keys}


def constants(name: str) -> dict[str, object]:
    """Return what a file assigns on its top level, where it is made of literals."""
    found = {}
    for node in tree(name).body:
        if isinstance(node, ast.Assign):
            with suppress(ValueError):
                found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def test_the_params_file_holds_unless_an_argument_is_given() -> None:
    overrides = constants('hand_pose.launch.py')['OVERRIDES']
    declared = calls('hand_pose.launch.py', 'DeclareLaunchArgument')
    given = {call.args[0].value: keyword(call, 'default_value') for call in declared}
    assert {'model', 'backend', 'autostart'} <= set(overrides)
    assert {name: given[name] for name in overrides} == dict.fromkeys(overrides, '')


def test_rviz_has_the_namespace_of_the_node() -> None:
    # A relative image_topic would else mean another topic to RViz.
    nodes = calls('hand_pose.launch.py', 'Node')
    spaces = [w.value for call in nodes for w in call.keywords if w.arg == 'namespace']
    assert [ast.unparse(space) for space in spaces] == ["LaunchConfiguration('namespace')"] * 4


def test_parameters_that_launch_files_set_exist() -> None:
    overrides = constants('hand_pose.launch.py')['OVERRIDES']
    assert set(overrides.values()) <= set(defaults())
    assert given_parameters('demo.launch.py') <= {p.name for p in CAMERA_PARAMETERS}


def test_arguments_passed_on_are_those_of_the_included_file() -> None:
    known = set(first_words('hand_pose.launch.py', 'DeclareLaunchArgument'))
    for name in FILES[1:]:
        (include,) = calls(name, 'IncludeLaunchDescription')
        (passed,) = (w.value for w in include.keywords if w.arg == 'launch_arguments')
        assert {key.value for key in passed.func.value.keys} <= known
        assert "'hand_pose.launch.py'" in ast.unparse(include)


def test_replay_waits_for_what_the_node_says_and_records_what_it_publishes() -> None:
    values = constants('replay.launch.py')
    sources = ROOT / 'dense_hand_pose' / 'ros'
    assert f"f'{values['STARTED'].decode()} " in (sources / 'node.py').read_text()
    published = re.findall(r"'~/([\w/]+)'", (sources / 'output/outputs.py').read_text())
    assert set(values['RECORDED']) == {t for t in published if not t.startswith('debug')}
    topics = (sources / 'output/outputs.py').read_text()
    (other,) = re.findall(r"f'~/(\w+)\{number\}'", topics)
    assert re.fullmatch(values['OTHER_HANDS'], f'{other}1/')


@pytest.mark.parametrize('name', FILES)
def test_nothing_is_installed_and_no_path_is_absolute(name: str) -> None:
    source = (LAUNCH / name).read_text()
    assert not re.search(r'\b(pip|apt|rosdep|curl|wget|git)\b', source)
    strings = [n.value for n in ast.walk(tree(name)) if isinstance(n, ast.Constant)]
    paths = [s for s in strings if isinstance(s, str) and re.match(r'/(home|opt|usr|tmp|etc)', s)]
    assert not paths
    # What else begins with a slash is a topic.
    assert all('.' not in s for s in strings if isinstance(s, str) and s.startswith('/'))


def test_unknown_arguments_are_named_with_the_likely_one() -> None:
    known = ['image_topic', 'namespace', 'rviz']
    command = ['/opt/bin/ros2', 'launch', 'dense_hand_pose', 'hand_pose.launch.py']
    assert unknown([*command, 'rviz:=true', 'namespace:=a:=b'], FILES[0], known) == ''
    wrong = unknown([*command, 'imge_topic:=/depth', 'xyz:=1'], FILES[0], known)
    assert "'imge_topic' (did you mean 'image_topic'?)" in wrong
    assert "'xyz'; known are: image_topic, namespace, rviz" in wrong
    # Where another file includes ours its arguments are not our concern.
    mine = ['/opt/bin/ros2', 'launch', 'mine', 'robot.launch.py', 'xyz:=1']
    assert unknown(mine, FILES[0], known) == ''


def test_rviz_listens_to_the_topics_and_frame_that_the_launch_file_maps() -> None:
    config = yaml.safe_load((ROOT / 'config' / 'hand_pose.rviz').read_text())
    manager = config['Visualization Manager']
    source = (LAUNCH / 'hand_pose.launch.py').read_text()
    assert manager['Global Options']['Fixed Frame'] in source
    camera_frame = {p.name: p.default for p in CAMERA_PARAMETERS}['frame_id']
    assert manager['Global Options']['Fixed Frame'] == camera_frame
    results = {d['Topic']['Value']: d for d in manager['Displays'] if 'Topic' in d}
    names = ('joints', 'joints_cloud', 'markers', 'debug/image', 'debug/votes')
    assert set(results) == {f'/hand_pose/{name}' for name in names}
    for topic, display in results.items():
        wanted = 'Best Effort' if 'debug' in topic else 'Reliable'
        assert display['Topic']['Reliability Policy'] == wanted
        assert f"'{topic.removeprefix('/hand_pose/')}'" in source
        # What costs the node work is off until somebody wants to see it.
        assert display['Enabled'] is (topic == '/hand_pose/markers')
    (depth,) = (d for d in manager['Displays'] if 'Depth Map Topic' in d)
    assert depth['Reliability Policy'] == 'Best effort'
    assert f"('{depth['Depth Map Topic']}'," in source


@pytest.mark.parametrize('side', ['right', 'left'])
def test_a_hand_of_hand_urdf_is_read(tmp_path: Path, side: str) -> None:
    file = tmp_path / 'hand.urdf'
    file.write_text(hand_urdf(side, read_arrays()['shape_m']))
    assert read_hand_urdf(str(file)) == (file.read_text(), f'{side}_wrist')


@pytest.mark.parametrize(
    'text', [None, '', 'robot', '<robot/>', '<hand><link name="left_wrist"/></hand>']
)
def test_what_is_no_hand_is_refused(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / 'hand.urdf'
    if text is not None:
        file.write_text(text)
    with pytest.raises(RuntimeError, match=r'hand\.urdf.*hand-urdf'):
        read_hand_urdf(str(file))


def test_a_package_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages'
    index.mkdir(parents=True)
    (index / 'present').touch()
    (tmp_path / 'share' / 'present').mkdir()
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    needs_package('present', 'urdf:=a')
    remedy = r'urdf:=a needs the package no_such_thing.*apt install ros-jazzy-no-such-thing'
    with pytest.raises(RuntimeError, match=remedy):
        needs_package('no_such_thing', 'urdf:=a')


def test_foxglove_listens_to_the_topics_that_the_node_has() -> None:
    layout = json.loads((ROOT / 'config' / 'hand_pose_foxglove.json').read_text())
    text = json.dumps(layout)
    documented = (ROOT / 'docs' / 'node.md').read_text() + (
        ROOT / 'docs' / 'hand_fit.md'
    ).read_text()
    topics = set(re.findall(r'/hand_pose/([a-z_]+(?:/[a-z_]+)?)', text))
    assert topics >= {'markers', 'palm', 'joint_states', 'pinch', 'debug/image'}
    for topic in topics:
        assert f'`~/{topic}`' in documented, topic
    # Each panel of the layout has a configuration, and each configuration a panel.
    panels = set(layout['configById'])
    assert all(
        panel.partition('!')[0] in {'3D', 'Image', 'Plot', 'DiagnosticSummary'} for panel in panels
    )
    placed = re.findall(r'"(\w+![\w]+)"', json.dumps(layout['layout']))
    assert sorted(placed) == sorted(panels)
    plotted = r'(pinch|joint_states)\.position\[:?\d*\]|palm\.pose\.position\.[xyz]'
    for path in re.findall(r'"value": "/hand_pose/([^"]+)"', text):
        assert re.fullmatch(plotted, path)
