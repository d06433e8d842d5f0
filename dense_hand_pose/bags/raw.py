# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A message as a bag holds it: serialized as CDR, whatever the file has it in; and its content."""

from dataclasses import dataclass
from typing import Any, Final

from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.safe_output import quoted
from rosbags.typesys import get_typestore, Stores

from .compression import DecompressionError, LARGEST_BLOCK_BYTES, unpacked, ZSTD_MAGIC

_STORE: Final = get_typestore(Stores.ROS2_JAZZY)
_ROS1: Final = ('ros1', 'ros1msg')
_MOST_TRAILING_BYTES: Final = 8
"""After a ROS 1 message: librealsense 2.56 leaves four behind an image, and ROS ignores them."""


@dataclass(frozen=True)
class RawMessage:
    """A serialized message (CDR) and when it was received, nanoseconds since 1970."""

    topic: str
    received_ns: int
    data: bytes


@dataclass(frozen=True)
class TopicInfo:
    """A topic of a bag, its ROS type and how many messages it has."""

    name: str
    type_name: str
    count: int


def type_name_of(name: str) -> str:
    """Return the ROS 2 name of a type: ROS 1 has sensor_msgs/Image for sensor_msgs/msg/Image."""
    package, _, rest = name.partition('/')
    return f'{package}/msg/{rest}' if rest and '/' not in rest else name


def cdr_message(
    topic: str, received_ns: int, data: bytes, type_name: str, encoding: str = 'cdr'
) -> RawMessage:
    """
    Return a message as CDR: unpacked where a recorder packed it alone, converted from ROS 1.

    One that cannot be converted has no data, so that it is counted as unreadable.
    """
    if data.startswith(ZSTD_MAGIC):  # CDR begins with a byte 0
        try:
            data = unpacked(data, 'zstd', LARGEST_BLOCK_BYTES)
        except DecompressionError:
            data = b''
    if encoding in _ROS1:
        data = _from_ros1(data, type_name)
    return RawMessage(topic, received_ns, data)


def decode(message: RawMessage, type_name: str) -> Any:
    """Return a message deserialized; InputError for bytes that are none, or have no stamp."""
    try:
        read: Any = _STORE.deserialize_cdr(message.data, type_name)
    except Exception as error:  # generated code: it fails in whatever way the noise asks for
        what = f'its {len(message.data)} bytes are no {quoted(type_name)}'
        raise InputError('unreadable_message', what) from error
    header = getattr(read, 'header', None)
    if header is not None and header.stamp.nanosec >= 1_000_000_000:
        raise InputError('unreadable_message', f'{header.stamp.nanosec} ns make no stamp')
    return read


def _from_ros1(data: bytes, type_name: str) -> bytes:
    """Return a ROS 1 message as CDR, b'' where it is none of that type."""
    for trailing in range(_MOST_TRAILING_BYTES + 1):
        try:
            return bytes(_STORE.ros1_to_cdr(data[: len(data) - trailing], type_name))
        except Exception:  # noqa: S112 (generated code: it fails in any way)
            continue
    return b''
