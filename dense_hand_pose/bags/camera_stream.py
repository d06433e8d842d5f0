# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What belongs to the depth images of a bag: camera_info, the unit of depth, the ground truth."""

from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import dataclass, field
import math
from typing import Any, Final

from dense_hand_pose.camera.camera_info import stamp_ns
from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.safe_output import printable
import numpy as np
import numpy.typing as npt

from .raw import decode, RawMessage
from .reader import BagError, BagFile
from .topics import BagTopics

JOINTS: Final = 21
_FARTHEST_M: Final = 100.0
"""From the camera; what is beyond is no place of a hand, but noise or another unit."""
_SMALLEST_UNIT_M, _LARGEST_UNIT_M = 1e-6, 0.1
_IMAGES_PER_INFO: Final = 10
"""Images for each camera_info; with more, camera_info comes once and not with each image."""

Joints = npt.NDArray[np.float64]
GroundTruth = dict[int, Joints | None]
"""By stamp: joints (21, 3) in metres, None where there is no hand."""


@dataclass
class CameraStream:
    """
    The small messages of a depth camera.

    ``infos``: camera_info by stamp; ``received``: by receipt. ``once``: the one that is used for
    every image, where it does not come with each. ``unit_m``: metres of a unit of integer depth,
    None for that of the encoding. ``notes``: what is unusual, for the user.
    """

    infos: dict[int, Any] = field(default_factory=dict)
    received: list[tuple[int, Any]] = field(default_factory=list)
    truth: GroundTruth = field(default_factory=dict)
    once: Any = None
    unit_m: float | None = None
    unreadable: int = 0
    notes: list[str] = field(default_factory=list)

    def info_of(self, sync: str, stamp: int, received_ns: int) -> Any:
        """Return the camera_info that goes with an image, None if there is none."""
        if sync == 'exact':
            return self.infos.get(stamp, self.once)
        place = bisect_right(self.received, received_ns, key=lambda entry: entry[0])
        return self.received[place - 1][1] if place else self.once


def read_camera_stream(bag: BagFile, topics: BagTopics) -> CameraStream:
    """Read camera_info, unit and ground truth; BagError for a truth of other joints."""
    stream = CameraStream(notes=list(topics.notes))
    wanted = {n for n in (topics.camera_info, topics.truth, topics.unit) if n is not None}
    types = {topic.name: topic.type_name for topic in bag.topics}
    for raw in bag.messages(wanted):
        try:
            message = decode(raw, types[raw.topic])
            if raw.topic == topics.camera_info:
                stream.infos[stamp_ns(message)] = message
                stream.received.append((raw.received_ns, message))
            elif raw.topic == topics.truth:
                stream.truth[stamp_ns(message)] = joints_of(message, raw.topic)
            else:
                stream.unit_m = _unit_m(message, raw)
        except InputError:
            stream.unreadable += 1
    stream.received.sort(key=lambda entry: entry[0])
    if stream.unit_m is not None:
        stream.notes.append(f'one unit of depth is {1000.0 * stream.unit_m:g} mm: {topics.unit}')
    _find_once(stream, next(t.count for t in bag.topics if t.name == topics.depth))
    return stream


def joints_of(poses: Any, topic: str) -> Joints | None:
    """Return the positions (21, 3) of a PoseArray, None of an empty one; BagError for others."""
    if not len(poses.poses):
        return None
    places = (pose.position for pose in poses.poses)
    joints = np.array([(p.x, p.y, p.z) for p in places], dtype=np.float64)
    said = ''
    if len(joints) != JOINTS:
        said = f'{len(joints)} poses'
    elif not np.isfinite(joints).all():
        said = 'positions that are NaN or Inf'
    elif np.abs(joints).max() > _FARTHEST_M:
        said = f'positions up to {np.abs(joints).max():g} m'
    if said:
        raise BagError(
            f'{printable(topic)} has a message of {said}: expected {JOINTS} joints in metres'
        )
    return joints


def _unit_m(message: Any, raw: RawMessage) -> float:
    """Return the metres of a unit that librealsense wrote; InputError for other text."""
    try:
        unit_m = float(message.data)
    except ValueError:
        unit_m = math.nan
    if not _SMALLEST_UNIT_M <= unit_m <= _LARGEST_UNIT_M:
        raise InputError('unreadable_message', f'{printable(raw.topic)} holds no length')
    return float(f'{unit_m:.6g}')  # 9.999999747378752e-05 is 0.0001 in float32


def _find_once(stream: CameraStream, images: int) -> None:
    """Choose the camera_info of every image where there is only one calibration, and rarely."""
    count = len(stream.received)
    rarely = count * _IMAGES_PER_INFO <= images or count == 1 < images
    if not count or not rarely:
        return
    if len({_calibration(info) for _, info in stream.received}) > 1:
        return
    stream.once = stream.received[0][1]
    stream.notes.append(
        f'camera_info came {"once" if count == 1 else f"{count} times"} and is used for all '
        f'{images} images (the node needs sync.mode latest_info for that)'
    )


def _calibration(info: Any) -> Hashable:
    """Return what a camera_info says besides its stamp."""
    roi = info.roi
    numbers = [tuple(float(v) for v in values) for values in (info.d, info.k, info.r, info.p)]
    window = (roi.x_offset, roi.y_offset, roi.width, roi.height)
    size = (info.width, info.height, info.binning_x, info.binning_y)
    return (str(info.distortion_model), *numbers, *window, *size)
