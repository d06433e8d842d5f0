# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
From a bag of a depth camera to the joint angles of a robot hand, by dex-retargeting.

In an environment of its own: pip install dex-retargeting torch, and this package. The robots'
URDF files are those of https://github.com/dexsuite/dex-urdf (folder robots/hands).

    python -m dense_hand_pose record-sample --out sample
    python examples/retarget_hand.py --bag sample --side right --robot allegro \
        --urdf-dir dex-urdf/robots/hands --out allegro.csv

Writes a row for each frame with a hand: the stamp, then the angle of each robot joint in radians.
Frames without a hand have no row: a controller holds, then stops (docs/hand_fit.md).
"""

import argparse
from collections.abc import Iterator
import csv
from pathlib import Path
import sys
import time
from typing import Any

from dense_hand_pose.estimator import HandPoseEstimator
from dense_hand_pose.kinematics.fitted_hand import FittedHand
from dense_hand_pose.kinematics.hand_fitter import FitConfig
from dense_hand_pose.kinematics.pose_filter import PoseFilterConfig
from dense_hand_pose.live.bag_source import BagSource
from dense_hand_pose.live.source import track_hands
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Rows: the axes of MANO's hand in (proximal, dorsal of a right hand, towards the index finger),
# as OPERATOR2MANO of dex-retargeting has them.
_TO_MANO = {
    'right': np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    'left': np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
}


def mano_joints_m(hand: FittedHand) -> Floats:
    """
    Return the joints (21, 3) about the wrist in MANO's axes, which dex-retargeting expects.

    The palm of a fitted hand has a frame of its own: nothing is estimated from the joints again.
    """
    little_side = np.array([1.0, -1.0, 1.0]) if hand.side == 'left' else np.ones(3)
    # Of a left hand `turn` is that of its mirror image.
    mirror = np.array([-1.0, 1.0, 1.0]) if hand.side == 'left' else np.ones(3)
    palm = mirror[:, None] * hand.turn * little_side
    proximal, dorsal = palm[:, 0], palm[:, 2]
    index = np.cross(proximal, dorsal)
    if hand.side == 'left':
        index, dorsal = -index, -dorsal
    frame = np.stack([proximal, dorsal, index], axis=1)
    out: Floats = (hand.joints - hand.joints[0]) @ frame @ _TO_MANO[hand.side]
    return out


def hands(bag: Path, side: str) -> Iterator[tuple[float, FittedHand]]:
    """Yield stamps and hands of a side, smoothed."""
    from dense_hand_pose.estimator import EstimatorConfig

    config = EstimatorConfig(fit=FitConfig(smoothing=PoseFilterConfig()))
    estimator = HandPoseEstimator.load(config=config)
    for frame, found in track_hands(BagSource(bag), estimator):
        for pose in found:
            if pose.fit is not None and pose.fit.side == side:
                yield frame.stamp_s, pose.fit


def load_retargeting(robot: str, side: str, urdf_dir: Path) -> Any:
    """Return dex-retargeting's vector retargeting for a robot hand."""
    from dex_retargeting.constants import (
        get_default_config_path,
        HandType,
        RetargetingType,
        RobotName,
    )
    from dex_retargeting.retargeting_config import RetargetingConfig

    RetargetingConfig.set_default_urdf_dir(str(urdf_dir))
    path = get_default_config_path(RobotName[robot], RetargetingType.vector, HandType[side])
    return RetargetingConfig.load_from_file(path).build()


def retarget(retargeting: Any, joints_m: Floats) -> Floats:
    """Return the robot's joint angles for joints (21, 3) in MANO's axes."""
    origin, task = np.asarray(retargeting.optimizer.target_link_human_indices)
    angles: Floats = retargeting.retarget(joints_m[task] - joints_m[origin])
    return angles


def main() -> int:
    """Write the angles and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--bag', type=Path, required=True)
    parser.add_argument('--side', choices=('right', 'left'), default='right')
    parser.add_argument('--robot', default='allegro', help='allegro, leap, inspire, shadow, ...')
    parser.add_argument('--urdf-dir', type=Path, required=True)
    parser.add_argument('--out', type=Path, required=True, metavar='CSV')
    args = parser.parse_args()
    retargeting = load_retargeting(args.robot, args.side, args.urdf_dir)
    taken_s, rows = [], []
    for stamp_s, hand in hands(args.bag, args.side):
        begin = time.perf_counter()
        angles = retarget(retargeting, mano_joints_m(hand))
        taken_s.append(time.perf_counter() - begin)
        rows.append([f'{stamp_s:.6f}', *(f'{angle:.5f}' for angle in angles)])
    if not rows:
        print(f'{args.bag} shows no {args.side} hand', file=sys.stderr)
        return 1
    with args.out.open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(['stamp_s', *retargeting.joint_names])
        writer.writerows(rows)
    values = np.array(rows, dtype=np.float64)[:, 1:]
    median_ms = 1000.0 * float(np.median(taken_s))
    print(f'{args.out}: {len(rows)} frames, retargeting {median_ms:.1f} ms a frame (median)')
    for name, column in zip(retargeting.joint_names, values.T, strict=True):
        print(f'  {name:24s} {column.min():6.2f} to {column.max():6.2f} rad')
    return 0


if __name__ == '__main__':
    sys.exit(main())
