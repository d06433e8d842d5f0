# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A frame for each joint on /tf; the type of the topic is in no wheel, so it is optional."""

from __future__ import annotations

from typing import Any

from dense_hand_pose.skeleton import HAND_21
from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
import numpy as np
from std_msgs.msg import Header

from .messages import bone_quaternions


class MissingPackageError(RuntimeError):
    """A ROS package that a parameter asks for is not installed; the message says which."""


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


def joint_transforms(header: Header, joints_m: np.ndarray, prefix: str) -> list[TransformStamped]:
    """Return the frames `prefix` + joint name of joints (21, 3) below the image's frame."""
    places = joints_m.astype(np.float64).tolist()
    turns = bone_quaternions(joints_m).tolist()
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
