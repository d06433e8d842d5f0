# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A HandPose as ROS messages: poses, points, names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dense_hand_pose.skeleton import HAND_21
from geometry_msgs.msg import Point, Pose, PoseArray, Quaternion
import numpy as np
from sensor_msgs.msg import PointCloud2, PointField
from sensor_msgs_py import point_cloud2
from std_msgs.msg import Header, String
import yaml

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose

CLOUD_FIELDS = [
    *(
        PointField(name=name, offset=4 * index, datatype=PointField.FLOAT32, count=1)
        for index, name in enumerate(('x', 'y', 'z', 'confidence', 'spread'))
    ),
    PointField(name='joint_id', offset=20, datatype=PointField.UINT8, count=1),
    PointField(name='hand_id', offset=21, datatype=PointField.UINT8, count=1),
]
_CLOUD_DTYPE = point_cloud2.dtype_from_fields(CLOUD_FIELDS)

# The wrist has no parent: its bone is the one towards the middle finger's knuckle.
_FROM = np.array([0 if parent < 0 else parent for parent in HAND_21.parents])
_TO = np.arange(len(HAND_21.joints))
_TO[HAND_21.joints.index('wrist')] = HAND_21.joints.index('middle_proximal')


def bone_quaternions(joints_m: np.ndarray) -> np.ndarray:
    """
    Return the orientations (21, 4), x y z w, of joints (21, 3).

    The x axis of each points along the bone from the parent to the joint (the wrist's towards
    middle_proximal) by the shortest turn from the frame's own x axis; the roll about the bone
    means nothing. A bone without length has the identity.
    """
    bones = (joints_m[_TO] - joints_m[_FROM]).astype(np.float64)
    lengths = np.linalg.norm(bones, axis=1, keepdims=True)
    x, y, z = (bones / np.maximum(lengths, 1e-12)).T
    # (1 + x . d, x cross d): twice the half-turn's quaternion, up to its length.
    turns = np.stack([np.zeros_like(x), -z, y, 1.0 + x], axis=1)
    norms = np.linalg.norm(turns, axis=1, keepdims=True)
    quaternions = turns / np.maximum(norms, 1e-12)
    quaternions[norms[:, 0] < 1e-6] = (0.0, 0.0, 1.0, 0.0)  # opposite to x: half a turn about z
    quaternions[lengths[:, 0] < 1e-6] = (0.0, 0.0, 0.0, 1.0)
    return quaternions


def pose_array(header: Header, joints_m: np.ndarray | None) -> PoseArray:
    """Return joints (21, 3) as poses; no poses for None, where no hand was found."""
    message = PoseArray(header=header)
    if joints_m is not None:
        positions = joints_m.astype(np.float64).tolist()
        turns = bone_quaternions(joints_m).tolist()
        message.poses = [
            Pose(
                position=Point(x=x, y=y, z=z),
                orientation=Quaternion(x=qx, y=qy, z=qz, w=qw),
            )
            for (x, y, z), (qx, qy, qz, qw) in zip(positions, turns, strict=True)
        ]
    return message


def joints_cloud(header: Header, pose: HandPose | None, hand_id: int = 0) -> PointCloud2:
    """Return the joints as points with confidence and spread; none where no hand was found."""
    points = np.zeros(0 if pose is None else len(pose.joints), dtype=_CLOUD_DTYPE)
    if pose is not None:
        points['x'], points['y'], points['z'] = pose.joints.T
        points['confidence'] = pose.confidence
        points['spread'] = pose.spread
        points['joint_id'] = np.arange(len(points))
        points['hand_id'] = hand_id
    cloud = point_cloud2.create_cloud(header, CLOUD_FIELDS, points)
    cloud.is_dense = True  # no NaN or Inf, ever
    return cloud


def joint_names(names: Sequence[str]) -> String:
    """Return the names as a YAML list in one line: a bag stores topics, not parameters."""
    text = yaml.safe_dump(list(names), default_flow_style=True, width=float('inf'))
    return String(data=text.strip())
