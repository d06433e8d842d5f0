# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""README and docs name every topic, parameter, command, launch file and figure."""

from pathlib import Path
import re

from dense_hand_pose.cli import COMMANDS
from dense_hand_pose.evaluation.streams import measure, Stream
from dense_hand_pose.skeleton import HAND_21
import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / 'README.md').read_text()
NODE = (ROOT / 'docs' / 'node.md').read_text()


def test_the_parameters_of_the_readme_have_their_defaults() -> None:
    pytest.importorskip('rclpy')
    from dense_hand_pose.ros.parameter_table import defaults

    section = README.partition('## Parameters')[2].partition('\n## ')[0]
    rows = re.findall(r'^\| `([a-z_.]+)` \| ([^|]+?) \|', section, re.M)
    assert len(rows) == 10
    known = defaults()
    for name, default in rows:
        value = known[name]
        assert default == (str(value).lower() if isinstance(value, bool) else str(value)), name


def test_every_topic_of_the_node_is_in_the_tables() -> None:
    sources = ROOT / 'dense_hand_pose' / 'ros'
    text = ''.join((sources / name).read_text() for name in ('output/outputs.py', 'session.py'))
    topics = set(re.findall(r"'(~?/[\w/]+)'", text))
    fitted = (sources / 'output/fit_topics.py').read_text()
    topics |= {f'~/{name}' for name in re.findall(r"\(\w+, '(\w+)'\)", fitted)}
    assert len(topics) >= 13
    for topic in topics | {'image_rect', 'camera_info', '/diagnostics'}:
        assert f'\n| `{topic}` | ' in NODE, topic
        assert f'`{topic}`' in README, topic


def test_every_launch_file_is_named() -> None:
    text = (ROOT / 'docs' / 'install.md').read_text()
    for path in (ROOT / 'launch').glob('*.py'):
        assert f'\n| `{path.name}` | ' in text


def test_every_command_is_named() -> None:
    text = (ROOT / 'docs' / 'python.md').read_text()
    for name in COMMANDS:
        assert f'`{name}`' in README, name
        assert re.search(rf'^\| (`[^|]*, )?`{name}\b', text, re.M), name


def test_the_figures_are_named_as_in_metrics_json() -> None:
    names = {'frames_answered', 'frames_with_hand', 'camera_rate_hz'}  # told by the table's rows
    text = (ROOT / 'docs' / 'evaluation.md').read_text()
    prefixed = {'median_joint_error_mm', 'p95_joint_error_mm'}
    for name in measure(Stream()).as_json().keys() - names - prefixed:
        assert f'`{name}`' in text


def test_files_and_pictures_exist() -> None:
    pictures = re.findall(r'!\[[^]]*\]\(([^)]+)\)', README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).stat().st_size < 300_000
    for name in re.findall(r'`((?:config|requirements|dense_hand_pose|test)/[\w./]+)`', README):
        assert (ROOT / name).exists(), name


def test_the_joint_names_are_those_of_the_package() -> None:
    text = ' '.join(README.split())
    assert ', '.join(HAND_21.joints[1:5]) in text
    assert ', '.join(HAND_21.joints[5:9]) in text
