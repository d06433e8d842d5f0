# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures for debugging: depth with crops and skeletons, and the votes as a cloud."""

from __future__ import annotations

from collections.abc import Sequence
import time
from typing import TYPE_CHECKING

from cv_bridge import CvBridge
from dense_hand_pose.camera.crop import CropWindow
from dense_hand_pose.camera.depth_image import to_metres
import numpy as np
from sensor_msgs.msg import Image, PointCloud2
from sensor_msgs_py import point_cloud2
from std_msgs.msg import Header

from .messages import FrameResult, point_fields

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose

_VOTE = np.dtype(
    [(name, '<f4') for name in ('x', 'y', 'z', 'weight')]
    + [(name, 'u1') for name in ('joint_id', 'candidate', 'hand_id')]
)
VOTE_FIELDS = point_fields(_VOTE)
_BRIDGE = CvBridge()


def debug_image(answer: FrameResult) -> Image:
    """Return the depth in colour (bgr8) with crop box, skeleton and numbers."""
    from dense_hand_pose import visualization  # brings Pillow

    depth_m = to_metres(answer.depth, answer.unit_m)
    near_m, far_m = visualization.depth_range_m(depth_m[::4, ::4])
    picture = visualization.depth_to_bgr(depth_m, near_m, far_m)
    for pose in answer.hands:
        x, y, z = (float(value) for value in pose.center)
        window = CropWindow((x, y, z), pose.cube_size_m, answer.intrinsics)
        picture = visualization.draw_crop_box(picture, window)
        picture = visualization.draw_pose(picture, pose.joints, answer.intrinsics, pose.confidence)
    for line, text in enumerate(_lines(answer, near_m, far_m)):
        picture = visualization.draw_text(picture, text, (8, 20 + 18 * line))
    return _BRIDGE.cv2_to_imgmsg(picture, encoding='bgr8', header=answer.header)


def _lines(answer: FrameResult, near_m: float, far_m: float) -> list[str]:
    """Return the numbers to write into the picture."""
    age_ms = (time.time() - answer.time_s) * 1e3
    lines = [f'depth {near_m:.2f} to {far_m:.2f} m']
    if 0.0 <= age_ms < 1e4:  # else the stamps are those of a bag
        lines[0] += f', {age_ms:.0f} ms old'
    if not answer.hands:
        return [*lines, 'no hand']
    for pose in answer.hands:
        at = f'{pose.confidence.mean():.2f} at {pose.joints[:, 2].mean():.3f} m'
        lines.append(f'hand {pose.hand_id}: {at}, score {pose.score:.2f}, {pose.side}')
    stages = [f'{stage} {ms:.1f}' for stage, ms in answer.hands[0].stages_ms.items()]
    return [*lines, f'{", ".join(stages)} ms'] if stages else lines


def votes_cloud(header: Header, hands: Sequence[HandPose]) -> PointCloud2:
    """Return the candidates (21 * K a hand) of the joints with their weights."""
    parts = [_votes(pose) for pose in hands]
    points = np.concatenate(parts) if parts else np.zeros(0, dtype=_VOTE)
    cloud = point_cloud2.create_cloud(header, VOTE_FIELDS, points)
    cloud.is_dense = True  # no NaN or Inf, ever
    return cloud


def _votes(pose: HandPose) -> np.ndarray:
    """Return the candidates of one hand."""
    joints, candidates = pose.vote_weights.shape
    points = np.zeros(joints * candidates, dtype=_VOTE)
    points['x'], points['y'], points['z'] = pose.votes.reshape(-1, 3).T
    points['weight'] = pose.vote_weights.reshape(-1)
    points['joint_id'] = np.repeat(np.arange(joints), candidates)
    points['candidate'] = np.tile(np.arange(candidates), joints)
    points['hand_id'] = pose.hand_id
    return points
