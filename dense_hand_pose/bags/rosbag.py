# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Bags (rosbag2, mcap) without ROS: serialized messages to a bag, and a bag back to messages.

The types are those of ROS 2 Jazzy; the messages used here are the same in Humble and Lyrical.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores

from .raw import decode, RawMessage
from .reader import BagFile

BAG_VERSION: Final = 8
"""Of metadata.yaml: Jazzy writes 9, whose QoS profiles Humble's player cannot read."""
STORAGES: Final = {'mcap': StoragePlugin.MCAP, 'sqlite3': StoragePlugin.SQLITE3}
_FOREVER = QosTime(9223372036, 854775807)


@dataclass(frozen=True, kw_only=True)
class BagTopic:
    """
    A topic to record and to write to a bag.

    ``latched`` topics are sent again to those who come later; ``reliable`` says what a recorder
    asks of the publisher (best effort takes every publisher).
    """

    name: str
    type_name: str
    latched: bool = False
    reliable: bool = True


@dataclass(frozen=True)
class BagMessage:
    """A message of a bag, deserialized; ``message`` has the fields of its ROS type."""

    topic: str
    received_ns: int
    message: Any


def write_bag(
    folder: Path,
    topics: Sequence[BagTopic],
    messages: Iterable[RawMessage],
    storage: str = 'mcap',
) -> int:
    """
    Write messages to a new bag and return how many; the chunks of mcap are compressed (zstd).

    Raises FileExistsError when ``folder`` exists, KeyError for a topic that is not in ``topics``
    and ValueError for a storage that is not in STORAGES.
    """
    if storage not in STORAGES:
        raise ValueError(f'storage {storage!r}: expected {" or ".join(STORAGES)}')
    if folder.exists():
        raise FileExistsError(f'{folder} exists: remove it or name another folder')
    typestore = get_typestore(Stores.ROS2_JAZZY)
    writer = Writer(folder, version=BAG_VERSION, storage_plugin=STORAGES[storage])
    if storage == 'mcap':
        writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    count = 0
    with writer:
        connections = {
            topic.name: writer.add_connection(
                topic.name,
                topic.type_name,
                typestore=typestore,
                offered_qos_profiles=[_qos(topic.latched)],
            )
            for topic in topics
        }
        for message in messages:
            writer.write(connections[message.topic], message.received_ns, message.data)
            count += 1
    return count


def read_bag(folder: Path, topics: Collection[str] | None = None) -> Iterator[BagMessage]:
    """
    Yield the messages of a bag in the order of writing, those of ``topics`` only if given.

    Raises FileNotFoundError for a missing folder, BagError for what is no bag and InputError for
    a message that is none.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f'{folder}: no such bag (a folder with metadata.yaml)')
    bag = BagFile(folder)
    types = {topic.name: topic.type_name for topic in bag.topics}
    for raw in bag.messages(types if topics is None else topics):
        yield BagMessage(raw.topic, raw.received_ns, decode(raw, types[raw.topic]))


def _qos(latched: bool) -> Qos:
    """Return the QoS that a player offers for a topic."""
    return Qos(
        history=QosHistory.KEEP_LAST,
        depth=1 if latched else 10,
        reliability=QosReliability.RELIABLE,
        durability=QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        deadline=_FOREVER,
        lifespan=_FOREVER,
        liveliness=QosLiveliness.AUTOMATIC,
        liveliness_lease_duration=_FOREVER,
        avoid_ros_namespace_conventions=False,
    )
