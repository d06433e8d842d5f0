# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Hands as dense_hand_pose_msgs/HandArray, where that package is installed (~/hands)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, TYPE_CHECKING

from dense_hand_pose.skeleton import bone_quaternions
from dense_hand_pose.tracking.handedness import SIDES
from geometry_msgs.msg import Point, Pose, Quaternion
import numpy as np
from std_msgs.msg import Header

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose

PACKAGE = 'dense_hand_pose_msgs'


def hand_types() -> Any:
    """Return the module with Hand and HandArray; None where the package is not installed."""
    try:
        types = import_module(f'{PACKAGE}.msg')
    except ImportError:
        return None
    # The folder of the package's sources imports, too, where it is on the path: it has no types.
    return types if hasattr(types, 'HandArray') else None


def hand_array(types: Any, header: Header, hands: Sequence[HandPose]) -> Any:
    """Return the hands of one image as HandArray; types: hand_types()."""
    return types.HandArray(header=header, hands=[_hand(types, header, pose) for pose in hands])


def _hand(types: Any, header: Header, pose: HandPose) -> Any:
    fit = pose.fit
    turns = bone_quaternions(pose.joints) if fit is None else fit.joint_quaternions
    palm, angles, lengths = Pose(), np.zeros(21), np.zeros(20)
    if fit is not None:
        palm = _pose(fit.palm_position, fit.palm_quaternion)
        angles, lengths = fit.angles, fit.bone_lengths_m
    return types.Hand(
        header=header,
        id=pose.hand_id,
        side=SIDES.index(pose.side),
        side_score=float(pose.side_score),
        score=float(pose.score),
        joints=[_pose(*pair) for pair in zip(pose.joints, turns, strict=True)],
        confidence=pose.confidence.astype(np.float32),
        spread=pose.spread.astype(np.float32),
        fitted=fit is not None,
        held=fit is not None and fit.held,
        palm=palm,
        angles=angles.astype(np.float32),
        bone_lengths=lengths.astype(np.float32),
    )


def _pose(position: np.ndarray, quaternion: np.ndarray) -> Pose:
    (px, py, pz), (x, y, z, w) = position.tolist(), quaternion.tolist()
    return Pose(position=Point(x=px, y=py, z=pz), orientation=Quaternion(x=x, y=y, z=z, w=w))
