# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Frames to depth and intrinsics, with a log line about a lens that bends."""

from dense_hand_pose.camera.camera_info import is_rectified
from dense_hand_pose.camera.distortion import Distortion
from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np

from .inputs import read_depth, read_intrinsics
from .limited_log import LimitedLog
from .synchronizer import Frame


class FrameReader:
    """Read the frames of one topic; log the lens that is undone."""

    def __init__(self, topic: str, image_kind: str, log: LimitedLog) -> None:
        self.rectified = is_rectified(topic, image_kind)
        self._topic = topic
        self._log = log
        self._lens: Distortion | None = None

    def read(self, frame: Frame) -> tuple[np.ndarray, float, Intrinsics]:
        """Return raw depth (H, W), metres a unit, and intrinsics; raises InputError."""
        depth, unit_m = read_depth(frame.image)
        intrinsics = read_intrinsics(frame.info, frame.image, self.rectified)
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

    def __str__(self) -> str:
        """Return how images are read, in a word or two."""
        if self.rectified:
            return 'rectified'
        return 'raw' if self._lens is None else f'raw, {self._lens.model} undone'
