# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A small bag of a synthetic hand before a depth camera, with ground truth: no camera needed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.synthesis.hand_stream import GestureSequence, Side, SyntheticFrame

from .messages import MessageWriter
from .raw import RawMessage
from .rosbag import BagTopic, write_bag
from .topics import CAMERA_INFO, IMAGE, POSES, StreamTopics

START_NS: Final = 1_767_225_600_000_000_000
"""Stamp of the first frame: 2026-01-01 00:00 UTC, so that two runs write the same bytes."""
_TRANSPORT_NS: Final = 2_000_000
_FRAME_ID: Final = 'camera_depth_optical_frame'
_FOCAL_LENGTHS: Final = 0.742
"""Focal length in image widths, as the synthetic camera has by default."""
_TOPICS = StreamTopics()
SAMPLE_TOPICS: Final = (
    BagTopic(name=_TOPICS.depth, type_name=IMAGE),
    BagTopic(name=_TOPICS.camera_info, type_name=CAMERA_INFO),
    BagTopic(name=_TOPICS.truth, type_name=POSES),
)

Progress = Callable[[Iterable[int]], Iterable[int]]


@dataclass(frozen=True, kw_only=True)
class SampleOptions:
    """What the sample shows; rate_hz frames a second of width x height pixels."""

    seconds: float = 3.0
    rate_hz: float = 30.0
    width: int = 640
    height: int = 480
    seed: int = 0
    side: Side = 'right'

    @property
    def frames(self) -> int:
        """Return how many frames it has, at least one."""
        return max(1, round(self.seconds * self.rate_hz))


def write_sample(
    folder: Path, options: SampleOptions, storage: str = 'mcap', progress: Progress = iter
) -> int:
    """
    Write the bag and return how many messages it holds; the same options give the same bytes.

    Raises FileExistsError when ``folder`` exists and ValueError for a storage that does not.
    """
    return write_bag(folder, SAMPLE_TOPICS, sample_messages(options, progress), storage)


def sample_messages(options: SampleOptions, progress: Progress = iter) -> Iterator[RawMessage]:
    """Yield camera_info, depth and truth of each frame."""
    width, height = options.width, options.height
    focal_px = _FOCAL_LENGTHS * width
    intrinsics = Intrinsics(focal_px, focal_px, 0.5 * (width - 1), 0.5 * (height - 1))
    sequence = GestureSequence(options.seed, options.side, intrinsics, width, height)
    for index in progress(range(options.frames)):
        t_s = index / options.rate_hz
        yield from _messages(sequence.frame(t_s), START_NS + round(t_s * 1e9))


def _messages(frame: SyntheticFrame, stamp_ns: int) -> Iterator[RawMessage]:
    """Yield the messages of a frame, as if received a little after its stamp."""
    make = MessageWriter(stamp_ns, stamp_ns + _TRANSPORT_NS, _FRAME_ID)
    height, width = frame.depth_mm.shape
    yield make.camera_info(_TOPICS.camera_info, frame.intrinsics, width, height)
    yield make.depth(_TOPICS.depth, frame.depth_mm)
    yield make.poses(_TOPICS.truth, frame.joints_m)
