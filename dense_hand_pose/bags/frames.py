# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The depth frames of a bag with their camera_info, by header.stamp.

An image that cannot be used is given with the cause that the node would count it under.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
import math
from typing import Any, Final

from dense_hand_pose.camera.camera_info import IMAGE_KINDS, intrinsics_of, is_rectified, stamp_ns
from dense_hand_pose.camera.compressed_depth import depth_from_compressed
from dense_hand_pose.camera.depth_image import depth_from_image, DepthImage
from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.camera.intrinsics import Intrinsics

from .camera_stream import CameraStream
from .raw import decode, RawMessage
from .reader import BagFile
from .topics import BagTopics

SYNC_MODES: Final = ('exact', 'latest_info')
_RESTART_NS: Final = 1_000_000_000
"""Stamps that fall back by more mean that the source started again, as in the node."""
_STAMPLESS: Final = 'the images have no stamps (0): those of receipt stand for them'


@dataclass(frozen=True, kw_only=True)
class FrameOptions:
    """
    Which frames are used, and how.

    start_s <= t <= end_s: seconds after the first depth frame's stamp; a bag that loops goes back
    before it. sync 'exact': camera_info of the same stamp; 'latest_info': the newest that was
    received before. image_kind: as `camera_info.is_rectified`. depth_unit_mm: length of a unit of
    depth, None for what the bag says. Raises ValueError for other words and lengths.
    """

    start_s: float = -math.inf
    end_s: float = math.inf
    sync: str = 'exact'
    image_kind: str = 'auto'
    depth_unit_mm: float | None = None

    def __post_init__(self) -> None:
        """Check the words and the length."""
        for name, words in (('sync', SYNC_MODES), ('image_kind', IMAGE_KINDS)):
            if getattr(self, name) not in words:
                raise ValueError(f'{name} = {getattr(self, name)!r}: expected {", ".join(words)}')
        unit = self.depth_unit_mm
        if unit is not None and not 0.0 < unit < math.inf:
            raise ValueError(f'depth_unit_mm = {unit}: expected a positive length')

    def holds(self, seconds: float) -> bool:
        """Return whether a time lies in the span."""
        return self.start_s <= seconds <= self.end_s


@dataclass(frozen=True)
class BagFrame:
    """
    A depth image with its camera_info (deserialized), or the cause why it cannot be used.

    ``rectified``: P describes it, else K and the lens. ``unit_m``: metres of a unit, None for that
    of the encoding. ``reason``: the cause in words. ``restarts``: the stamps fell back, as in a
    bag that loops, and no track goes on.
    """

    stamp_ns: int
    received_ns: int
    frame_id: str = ''
    image: Any = None
    info: Any = None
    rectified: bool = True
    unit_m: float | None = None
    cause: str = ''
    reason: str = ''
    restarts: bool = False

    def read(self) -> tuple[DepthImage, float, Intrinsics]:
        """Return raw depth (H, W), metres of a unit and intrinsics; raises InputError."""
        packed = hasattr(self.image, 'format')
        depth, unit_m = (depth_from_compressed if packed else depth_from_image)(self.image)
        height, width = depth.shape
        intrinsics = intrinsics_of(self.info, width, height, self.rectified)
        return depth, unit_m if self.unit_m is None else self.unit_m, intrinsics


def bag_frames(
    bag: BagFile, topics: BagTopics, stream: CameraStream, options: FrameOptions | None = None
) -> Iterator[BagFrame]:
    """Yield the depth frames within the span, in the order of the bag."""
    options = options or FrameOptions()
    by_recorder = topics.by_librealsense and options.image_kind == 'auto'
    rectified = by_recorder or is_rectified(topics.image, options.image_kind)
    images = _images(bag, topics)
    begin = list(islice(images, 2))
    stampless = bool(begin) and all(f.image is not None and not f.stamp_ns for f in begin)
    if stampless and _STAMPLESS not in stream.notes:
        stream.notes.append(_STAMPLESS)
    first: int | None = None
    last: int | None = None
    for frame in chain(begin, images):
        if frame.image is None:
            yield frame if last is None else replace(frame, stamp_ns=last)
            continue
        stamp = frame.received_ns if stampless else frame.stamp_ns
        first = stamp if first is None else first
        if not options.holds((stamp - first) / 1e9):
            continue
        unit_m = _unit_m(frame.image, stream, options)
        frame = replace(frame, stamp_ns=stamp, rectified=rectified, unit_m=unit_m)
        if last is not None and stamp <= last:
            restarts = last - stamp > _RESTART_NS
            yield _not_rising(frame, last, restarts)
            last = stamp if restarts else last
            continue
        last = stamp
        sync = 'latest_info' if stampless else options.sync
        info = stream.info_of(sync, stamp, frame.received_ns)
        cause = '' if info is not None else 'no_camera_info'
        reason = '' if info is not None else 'there is no camera_info of its stamp'
        if cause and sync != 'exact':
            reason = 'no camera_info was received before it'
        yield replace(frame, info=info, cause=cause, reason=reason)


def _images(bag: BagFile, topics: BagTopics) -> Iterator[BagFrame]:
    """Yield the images of a bag with their stamps; what cannot be read has no image."""
    for raw in bag.messages([topics.depth]):
        try:
            yield _frame(raw, decode(raw, topics.depth_type))
        except InputError as error:
            received = raw.received_ns
            yield BagFrame(received, received, cause=error.cause, reason=str(error))


def _frame(raw: RawMessage, image: Any) -> BagFrame:
    """Return a message as a frame."""
    return BagFrame(stamp_ns(image), raw.received_ns, str(image.header.frame_id), image)


def _not_rising(frame: BagFrame, last: int, restarts: bool) -> BagFrame:
    """Return a frame whose stamp is not after the last one."""
    if frame.stamp_ns == last:
        return replace(frame, cause='repeated_stamp', reason='its stamp is that of the one before')
    reason = f'its stamp is {(last - frame.stamp_ns) / 1e9:.3f} s before that of an earlier one'
    return replace(frame, cause='time_backwards', reason=reason, restarts=restarts)


def _unit_m(image: Any, stream: CameraStream, options: FrameOptions) -> float | None:
    """Return the metres of a unit where they are not those of the encoding."""
    if options.depth_unit_mm is not None:
        return options.depth_unit_mm / 1000.0
    encoding = str(getattr(image, 'encoding', getattr(image, 'format', '')))
    return None if encoding.startswith('32FC1') else stream.unit_m
