# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A HandPose as ROS messages: poses, points, names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dense_hand_pose.bones import bone_quaternions
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
