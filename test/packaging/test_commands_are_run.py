# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Each command in a block of the documents is run by a test, or there is a reason why not."""

import re

import pytest
from support.document_words import command_lines, CURRENT, ROOT, Words

MODULE = r'(\S*/)?python3? -m dense_hand_pose'

# command -> the test that runs it, with its own values and shorter where it takes long
RUN = {
    r'make (demo|-C dense_hand_pose venv|venv)': 'Makefile::demo',
    r'make test': '.ci/run::make test',
    r'make soak': 'test/soak/test_soak.py::test_a_minute_of_faults_is_accounted_for',
    r'\.venv/bin/(ruff|mypy)( check \.| format \.)?': 'Makefile::mypy',
    r'\.venv/bin/python -m pytest -m gpu': 'Makefile::pytest',
    r'\.venv/bin/python -m pytest test/ros -m not slow': 'Makefile::pytest',
    r'\S+ -m colcon build .*': 'Makefile::colcon build',
    rf'{MODULE} estimate .*': 'test/packaging/test_document_commands.py::RUN',
    rf'{MODULE} (dataset check|render --out) .*': 'test/packaging/test_document_commands.py::RUN',
    rf'{MODULE} (record-sample|evaluate bag sample) .*': (
        'test/packaging/test_document_commands.py::'
        'test_a_bag_is_made_and_measured_as_the_documents_say'
    ),
    rf'{MODULE} evaluate bag demo_output/bag .*': (
        'test/demo/test_demo_stream.py::test_the_whole_demo'
    ),
    rf'{MODULE} evaluate bag lab .*': (
        'test/evaluation/recordings/test_evaluate_bag.py::test_recorded_answers_are_measured'
    ),
    rf'{MODULE} evaluate frames FILES .*': (
        'test/evaluation/frames/test_recorded_frames.py'
        '::test_rendered_frames_are_measured_as_real_ones'
    ),
    rf'{MODULE} evaluate frames --out .*': (
        'test/evaluation/frames/test_frames_protocol.py::test_two_runs_write_the_same_files'
    ),
    rf'{MODULE} evaluate scenes .*': (
        'test/evaluation/scenes/test_scenes_command.py::test_two_runs_write_the_same_files'
    ),
    rf'{MODULE} evaluate predictions --dataset nyu --labels .*': (
        'test/evaluation/predictions/test_comparison.py::test_the_published_figures_come_out'
    ),
    (
        rf'{MODULE} (evaluate predictions --dataset nyu --predictions|predict'
        r'|train --config \S+nyu).*'
    ): ('test/datasets/test_recorded.py::test_training_predicting_and_evaluating_a_miniature'),
    rf'{MODULE} benchmark( --json.*| --quick.*)?': (
        'test/benchmark/test_benchmark_command.py::test_a_quick_run_writes_every_stage'
    ),
    rf'{MODULE} benchmark --ros': 'test/benchmark/test_ros_stream.py::test_the_node_over_dds',
    rf'{MODULE} build-engine': (
        'test/runtimes/test_nvidia.py::test_build_engine_builds_once_and_again_when_forced'
    ),
    rf'{MODULE} gpu-check .*': (
        'test/gpu_check/test_gpu_check.py::test_a_dry_run_tries_every_step'
    ),
    rf'{MODULE} (render-shards|train .* --shards) .*': (
        'test/training/data/test_shards.py::test_the_commands_render_and_train'
    ),
    rf'{MODULE} train --config \S+ --out DIR( --resume)?': (
        'test/training/test_train_command.py::test_train_then_resume'
    ),
    rf'{MODULE} train .*distilled\.yaml .*': (
        'test/training/data/test_unlabelled.py::test_the_command_cuts_and_trains'
    ),
    rf'{MODULE} train (?!.*distilled).* --init .*': (
        'test/training/presence/test_presence_training.py::--init'
    ),
    rf'{MODULE} train .* --processes 2': (
        'test/training/test_train_processes.py::'
        'test_two_processes_stop_together_and_none_outlives_another'
    ),
    r'torchrun .*': (
        'test/training/test_train_processes.py::test_torchrun_starts_the_same_training'
    ),
    rf'{MODULE} evaluate presence .*': (
        'test/training/presence/test_presence_training.py'
        '::test_the_command_writes_weights_card_and_figures'
    ),
    rf'{MODULE} live --source realsense .*': (
        'test/live/test_sources.py::test_a_software_realsense_is_read'
    ),
    rf'{MODULE} live --source bag .*': 'test/cli/test_live.py::test_a_bag_into_a_rerun_file',
    rf'{MODULE} hand-urdf .* --bag .*': 'test/cli/test_hand_urdf.py::test_lengths_of_a_bag',
    rf'{MODULE} hand-urdf .* --lengths .*': 'test/cli/test_hand_urdf.py::test_lengths_of_a_file',
    rf'{MODULE} export .*': 'test/cli/test_export.py::test_what_is_exported_is_what_runs',
    rf'{MODULE} study .*': 'test/study/test_study.py::test_quick_study_and_again',
    r'ros2 launch dense_hand_pose (hand_pose|replay|realsense)\.launch\.py.*': (
        'test/ros/test_launch_runs.py::test_launch_starts_the_node_with_what_it_was_told'
    ),
}

# command -> why no test runs it; what it names is checked by the other tests of this folder
NOT_RUN = {
    r'make test PIP_ARGS=.*': 'loads the wheels of another index',
    r'make test LOCKED=0': 'loads the newest versions of an index',
    r'requirements/lock\.sh( --upgrade)?': 'asks an index for every version',
    r'python tools/list_dependencies\.py .*': 'writes a table of what is installed here',
    r'(cyclonedx-py|pip-audit) .*': 'a tool of its own, not among the requirements',
    r'(source|cd) .*': 'a way into a folder or an environment',
    r'colcon build --base-paths .*': 'wants ament_cmake, which a ROS distribution has',
    r'export \S+=.*': 'a variable, which the demo sets for its processes',
    r'(git clone|rosdep) .*': 'wants the network and a ROS distribution',
    r'ros2 (bag|service|topic|param) .*': "ROS's own tools, which are not on PyPI",
    r'ros2 launch (orbbec_camera|azure_kinect_ros_driver) .*': 'wants the camera and its driver',
    r'python3 -m venv --system-site-packages .*': 'wants a Jetson',
    r'python3 -c import numpy.*': 'wants a Jetson',
    r'\.venv/bin/pip install .*': 'wants a Jetson and its index',
    r'grep -v .*': 'wants a Jetson',
    r'\.venv/bin/python -c import torch.*': 'wants a Jetson',
    rf'{MODULE} benchmark --backend tensorrt .*': 'wants an NVIDIA GPU',
}

COMMANDS = [words for path in CURRENT for words in command_lines(path) if words.whole]


def rows_for(command: Words) -> list[str]:
    """Return the patterns that fit a command."""
    text = ' '.join(command.words)
    return [row for row in (*RUN, *NOT_RUN) if re.fullmatch(row, text)]


@pytest.mark.parametrize('command', COMMANDS, ids=str)
def test_each_command_is_run_or_has_a_reason(command: Words) -> None:
    assert len(rows_for(command)) == 1, 'give it one row in RUN or NOT_RUN'


def test_no_row_is_for_a_command_that_is_gone() -> None:
    used = {row for command in COMMANDS for row in rows_for(command)}
    assert used == {*RUN, *NOT_RUN}


@pytest.mark.parametrize('place', sorted(set(RUN.values())))
def test_what_runs_them_is_there(place: str) -> None:
    name, _, words = place.partition('::')
    text = (ROOT / name).read_text()
    assert (f'def {words}(' if words.startswith('test_') else words) in text
