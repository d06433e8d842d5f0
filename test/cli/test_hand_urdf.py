# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""`hand-urdf`: lengths of a bag's hand or of a file, as ROS's own URDF parser reads them."""

import json
from pathlib import Path

from dense_hand_pose.bags.sample import SampleOptions, write_sample
from dense_hand_pose.cli import main
from dense_hand_pose.kinematics.anatomy import read_arrays
from dense_hand_pose.kinematics.fitted_hand import bone_lengths_m
from dense_hand_pose.skeleton import HAND_21
import numpy as np
import pytest
from urdf_parser_py.urdf import URDF

LENGTHS = dict(zip(HAND_21.joints[1:], bone_lengths_m(read_arrays()['shape_m']), strict=True))


def written(path: Path, lengths: object) -> Path:
    path.write_text(json.dumps({'bone_lengths_m': lengths}))
    return path


def test_lengths_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / 'lengths.json', LENGTHS | {'index_intermediate': 0.05})
    assert main(['hand-urdf', '--side', 'left', '--lengths', str(file)]) == 0
    robot = URDF.from_xml_string(capsys.readouterr().out.split('?>')[1])
    joint = robot.joint_map['left_index_pip_flexion']
    np.testing.assert_allclose(np.linalg.norm(joint.origin.xyz), 0.05, atol=1e-8)
    out = tmp_path / 'hand.urdf'
    assert main(['hand-urdf', '--side', 'right', '--lengths', str(file), '--out', str(out)]) == 0
    assert URDF.from_xml_file(str(out)).name == 'right_hand'


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('not json', 'expected JSON'),
        ('[]', 'expected JSON'),
        ('{"bone_lengths_m": 3}', 'expected JSON'),
        ('{"bone_lengths_m": {"thumb_metacarpal": 0.04}}', 'has not the joints'),
        (json.dumps({'bone_lengths_m': LENGTHS | {'index_tip': 4.0}}), '0.3 m'),
        (json.dumps({'bone_lengths_m': LENGTHS | {'index_tip': 'x'}}), 'expected JSON'),
        ('{"bone_lengths_m": {}}' + ' ' * 100_000, 'larger'),
    ],
)
def test_files_that_hold_no_lengths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    file = tmp_path / 'lengths.json'
    file.write_text(content)
    assert main(['hand-urdf', '--side', 'left', '--lengths', str(file)]) == 2
    assert message in capsys.readouterr().err


def test_what_is_no_bag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['hand-urdf', '--side', 'left', '--bag', str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


@pytest.mark.slow
def test_lengths_of_a_bag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bag, out = tmp_path / 'bag', tmp_path / 'hand.urdf'
    options = SampleOptions(seconds=3.0, width=320, height=240, side='left')
    write_sample(bag, options, 'mcap')
    assert main(['hand-urdf', '--side', 'left', '--bag', str(bag), '--out', str(out)]) == 0
    robot = URDF.from_xml_file(str(out))
    ring = np.linalg.norm(robot.joint_map['left_ring_pip_flexion'].origin.xyz)
    assert 0.035 < ring < 0.055
    assert main(['hand-urdf', '--side', 'right', '--bag', str(bag), '--out', str(out)]) == 1
    assert 'no right hand' in capsys.readouterr().err
