# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of camera and node, serialized without ROS, field for field as these make them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from dense_hand_pose.camera.camera_info import matrices_of
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.skeleton import bone_quaternions, JOINT_POINT
from dense_hand_pose.tracking.handedness import SIDES, UNKNOWN
import numpy as np
import numpy.typing as npt
from rosbags.typesys import get_typestore, Stores

from .raw import RawMessage

_STORE = get_typestore(Stores.ROS2_JAZZY)
_FLOAT32, _UINT8 = 7, 2
Floats = npt.NDArray[Any]


@dataclass(frozen=True)
class Verdict:
    """What is said of a hand as a whole; as in HandPose, and nothing where a bag holds none."""

    side: str = UNKNOWN
    score: float = 0.0
    side_score: float = 0.0


NO_VERDICT: Final = Verdict()


class CloudError(ValueError):
    """A cloud is none of joints; the message says what it holds."""


class MessageWriter:
    """Make serialized messages of one frame: its stamp, its receipt and its frame_id."""

    def __init__(self, stamp_ns: int, received_ns: int, frame_id: str) -> None:
        time = _make('builtin_interfaces/msg/Time', *divmod(stamp_ns, 1_000_000_000))
        self._header = _make('std_msgs/msg/Header', time, frame_id)
        self._received_ns = received_ns

    def depth(self, topic: str, depth: npt.NDArray[np.uint16]) -> RawMessage:
        """Return a depth image (H, W), millimetres, as 16UC1."""
        height, width = depth.shape
        data = np.ascontiguousarray(depth, dtype='<u2').view(np.uint8).ravel()
        values = (self._header, height, width, '16UC1', 0, 2 * width, data)
        return self._raw(topic, _make('sensor_msgs/msg/Image', *values))

    def camera_info(
        self, topic: str, intrinsics: Intrinsics, width: int, height: int
    ) -> RawMessage:
        """Return the calibration of a rectified image without distortion."""
        matrices = map(np.array, matrices_of(intrinsics))
        roi = _make('sensor_msgs/msg/RegionOfInterest', 0, 0, 0, 0, False)
        values = (self._header, height, width, 'plumb_bob', *matrices, 0, 0, roi)
        return self._raw(topic, _make('sensor_msgs/msg/CameraInfo', *values))

    def poses(self, topic: str, joints_m: Floats | None) -> RawMessage:
        """Return joints (21, 3) as a PoseArray, an empty one for None."""
        poses = []
        if joints_m is not None:
            places = joints_m.astype(np.float64).tolist()
            turns = bone_quaternions(joints_m).tolist()
            for place, turn in zip(places, turns, strict=True):
                point = _make('geometry_msgs/msg/Point', *place)
                quaternion = _make('geometry_msgs/msg/Quaternion', *turn)
                poses.append(_make('geometry_msgs/msg/Pose', point, quaternion))
        return self._raw(topic, _make('geometry_msgs/msg/PoseArray', self._header, poses))

    def cloud(
        self,
        topic: str,
        joints_m: Floats | None,
        confidence: Floats | None,
        spread_m: Floats | None,
        verdict: Verdict = NO_VERDICT,
    ) -> RawMessage:
        """Return joints (21, 3) with confidence and spread (21,) as points, none for None."""
        points = np.zeros(0 if joints_m is None else len(joints_m), JOINT_POINT)
        if joints_m is not None:
            points['x'], points['y'], points['z'] = joints_m.T
            points['confidence'], points['spread'] = confidence, spread_m
            points['joint_id'] = np.arange(len(points))
            points['side'] = SIDES.index(verdict.side)
            points['score'], points['side_score'] = verdict.score, verdict.side_score
        fields = [
            _make('sensor_msgs/msg/PointField', name, offset, _kind(dtype), 1)
            for name, (dtype, offset) in _cloud_fields()
        ]
        size = JOINT_POINT.itemsize
        data = points.view(np.uint8).ravel()
        values = (self._header, 1, len(points), fields, False, size, size * len(points), data)
        return self._raw(topic, _make('sensor_msgs/msg/PointCloud2', *values, True))

    def names(self, topic: str, names: Sequence[str]) -> RawMessage:
        """Return the names of the joints as a YAML list."""
        return self._raw(topic, _make('std_msgs/msg/String', f'[{", ".join(names)}]'))

    def _raw(self, topic: str, message: Any) -> RawMessage:
        """Return a message serialized."""
        data = bytes(_STORE.serialize_cdr(message, message.__msgtype__))
        return RawMessage(topic, self._received_ns, data)


class Certainty(NamedTuple):
    """What a cloud says of a hand: confidence and spread_m (N,) of its joints, and the verdict."""

    confidence: Floats
    spread_m: Floats
    verdict: Verdict


def read_cloud(cloud: Any) -> Certainty:
    """
    Return what a cloud of joints says of hand 0, whose joints have the topic beside it.

    The verdict is NO_VERDICT where a cloud has none. Raises CloudError for another cloud.
    """
    step = int(cloud.point_step)
    if step < 1 or cloud.is_bigendian or len(cloud.data) % step:
        raise _not_of_joints(cloud)
    rows = np.frombuffer(cloud.data, np.uint8).reshape(-1, step)
    hands = _column(cloud, rows, 'hand_id')
    if hands is not None:
        rows = rows[hands == 0]
    confidence, spread, side, score, side_score = (
        _column(cloud, rows, name)
        for name in ('confidence', 'spread', 'side', 'score', 'side_score')
    )
    if confidence is None or spread is None:
        raise _not_of_joints(cloud)
    verdict = NO_VERDICT
    if len(rows) and not (side is None or score is None or side_score is None):
        known = int(side[0]) if side[0] < len(SIDES) else 0
        verdict = Verdict(SIDES[known], float(score[0]), float(side_score[0]))
    return Certainty(confidence, spread, verdict)


def _column(cloud: Any, rows: Floats, name: str) -> Floats | None:
    """Return a field (N,) of the points of a cloud, None where it has none of our type."""
    dtype = JOINT_POINT[name]
    for field in cloud.fields:
        begin, end = int(field.offset), int(field.offset) + dtype.itemsize
        if field.name == name and field.datatype == _kind(dtype) and end <= rows.shape[1]:
            column: Floats = rows[:, begin:end].copy().view(dtype)[:, 0]
            return column
    return None


def _not_of_joints(cloud: Any) -> CloudError:
    """Return what to raise for a cloud of something else."""
    names = ', '.join(str(field.name) for field in cloud.fields)
    return CloudError(f'a cloud of the fields {names} and {cloud.point_step} bytes a point')


def _make(type_name: str, *values: Any) -> Any:
    """Return a message of a type, its fields in order."""
    return _STORE.types[type_name](*values)


def _cloud_fields() -> list[tuple[str, Any]]:
    """Return name, type and offset of each field of a cloud."""
    return list((JOINT_POINT.fields or {}).items())


def _kind(dtype: np.dtype[Any]) -> int:
    """Return the number that PointField has for a type."""
    return _FLOAT32 if dtype.kind == 'f' else _UINT8
