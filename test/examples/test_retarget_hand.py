# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The retargeting example: the frame it hands over, and a run where its packages are installed."""

import importlib.util
import os
from pathlib import Path
import subprocess
import sys
from types import ModuleType

from dense_hand_pose.kinematics.anatomy import read_arrays
from dense_hand_pose.kinematics.fitted_hand import build_hand, FittedHand, LEFT, RIGHT
import numpy as np
import numpy.typing as npt
import pytest
from scipy.spatial.transform import Rotation

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / 'examples' / 'retarget_hand.py'


@pytest.fixture(scope='module')
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location('retarget_hand', EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def flat_hand(side: str, seed: int) -> FittedHand:
    turn = Rotation.random(random_state=seed).as_matrix()
    wrist = np.array([0.1, -0.1, 0.6])
    return build_hand(side, turn, wrist, np.zeros(21), read_arrays()['shape_m'])


def frame_of_points(joints: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the wrist's frame that dex-retargeting's own detector fits to three joints."""
    wrist, index, middle = joints[[0, 5, 9]]
    back = wrist - middle
    normal = np.linalg.svd(np.stack([wrist, index, middle]) - joints[[0, 5, 9]].mean(0))[2][2]
    back = back - (back @ normal) * normal
    back /= np.linalg.norm(back)
    across = np.cross(back, normal)
    if across @ (index - middle) < 0.0:
        normal, across = -normal, -across
    return np.stack([back, normal, across], axis=1)


@pytest.mark.parametrize('side', [RIGHT, LEFT])
def test_joints_are_in_the_frame_that_dex_retargeting_expects(
    example: ModuleType, side: str
) -> None:
    for seed in range(10):
        hand = flat_hand(side, seed)
        ours = example.mano_joints_m(hand)
        operator = example._TO_MANO[side]
        theirs = (hand.joints - hand.joints[0]) @ frame_of_points(hand.joints) @ operator
        # The palm of the fit is that of all knuckles, theirs that of two: some degrees.
        turn = Rotation.align_vectors(theirs, ours)[0]
        assert np.degrees(turn.magnitude()) < 15.0
        np.testing.assert_allclose(turn.apply(ours), theirs, atol=1e-9)
        assert (ours[[8, 12, 16, 20], 2] > 0.1).all()  # MANO's z is along the fingers


@pytest.mark.slow
def test_a_bag_moves_a_robot_hand(tmp_path: Path) -> None:
    pytest.importorskip('dex_retargeting', reason='pip install dex-retargeting')
    folder = os.environ.get('DEX_URDF')
    if folder is None:
        pytest.skip('set DEX_URDF to the folder robots/hands of dexsuite/dex-urdf')
    bag, out = tmp_path / 'bag', tmp_path / 'allegro.csv'
    record = ['-m', 'dense_hand_pose', 'record-sample', '--seconds', '1', '--out', str(bag)]
    subprocess.run([sys.executable, *record], check=True, cwd=ROOT)
    run = [str(EXAMPLE), '--bag', str(bag), '--urdf-dir', folder, '--out', str(out)]
    environment = {**os.environ, 'PYTHONPATH': str(ROOT)}
    subprocess.run([sys.executable, *run], check=True, env=environment)
    rows = np.loadtxt(out, delimiter=',', skiprows=1)
    assert rows.shape[1] == 17
    assert len(rows) > 20
    assert np.isfinite(rows).all()
    assert np.ptp(rows[:, 1:], axis=0).max() > 0.1
