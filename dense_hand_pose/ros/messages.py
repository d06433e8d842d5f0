# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Hands as ROS messages: poses, points, names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dense_hand_pose.skeleton import bone_quaternions, HAND_21
from dense_hand_pose.tracking.handedness import SIDES
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
    PointField(name='side', offset=22, datatype=PointField.UINT8, count=1),
    PointField(name='score', offset=24, datatype=PointField.FLOAT32, count=1),
    PointField(name='side_score', offset=28, datatype=PointField.FLOAT32, count=1),
]
_CLOUD_DTYPE = point_cloud2.dtype_from_fields(CLOUD_FIELDS)


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


def joints_cloud(header: Header, hands: Sequence[HandPose]) -> PointCloud2:
    """
    Return the joints of all hands as points, 21 a hand; none where no hand was found.

    Beside confidence and spread each point bears what its hand has: hand_id, score, side (0
    unknown, 1 left, 2 right) and side_score.
    """
    points = np.zeros((len(hands), len(HAND_21)), dtype=_CLOUD_DTYPE)
    for row, pose in zip(points, hands, strict=True):
        row['x'], row['y'], row['z'] = pose.joints.T
        row['confidence'] = pose.confidence
        row['spread'] = pose.spread
        row['joint_id'] = np.arange(len(row))
        row['hand_id'] = pose.hand_id
        row['side'] = SIDES.index(pose.side)
        row['score'] = pose.score
        row['side_score'] = pose.side_score
    cloud = point_cloud2.create_cloud(header, CLOUD_FIELDS, points.reshape(-1))
    cloud.is_dense = True  # no NaN or Inf, ever
    return cloud


def joint_names(names: Sequence[str]) -> String:
    """Return the names as a YAML list in one line: a bag stores topics, not parameters."""
    text = yaml.safe_dump(list(names), default_flow_style=True, width=float('inf'))
    return String(data=text.strip())
