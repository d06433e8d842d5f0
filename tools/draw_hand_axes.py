# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Draw the axes of palm and joints for docs/images/hand_axes.png: a right hand from above.

    .venv/bin/python -m tools.draw_hand_axes [--out FILE]
"""

import argparse
from pathlib import Path
import sys

from dense_hand_pose.kinematics.anatomy import read_arrays
from dense_hand_pose.kinematics.fitted_hand import build_hand, RIGHT
from dense_hand_pose.skeleton import FINGER_COLOURS, HAND_21
import numpy as np

_AXES = (('x', '#c0392b'), ('y', '#27ae60'), ('z', '#2c5fd0'))
_VIEW = {'elev': 58.0, 'azim': -82.0}


def main() -> int:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--out', type=Path, default=Path('docs/images/hand_axes.png'))
    args = parser.parse_args()
    import matplotlib as mpl

    mpl.use('Agg')
    import matplotlib.pyplot as plt

    angles = np.radians([-12.0, 12, 5, 10, 10] + [12.0, 3, 18, 8] * 4)
    # Fingers away from the eye (+y of the picture), back of the hand up.
    turn = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    hand = build_hand(RIGHT, turn, np.zeros(3), angles, read_arrays()['shape_m'])
    figure = plt.figure(figsize=(6.4, 6.4), dpi=110)
    axes = figure.add_subplot(projection='3d')
    for parent, child in HAND_21.bones:
        colour = np.array(FINGER_COLOURS[HAND_21.fingers[child]]) / 255.0
        axes.plot(*hand.joints[[parent, child]].T, color=colour, linewidth=4, alpha=0.6)
    frames = [(hand.palm[:3, :3], hand.palm_position, 0.045, 'palm')]
    for name in ('wrist', 'index_proximal', 'index_tip', 'thumb_metacarpal'):
        joint = HAND_21.index(name)
        frames.append((_matrix(hand.joint_quaternions[joint]), hand.joints[joint], 0.022, name))
    for matrix, place, length, name in frames:
        for column, (letter, colour) in enumerate(_AXES):
            tip = place + length * matrix[:, column]
            axes.plot(*np.stack([place, tip]).T, color=colour, linewidth=2)
            if name == 'palm':
                axes.text(*tip, letter, color=colour, fontsize=12, weight='bold')
        axes.text(*(place + np.array([0.004, 0.004, -0.012])), name, fontsize=8)
    low, high = hand.joints.min(axis=0), hand.joints.max(axis=0)
    axes.set_box_aspect((high - low + 0.03).tolist(), zoom=1.25)
    axes.view_init(**_VIEW)
    axes.set_axis_off()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(args.out, bbox_inches='tight')
    return 0


def _matrix(quaternion: np.ndarray) -> np.ndarray:
    """Return the rotation of a quaternion x y z w."""
    x, y, z, w = quaternion
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    out: np.ndarray = np.eye(3) + 2.0 * w * skew + 2.0 * skew @ skew
    return out


if __name__ == '__main__':
    sys.exit(main())
