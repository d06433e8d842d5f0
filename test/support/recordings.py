# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Serialized messages for tests, made with rosbags alone."""

from typing import Any

from dense_hand_pose.bags.raw import RawMessage
import numpy as np
from rosbags.typesys import get_typestore, Stores

STORE = get_typestore(Stores.ROS2_JAZZY)
MS = 1_000_000


def _make(type_name: str, *values: Any) -> Any:
    """Return a message of a type, its fields in order."""
    return STORE.types[type_name](*values)


def header(stamp_ns: int) -> Any:
    """Return a header with a stamp."""
    time = _make('builtin_interfaces/msg/Time', stamp_ns // 10**9, stamp_ns % 10**9)
    return _make('std_msgs/msg/Header', time, 'camera')


def raw(topic: str, type_name: str, received_ns: int, message: Any) -> RawMessage:
    """Return a serialized message."""
    return RawMessage(topic, received_ns, bytes(STORE.serialize_cdr(message, type_name)))


def depth(topic: str, stamp_ns: int, received_ns: int, image: np.ndarray) -> RawMessage:
    """Return a depth image, uint16 millimetres (H, W)."""
    height, width = image.shape
    data = image.astype('<u2').view(np.uint8).ravel()
    values = (header(stamp_ns), height, width, '16UC1', 0, 2 * width, data)
    name = 'sensor_msgs/msg/Image'
    return raw(topic, name, received_ns, _make(name, *values))


def poses(topic: str, stamp_ns: int, received_ns: int, joints_m: np.ndarray) -> RawMessage:
    """Return joints (N, 3) as a PoseArray; N = 0 means no hand."""
    turn = _make('geometry_msgs/msg/Quaternion', 0.0, 0.0, 0.0, 1.0)
    entries = [
        _make('geometry_msgs/msg/Pose', _make('geometry_msgs/msg/Point', *map(float, xyz)), turn)
        for xyz in joints_m
    ]
    name = 'geometry_msgs/msg/PoseArray'
    return raw(topic, name, received_ns, _make(name, header(stamp_ns), entries))


def diagnostics(topic: str, received_ns: int, node: str, books: dict[str, int]) -> RawMessage:
    """Return the account of a node."""
    pairs = [_make('diagnostic_msgs/msg/KeyValue', key, str(n)) for key, n in books.items()]
    status = _make('diagnostic_msgs/msg/DiagnosticStatus', 0, node, 'working', '', pairs)
    name = 'diagnostic_msgs/msg/DiagnosticArray'
    return raw(topic, name, received_ns, _make(name, header(received_ns), [status]))
