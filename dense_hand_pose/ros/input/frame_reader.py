# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Inputs as arrays: depth with its unit, intrinsics, and the hand centre of roi.mode topic."""

import math

from dense_hand_pose.camera.camera_info import intrinsics_of, is_rectified, stamp_ns
from dense_hand_pose.camera.compressed_depth import depth_from_compressed
from dense_hand_pose.camera.depth_image import depth_from_image, is_valid
from dense_hand_pose.camera.distortion import Distortion
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.safe_output import quoted
from geometry_msgs.msg import PointStamped
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from .synchronizer import Frame
from ..logs import LimitedLog

_NEAREST_M, _FARTHEST_M = 0.02, 50.0
"""Depth that lies wholly nearer or farther is in another unit than its encoding means."""


def read_depth(image: Image | CompressedImage) -> tuple[np.ndarray, float]:
    """
    Return the raw depth (H, W), uint16 or float32, and the metres that one unit means.

    Raises InputError for an encoding without depth, for step, size and data that disagree, and
    for a CompressedImage that is not of compressedDepth.
    """
    if isinstance(image, CompressedImage):
        return depth_from_compressed(image)
    return depth_from_image(image)


class FrameReader:
    """Read the frames of one topic; log what looks wrong about them, once."""

    def __init__(self, topic: str, image_kind: str, log: LimitedLog) -> None:
        self.rectified = is_rectified(topic, image_kind)
        self._topic = topic
        self._log = log
        self._lens: Distortion | None = None

    def read(self, frame: Frame) -> tuple[np.ndarray, float, Intrinsics]:
        """Return raw depth (H, W), metres a unit, and intrinsics; raises InputError."""
        depth, unit_m = read_depth(frame.image)
        height, width = depth.shape
        intrinsics = intrinsics_of(frame.info, width, height, self.rectified)
        self._check_frames(frame)
        self._check_unit(depth, unit_m)
        lens = intrinsics.distortion
        if lens is not None and lens != self._lens:
            self._lens = lens
            self._log(
                'warn',
                'lens',
                f'{self._topic}: taken for a raw image whose lens bends it ({lens.model} '
                f'{lens.coefficients}).',
                'Crops are read through the lens, which costs a little time. Subscribe to a '
                'rectified image if there is one; if this one is rectified already, set '
                'camera.image_kind to rectified.',
            )
        return depth, unit_m, intrinsics

    def _check_frames(self, frame: Frame) -> None:
        """Log an image and a camera_info of different cameras."""
        image, info = frame.image.header.frame_id, frame.info.header.frame_id
        if image != info:
            self._log.once(
                'warn',
                'frames',
                f'{self._topic}: the image is in frame {quoted(image)}, its camera_info in '
                f'{quoted(info)}.',
                'If camera_info is that of another camera, joints are wrong by the ratio of the '
                'focal lengths: remap camera_info to the topic beside the image.',
            )

    def _check_unit(self, depth: np.ndarray, unit_m: float) -> None:
        """Log depth that cannot be in the unit of its encoding."""
        sample = depth[::8, ::8]
        valid = sample[is_valid(sample)]
        if not valid.size:
            return
        near_m, far_m = (float(end) * unit_m for end in (valid.min(), valid.max()))
        if near_m > _FARTHEST_M or far_m < _NEAREST_M:
            self._log.once(
                'warn',
                'unit',
                f'{self._topic}: depth lies between {near_m:.3g} and {far_m:.3g} m.',
                'Check its unit: 16UC1 and mono16 are millimetres, 32FC1 metres (REP 118).',
            )

    def __str__(self) -> str:
        """Return how images are read, in a word or two."""
        if self.rectified:
            return 'rectified'
        return 'raw' if self._lens is None else f'raw, {self._lens.model} undone'


class HandCenter:
    """
    Keep the newest point; one thread takes points in, another asks.

    The point must be in the image's frame: nothing is transformed here.
    """

    def __init__(self, max_age_s: float) -> None:
        self.max_age_s = max_age_s
        self._newest: PointStamped | None = None

    def take(self, message: PointStamped) -> None:
        """Take a point."""
        self._newest = message

    def forget(self) -> None:
        """Have no point."""
        self._newest = None

    def at(self, image: Image | CompressedImage) -> tuple[np.ndarray | None, str]:
        """Return the centre (3,) in metres for an image, or None and the reason."""
        point = self._newest
        if point is None:
            return None, 'no hand centre was received'
        frame = point.header.frame_id
        if frame != image.header.frame_id:
            return (
                None,
                f'the hand centre is in frame {frame!r}, the image in {image.header.frame_id!r}',
            )
        apart_s = abs(stamp_ns(image) - stamp_ns(point)) / 1e9
        if apart_s > self.max_age_s:
            return None, f'the stamps of hand centre and image lie {apart_s:.3f} s apart'
        center = np.array([point.point.x, point.point.y, point.point.z])
        if not all(math.isfinite(value) for value in center) or center[2] <= 0.0:
            return None, f'the hand centre {center.tolist()} is not in front of the camera'
        return center, ''
