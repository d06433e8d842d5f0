# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Which topics of a bag are the depth camera and the ground truth.

Images are told apart by the encoding of their first message, not by their names: drivers call a
colour image image_raw and a depth image /stereo/image_raw. Names only rank what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import re
from typing import Any, Final

from dense_hand_pose.camera.camera_info import intrinsics_of
from dense_hand_pose.camera.compressed_depth import is_compressed_depth
from dense_hand_pose.camera.depth_image import DEPTH_UNIT_M
from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.safe_output import printable

from .raw import decode, TopicInfo
from .reader import BagError, BagFile

IMAGE: Final = 'sensor_msgs/msg/Image'
COMPRESSED: Final = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO: Final = 'sensor_msgs/msg/CameraInfo'
POSES: Final = 'geometry_msgs/msg/PoseArray'
CLOUD: Final = 'sensor_msgs/msg/PointCloud2'
UNIT_TYPES: Final = ('std_msgs/msg/Float32', 'std_msgs/msg/String')
TRUTH_TOPIC: Final = '/ground_truth/joints'
_IMAGES: Final = (IMAGE, COMPRESSED)
_TRANSPORTS: Final = ('/compressedDepth', '/compressed')
_LIBREALSENSE: Final = re.compile(r'(/device_\d+/sensor_\d+)/Depth_\d+/image/data')
_OTHER_IMAGES: Final = re.compile(r'confidence|infra|amplitude|disparity|(^|/|_)ir(_|/|$)')
_MADE_OF_DEPTH: Final = re.compile(r'aligned|registered|_to_')
_MOST_FIRST_MESSAGES: Final = 3000
"""Images that are read to find the first one of each topic."""


@dataclass(frozen=True, kw_only=True)
class StreamTopics:
    """The topics of a recorded stream; ``node`` is the node's name in its diagnostics."""

    depth: str = '/image_rect'
    camera_info: str = '/camera_info'
    truth: str = '/ground_truth/joints'
    joints: str = '/hand_pose/joints'
    diagnostics: str = '/diagnostics'
    node: str = '/hand_pose'


@dataclass(frozen=True, kw_only=True)
class BagTopics:
    """
    The topics of a depth camera in a bag; ``truth`` and ``camera_info`` may be missing.

    ``unit``: where librealsense tells the length of a unit. ``notes``: what was chosen, and why.
    """

    depth: str
    camera_info: str | None
    truth: str | None = None
    depth_type: str = IMAGE
    unit: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def image(self) -> str:
        """Return the name of the depth image without its transport."""
        return base_name(self.depth)

    @property
    def by_librealsense(self) -> bool:
        """Return whether RealSense's own recorder wrote it: depth as the camera rectified it."""
        return _LIBREALSENSE.fullmatch(self.image) is not None


@dataclass(frozen=True, kw_only=True)
class ResultTopics:
    """The topics of the node's answers in a bag; the cloud with the certainty may be missing."""

    joints: str
    cloud: str | None


@dataclass(frozen=True, kw_only=True)
class TopicOverrides:
    """What the user named; the rest is found."""

    depth: str | None = None
    camera_info: str | None = None
    truth: str | None = None
    results: str | None = None


def base_name(topic: str) -> str:
    """Return the name of an image topic without that of its transport."""
    for transport in _TRANSPORTS:
        topic = topic.removesuffix(transport)
    return topic


def camera_topics(bag: BagFile, wishes: TopicOverrides, calibrated: bool = True) -> BagTopics:
    """
    Return the topics of the camera; without ``calibrated`` a missing camera_info is no error.

    Raises BagError for a topic that is not there or of another type, and where several are as
    likely; the message lists what there is and names the option.
    """
    notes: list[str] = []
    images = _of_type(bag, *_IMAGES)
    first = _first_messages(bag, images)
    depth = _depth(bag, wishes.depth, images, first, notes)
    info = _camera_info(bag, wishes.camera_info, depth.name, first.get(depth.name), calibrated)
    truth = wishes.truth
    if truth is not None:
        _check(bag, truth, (POSES,), '--truth-topic')
    elif any(topic.name == TRUTH_TOPIC for topic in _of_type(bag, POSES)):
        truth = TRUTH_TOPIC
    return BagTopics(
        depth=depth.name,
        depth_type=depth.type_name,
        camera_info=info,
        truth=truth,
        unit=_unit(bag, depth.name),
        notes=tuple(notes),
    )


def result_topics(bag: BagFile, wishes: TopicOverrides) -> ResultTopics:
    """Return the topics of the answers; raises BagError as `camera_topics` does."""
    joints = wishes.results
    if joints is None:
        unlikely = (TRUTH_TOPIC, wishes.truth)
        found = [t for t in _of_type(bag, POSES) if t.name not in unlikely]
        named = [t for t in found if t.name.endswith('/joints')]
        joints = _only(bag, named or found, POSES, '--results-topic')
    _check(bag, joints, (POSES,), '--results-topic')
    cloud = f'{joints}_cloud'
    known = any(topic.name == cloud for topic in _of_type(bag, CLOUD))
    return ResultTopics(joints=joints, cloud=cloud if known else None)


def _first_messages(bag: BagFile, topics: Sequence[TopicInfo]) -> dict[str, Any]:
    """Return the first readable message of each topic, deserialized."""
    types = {topic.name: topic.type_name for topic in topics}
    first: dict[str, Any] = {}
    for count, raw in enumerate(bag.messages(types)):
        if raw.topic not in first:
            try:
                first[raw.topic] = decode(raw, types[raw.topic])
            except InputError:
                continue
        if len(first) == len(types) or count == _MOST_FIRST_MESSAGES:
            break
    return first


def _depth(
    bag: BagFile,
    wish: str | None,
    images: Sequence[TopicInfo],
    first: dict[str, Any],
    notes: list[str],
) -> TopicInfo:
    """Return the depth topic: the likeliest of those whose first message holds depth."""
    if wish is not None:
        return _check(bag, wish, _IMAGES, '--depth-topic')
    found = [t for t in images if t.name in first and _holds_depth(first[t.name])]
    raw = {topic.name for topic in found if topic.type_name == IMAGE}
    found = [t for t in found if t.type_name == IMAGE or base_name(t.name) not in raw]
    if not found:
        raise BagError(f'{printable(bag.path)} holds no depth image{_others(images, first)}')
    ranks = {topic: _rank(topic.name, first[topic.name]) for topic in found}
    best = [topic for topic in found if ranks[topic] == min(ranks.values())]
    chosen = _only(bag, best, 'depth images', '--depth-topic')
    others = [printable(topic.name) for topic in found if topic.name != chosen]
    if others:
        notes.append(f'depth is that of {chosen}, not of {", ".join(others)} (--depth-topic)')
    return next(topic for topic in found if topic.name == chosen)


def _holds_depth(message: Any) -> bool:
    """Return whether an image is one of depth by its encoding."""
    if hasattr(message, 'format'):
        return is_compressed_depth(str(message.format))
    return str(message.encoding) in DEPTH_UNIT_M


def _rank(name: str, message: Any) -> tuple[bool, ...]:
    """Return how unlikely a topic is the depth of a camera: infrared images are mono16, too."""
    encoding = str(getattr(message, 'encoding', '16UC1'))
    return (
        _OTHER_IMAGES.search(name.lower()) is not None,
        encoding == 'mono16',
        'depth' not in base_name(name).lower(),
        _MADE_OF_DEPTH.search(name) is not None,
    )


def _others(images: Sequence[TopicInfo], first: dict[str, Any]) -> str:
    """Return the images of a bag with their encodings."""
    said = [f'{printable(t.name)} ({printable(_encoding(first.get(t.name)), 40)})' for t in images]
    expected = f'expected {", ".join(DEPTH_UNIT_M)} or compressedDepth of these'
    return f': its images are {", ".join(said)}; {expected}' if said else f'; {expected}'


def _encoding(message: Any) -> str:
    """Return how an image is encoded."""
    return str(getattr(message, 'format', getattr(message, 'encoding', 'unreadable')))


def _camera_info(
    bag: BagFile, wish: str | None, depth: str, image: Any, needed: bool
) -> str | None:
    """Return the camera_info topic: the nearest beside the image, else the only one that fits."""
    if wish is not None:
        return _check(bag, wish, (CAMERA_INFO,), '--camera-info-topic').name
    infos = _of_type(bag, CAMERA_INFO)
    names = {topic.name for topic in infos}
    folder = base_name(depth)
    while folder:
        folder = folder.rpartition('/')[0]
        for beside in (f'{folder}/camera_info', f'{folder}/info/camera_info'):
            if beside in names:
                return beside
    if not infos and not needed:
        return None
    if len(infos) > 1 and image is not None:
        first = _first_messages(bag, infos)
        infos = [t for t in infos if _fits(first.get(t.name), image)] or infos
    return _only(bag, infos, CAMERA_INFO, '--camera-info-topic')


def _fits(info: Any, image: Any) -> bool:
    """Return whether a camera_info is of the image's frame and, as far as known, of its size."""
    if info is None or info.header.frame_id != image.header.frame_id:
        return False
    if not hasattr(image, 'width'):
        return True
    try:
        intrinsics_of(info, int(image.width), int(image.height))
    except InputError:
        return False
    return True


def _unit(bag: BagFile, depth: str) -> str | None:
    """Return the topic on which librealsense tells the length of a unit."""
    match = _LIBREALSENSE.fullmatch(base_name(depth))
    if match is None:
        return None
    name = f'{match[1]}/option/Depth_Units/value'
    return next((t.name for t in _of_type(bag, *UNIT_TYPES) if t.name == name), None)


def _of_type(bag: BagFile, *type_names: str) -> list[TopicInfo]:
    """Return the topics of some types that hold messages."""
    return [topic for topic in bag.topics if topic.type_name in type_names and topic.count]


def _only(bag: BagFile, found: Sequence[TopicInfo], what: str, option: str) -> str:
    """Return the name of the only topic, or raise BagError."""
    if len(found) == 1:
        return found[0].name
    if found:
        names = ', '.join(printable(topic.name) for topic in found)
        raise BagError(
            f'{printable(bag.path)} has {len(found)} topics of {what} ({names}): '
            f'choose with {option}'
        )
    raise BagError(f'{printable(bag.path)} has no messages of {what}; it holds {_listing(bag)}')


def _check(bag: BagFile, name: str, type_names: Sequence[str], option: str) -> TopicInfo:
    """Return the topic of a name; BagError unless it is there, of one of the types."""
    topic = next((topic for topic in bag.topics if topic.name == name), None)
    if topic is None:
        raise BagError(f'{option} {printable(name)}: {printable(bag.path)} holds {_listing(bag)}')
    if topic.type_name not in type_names:
        raise BagError(
            f'{option} {printable(name)} is of {printable(topic.type_name)}: '
            f'expected {" or ".join(type_names)}'
        )
    return topic


def _listing(bag: BagFile) -> str:
    """Return all topics with their types."""
    listed = (f'{printable(t.name)} ({printable(t.type_name)})' for t in bag.topics)
    return printable(', '.join(listed), 2000)
