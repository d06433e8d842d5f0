# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Which topics of a bag are the depth camera and the ground truth, by type where that is clear."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .reader import BagError, BagFile, TopicInfo

IMAGE: Final = 'sensor_msgs/msg/Image'
COMPRESSED: Final = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO: Final = 'sensor_msgs/msg/CameraInfo'
POSES: Final = 'geometry_msgs/msg/PoseArray'
CLOUD: Final = 'sensor_msgs/msg/PointCloud2'
TRUTH_TOPIC: Final = '/ground_truth/joints'


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
    """The topics of a depth camera in a bag; ``truth`` and ``camera_info`` may be missing."""

    depth: str
    camera_info: str | None
    truth: str | None = None


@dataclass(frozen=True, kw_only=True)
class ResultTopics:
    """The topics of the node's answers in a bag; the cloud with the certainty may be missing."""

    joints: str
    cloud: str | None


@dataclass(frozen=True, kw_only=True)
class TopicWishes:
    """What the user named; the rest is found by type."""

    depth: str | None = None
    camera_info: str | None = None
    truth: str | None = None
    results: str | None = None


def camera_topics(bag: BagFile, wishes: TopicWishes, calibrated: bool = True) -> BagTopics:
    """
    Return the topics of the camera; without ``calibrated`` a missing camera_info is no error.

    Raises BagError for a topic that is not there or of another type, and where a type does not
    say which; the message lists what there is and names the option.
    """
    depth = _depth(bag, wishes.depth)
    info = _camera_info(bag, wishes.camera_info, depth, calibrated)
    truth = wishes.truth
    if truth is not None:
        _check(bag, truth, POSES, '--truth-topic')
    elif any(topic.name == TRUTH_TOPIC for topic in _of_type(bag, POSES)):
        truth = TRUTH_TOPIC
    return BagTopics(depth=depth, camera_info=info, truth=truth)


def result_topics(bag: BagFile, wishes: TopicWishes) -> ResultTopics:
    """Return the topics of the answers; raises BagError as `camera_topics` does."""
    joints = wishes.results
    if joints is None:
        unlikely = (TRUTH_TOPIC, wishes.truth)
        found = [t for t in _of_type(bag, POSES) if t.name not in unlikely]
        named = [t for t in found if t.name.endswith('/joints')]
        joints = _only(bag, named or found, POSES, '--results-topic')
    _check(bag, joints, POSES, '--results-topic')
    cloud = f'{joints}_cloud'
    known = any(topic.name == cloud for topic in _of_type(bag, CLOUD))
    return ResultTopics(joints=joints, cloud=cloud if known else None)


def _depth(bag: BagFile, wish: str | None) -> str:
    """Return the depth topic: the only image, or the only one whose name says depth."""
    if wish is not None:
        _check(bag, wish, IMAGE, '--depth-topic')
        return wish
    images = _of_type(bag, IMAGE)
    named = [topic for topic in images if 'depth' in topic.name]
    if not images:
        packed = [t.name for t in _of_type(bag, COMPRESSED) if 'compressedDepth' in t.name]
        if packed:
            remedy = 'republish it raw: ros2 run image_transport republish compressedDepth raw'
            raise BagError(f'{bag.path}: {packed[0]} is compressed; {remedy}')
    return _only(bag, named if len(images) > 1 and named else images, IMAGE, '--depth-topic')


def _camera_info(bag: BagFile, wish: str | None, depth: str, needed: bool) -> str | None:
    """Return the camera_info topic: the one beside the image, else the only one."""
    if wish is not None:
        _check(bag, wish, CAMERA_INFO, '--camera-info-topic')
        return wish
    infos = _of_type(bag, CAMERA_INFO)
    beside = f'{depth.rpartition("/")[0]}/camera_info'
    if any(topic.name == beside for topic in infos):
        return beside
    if not infos and not needed:
        return None
    return _only(bag, infos, CAMERA_INFO, '--camera-info-topic')


def _of_type(bag: BagFile, type_name: str) -> list[TopicInfo]:
    """Return the topics of a type that hold messages."""
    return [topic for topic in bag.topics if topic.type_name == type_name and topic.count]


def _only(bag: BagFile, found: Sequence[TopicInfo], type_name: str, option: str) -> str:
    """Return the name of the only topic, or raise BagError."""
    if len(found) == 1:
        return found[0].name
    if found:
        names = ', '.join(topic.name for topic in found)
        raise BagError(
            f'{bag.path} has {len(found)} topics of {type_name} ({names}): choose with {option}'
        )
    raise BagError(f'{bag.path} has no messages of {type_name}; it holds {_listing(bag)}')


def _check(bag: BagFile, name: str, type_name: str, option: str) -> None:
    """Raise BagError unless the topic is there, of that type."""
    types = {topic.name: topic.type_name for topic in bag.topics}
    if name not in types:
        raise BagError(f'{option} {name}: {bag.path} holds {_listing(bag)}')
    if types[name] != type_name:
        raise BagError(f'{option} {name} is of {types[name]}: expected {type_name}')


def _listing(bag: BagFile) -> str:
    """Return all topics with their types."""
    return ', '.join(f'{topic.name} ({topic.type_name})' for topic in bag.topics)
