# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The depth frames of a bag with their camera_info and ground truth, by header.stamp.

An image that cannot be used is given with the cause that the node would count it under.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
import math
from typing import Any, Final

from dense_hand_pose.camera.camera_info import IMAGE_KINDS, is_rectified
from dense_hand_pose.camera.input_error import InputError
import numpy as np
import numpy.typing as npt
from rosbags.typesys import get_typestore, Stores

from .reader import BagError, BagFile
from .rosbag import RawMessage, stamp_ns
from .topics import BagTopics, CAMERA_INFO, IMAGE, POSES

SYNC_MODES: Final = ('exact', 'latest_info')
JOINTS: Final = 21
_FARTHEST_M: Final = 100.0
"""From the camera; what is beyond is no place of a hand, but noise or another unit."""
_RESTART_NS: Final = 1_000_000_000
"""Stamps that fall back by more mean that the source began anew, as in the node (ros/pairing)."""

Joints = npt.NDArray[np.float64]
Truth = dict[int, Joints | None]
"""By stamp: joints (21, 3) in metres, None where there is no hand."""


@dataclass(frozen=True, kw_only=True)
class FrameOptions:
    """
    Which frames are used, and how.

    start_s <= t <= end_s: seconds after the first depth frame's stamp; a bag that loops goes back
    before it. sync 'exact': camera_info
    of the same stamp; 'latest_info': the newest that was received before. image_kind: as
    `calibration.is_rectified`. Raises ValueError for other words.
    """

    start_s: float = -math.inf
    end_s: float = math.inf
    sync: str = 'exact'
    image_kind: str = 'auto'

    def __post_init__(self) -> None:
        """Check the words."""
        for name, words in (('sync', SYNC_MODES), ('image_kind', IMAGE_KINDS)):
            if getattr(self, name) not in words:
                raise ValueError(f'{name} = {getattr(self, name)!r}: expected {", ".join(words)}')

    def holds(self, seconds: float) -> bool:
        """Return whether a time lies in the span."""
        return self.start_s <= seconds <= self.end_s


@dataclass(frozen=True)
class BagFrame:
    """
    A depth image with its camera_info (deserialized), or the cause why it cannot be used.

    ``rectified``: P describes it, else K and the lens.
    ``restarts``: the stamps fell back, as a bag that loops does, and no track goes on.
    """

    stamp_ns: int
    received_ns: int
    frame_id: str = ''
    image: Any = None
    info: Any = None
    rectified: bool = True
    cause: str = ''
    restarts: bool = False


@dataclass
class Sidecar:
    """What belongs to the frames of a bag: camera_info by stamp and by receipt, the truth."""

    infos: dict[int, Any] = field(default_factory=dict)
    received: list[tuple[int, Any]] = field(default_factory=list)
    truth: Truth = field(default_factory=dict)
    unreadable: int = 0


_STORE = get_typestore(Stores.ROS2_JAZZY)


def decode(message: RawMessage, type_name: str) -> Any:
    """Return a message deserialized; InputError for bytes that are none, or have no stamp."""
    try:
        read: Any = _STORE.deserialize_cdr(message.data, type_name)
    except Exception as error:  # generated code: it fails in whatever way the noise asks for
        raise InputError('unreadable_message', f'{type(error).__name__}: {error}') from error
    header = getattr(read, 'header', None)
    if header is not None and header.stamp.nanosec >= 1_000_000_000:
        raise InputError('unreadable_message', f'{header.stamp.nanosec} ns make no stamp')
    return read


def read_sidecar(bag: BagFile, topics: BagTopics) -> Sidecar:
    """Read camera_info and ground truth; BagError for a truth of other joints."""
    sidecar = Sidecar()
    wanted = {name for name in (topics.camera_info, topics.truth) if name is not None}
    for raw in bag.messages(wanted):
        is_info = raw.topic == topics.camera_info
        try:
            message = decode(raw, CAMERA_INFO if is_info else POSES)
        except InputError:
            sidecar.unreadable += 1
            continue
        if is_info:
            sidecar.infos[stamp_ns(message)] = message
            sidecar.received.append((raw.received_ns, message))
        else:
            sidecar.truth[stamp_ns(message)] = joints_of(message, raw.topic)
    sidecar.received.sort(key=lambda entry: entry[0])
    return sidecar


def joints_of(poses: Any, topic: str) -> Joints | None:
    """Return the positions (21, 3) of a PoseArray, None of an empty one; BagError for others."""
    if not len(poses.poses):
        return None
    points = [pose.position for pose in poses.poses]
    joints = np.array([[p.x, p.y, p.z] for p in points], dtype=np.float64)
    said = ''
    if len(joints) != JOINTS:
        said = f'{len(joints)} poses'
    elif not np.isfinite(joints).all():
        said = 'positions that are NaN or Inf'
    elif np.abs(joints).max() > _FARTHEST_M:
        said = f'positions up to {np.abs(joints).max():g} m'
    if said:
        raise BagError(f'{topic} has a message of {said}: expected {JOINTS} joints in metres')
    return joints


def bag_frames(
    bag: BagFile, topics: BagTopics, sidecar: Sidecar, options: FrameOptions | None = None
) -> Iterator[BagFrame]:
    """Yield the depth frames within the span, in the order of the bag."""
    options = options or FrameOptions()
    rectified = is_rectified(topics.depth, options.image_kind)
    first: int | None = None
    last: int | None = None
    for raw in bag.messages([topics.depth]):
        try:
            image = decode(raw, IMAGE)
        except InputError as error:
            yield BagFrame(last or raw.received_ns, raw.received_ns, cause=error.cause)
            continue
        stamp = stamp_ns(image)
        first = stamp if first is None else first
        if not options.holds((stamp - first) / 1e9):
            continue
        frame = BagFrame(stamp, raw.received_ns, str(image.header.frame_id), image)
        if last is not None and stamp <= last:
            cause = 'repeated_stamp' if stamp == last else 'time_backwards'
            restarts = last - stamp > _RESTART_NS
            last = stamp if restarts else last
            yield replace(frame, cause=cause, restarts=restarts)
            continue
        last = stamp
        info = _partner(sidecar, options.sync, stamp, raw.received_ns)
        cause = '' if info is not None else 'no_camera_info'
        yield replace(frame, info=info, rectified=rectified, cause=cause)


def _partner(sidecar: Sidecar, sync: str, stamp: int, received_ns: int) -> Any:
    """Return the camera_info that goes with an image, None if there is none."""
    if sync == 'exact':
        return sidecar.infos.get(stamp)
    place = bisect_right(sidecar.received, received_ns, key=lambda entry: entry[0])
    return sidecar.received[place - 1][1] if place else None
