# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Where somebody else says that the hand is: ~/hand_center, for roi.mode topic."""

import math

from geometry_msgs.msg import PointStamped
import numpy as np
from std_msgs.msg import Header


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

    def at(self, image: Header) -> tuple[np.ndarray | None, str]:
        """Return the centre (3,) in metres for an image, or None and why there is none."""
        point = self._newest
        if point is None:
            return None, 'no hand centre was received'
        frame = point.header.frame_id
        if frame != image.frame_id:
            return None, f'the hand centre is in frame {frame!r}, the image in {image.frame_id!r}'
        apart_s = abs(_seconds(image) - _seconds(point.header))
        if apart_s > self.max_age_s:
            return None, f'the stamps of hand centre and image lie {apart_s:.3f} s apart'
        center = np.array([point.point.x, point.point.y, point.point.z])
        if not all(math.isfinite(value) for value in center) or center[2] <= 0.0:
            return None, f'the hand centre {center.tolist()} is not in front of the camera'
        return center, ''


def _seconds(header: Header) -> float:
    return header.stamp.sec + 1e-9 * header.stamp.nanosec
