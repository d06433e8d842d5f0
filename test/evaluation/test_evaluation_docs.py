# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""docs/evaluation.md and config/replay_qos.yaml say what is there."""

import argparse
from pathlib import Path
import re

from dense_hand_pose.bags.sample import SAMPLE_TOPICS
from dense_hand_pose.cli import evaluate, record_sample
from dense_hand_pose.evaluation.recordings.records import Recording
from dense_hand_pose.evaluation.recordings.summary import summarise_recording
import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / 'docs' / 'evaluation.md').read_text()


def options_of(command: object) -> set[str]:
    """Return the long options of a command."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)  # type: ignore[attr-defined]
    parsers = [parser]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            parsers += action.choices.values()
    actions = [action for one in parsers for action in one._actions]
    return {word for action in actions for word in action.option_strings} - {'-h', '--help'}


@pytest.mark.parametrize('command', [evaluate, record_sample])
def test_every_option_is_told(command: object) -> None:
    for option in options_of(command):
        assert option in TEXT, option


def test_every_figure_is_told() -> None:
    figures = summarise_recording(Recording([], {}))
    plain = {'dropped', 'confidence', 'camera_rate_hz', 'stability'}
    for name in figures.keys() - plain:
        assert f'`{name}' in TEXT, name
    for name in figures['stability'].keys() - {'windows', 'windows_at_rest'}:
        assert name in TEXT, name


def test_the_commands_of_the_text_are_accepted() -> None:
    text = TEXT.replace('\\\n', ' ')
    lines = re.findall(r'^python -m dense_hand_pose (evaluate|record-sample) (.*)$', text, re.M)
    assert len(lines) >= 4
    for name, words in lines:
        parser = argparse.ArgumentParser(exit_on_error=False)
        (evaluate if name == 'evaluate' else record_sample).add_arguments(parser)
        parser.parse_args(words.split())


def test_the_player_gets_a_profile_for_every_topic_of_the_sample() -> None:
    profiles = yaml.safe_load((ROOT / 'config' / 'replay_qos.yaml').read_text())
    assert profiles.keys() == {topic.name for topic in SAMPLE_TOPICS}
    for profile in profiles.values():
        assert profile['reliability'] == 'reliable'
        assert profile['history'] == 'keep_last'
        assert profile['depth'] >= 2  # camera_info and image come at once in lock-step
