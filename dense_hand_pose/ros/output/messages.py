# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The result of one image, and hands as ROS messages: poses, points, names, transforms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from dense_hand_pose.camera.camera_info import stamp_ns
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.skeleton import bone_quaternions, HAND_21, JOINT_POINT
from dense_hand_pose.tracking.handedness import SIDES
from geometry_msgs.msg import (
    Point,
    Pose,
    PoseArray,
    Quaternion,
    Transform,
    TransformStamped,
    Vector3,
)
import numpy as np
from sensor_msgs.msg import PointCloud2, PointField
from sensor_msgs_py import point_cloud2
from std_msgs.msg import Header, String
import yaml

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose


@dataclass(frozen=True)
class FrameResult:
    """
    The hands in an image, in the order of their hand_id, and the image itself.

    depth: (H, W) in units of unit_m metres; the header is the image's, unchanged.
    """

    header: Header
    hands: Sequence[HandPose]
    depth: np.ndarray
    unit_m: float
    intrinsics: Intrinsics

    @property
    def time_s(self) -> float:
        """Return the stamp in seconds."""
        return 1e-9 * stamp_ns(self)


_DATATYPES = {'f': PointField.FLOAT32, 'u': PointField.UINT8}


def point_fields(layout: np.dtype) -> list[PointField]:
    """Return the fields of a cloud whose points have a layout of float32 and uint8."""
    return [
        PointField(name=name, offset=offset, datatype=_DATATYPES[kind.kind], count=1)
        for name, (kind, offset) in layout.fields.items()
    ]


CLOUD_FIELDS = point_fields(JOINT_POINT)


def pose_array(
    header: Header, joints_m: np.ndarray | None, turns: np.ndarray | None = None
) -> PoseArray:
    """
    Return joints (21, 3) as poses; no poses for None, where no hand was found.

    turns (21, 4): their orientations; without them those of bone_quaternions().
    """
    message = PoseArray(header=header)
    if joints_m is not None:
        positions = joints_m.astype(np.float64).tolist()
        turns = (bone_quaternions(joints_m) if turns is None else turns).tolist()
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
    points = np.zeros((len(hands), len(HAND_21)), dtype=JOINT_POINT)
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


class MissingPackageError(RuntimeError):
    """A ROS package that a parameter asks for is not installed; the message names it."""


def tf_message_type() -> Any:
    """Return tf2_msgs/TFMessage; MissingPackageError where tf2_msgs is not installed."""
    try:
        from tf2_msgs.msg import TFMessage
    except ImportError as error:
        raise MissingPackageError(
            f'publish.tf needs the package tf2_msgs ({error}): install ros-<distro>-tf2-msgs '
            '(it is not on PyPI), or set publish.tf to false'
        ) from error
    return TFMessage


def joint_transforms(
    header: Header, joints_m: np.ndarray, prefix: str, turns: np.ndarray | None = None
) -> list[TransformStamped]:
    """
    Return the frames `prefix` + joint name of joints (21, 3) below the image's frame.

    turns (21, 4): their orientations; without them those of bone_quaternions().
    """
    places = joints_m.astype(np.float64).tolist()
    turns = (bone_quaternions(joints_m) if turns is None else turns).tolist()
    return [
        TransformStamped(
            header=header,
            child_frame_id=prefix + name,
            transform=Transform(
                translation=Vector3(x=x, y=y, z=z), rotation=Quaternion(x=qx, y=qy, z=qz, w=qw)
            ),
        )
        for name, (x, y, z), (qx, qy, qz, qw) in zip(HAND_21.joints, places, turns, strict=True)
    ]
