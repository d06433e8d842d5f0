# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
One synthetic hand recorded in the layouts of drivers and recorders, with rosbags and SQLite alone.

The names and types are those of the drivers; those of librealsense were compared with files that
pyrealsense2 2.59 (.db3) and 2.56 (.bag) wrote. `PYTHONPATH=.:test python
test/bags/measure_layouts.py` prints the table of docs/evaluation.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
import sqlite3
from typing import Any, Final

from dense_hand_pose.bags.raw import RawMessage
from dense_hand_pose.bags.rosbag import BagTopic, write_bag
import numpy as np
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores

from support import recordings
from support.depth_codecs import compressed_depth
from support.recordings import STORE

try:
    from compression import zstd
except ImportError:  # before Python 3.14
    from backports import zstd

IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
INFO, POSES = 'sensor_msgs/msg/CameraInfo', 'geometry_msgs/msg/PoseArray'
TEXT, FLOAT = 'std_msgs/msg/String', 'std_msgs/msg/Float32'
TRUTH: Final = '/ground_truth/joints'
START_NS: Final = 1_767_225_600_000_000_000
RATE_HZ: Final = 30.0
REALSENSE: Final = '/device_0/sensor_0'


@dataclass(frozen=True)
class Shot:
    """A frame of the hand: depth (H, W) uint16 mm, joints (21, 3) m, fx, fy, cx, cy."""

    depth_mm: np.ndarray
    joints_m: np.ndarray
    lens: tuple[float, float, float, float]
    stamp_ns: int

    @property
    def received_ns(self) -> int:
        """Return when its messages were received."""
        return self.stamp_ns + 2_000_000


@dataclass(frozen=True)
class Entry:
    """A message with its type."""

    type_name: str
    raw: RawMessage


def sample_shots(count: int, width: int = 640, height: int = 480) -> list[Shot]:
    """Return the first frames of the sample bag."""
    from dense_hand_pose.camera.intrinsics import Intrinsics
    from dense_hand_pose.synthesis.hand_stream import GestureSequence

    focal = 0.742 * width
    lens = Intrinsics(focal, focal, 0.5 * (width - 1), 0.5 * (height - 1))
    stream = GestureSequence(0, 'right', lens, width, height)
    shots = []
    for place in range(count):
        frame = stream.frame(place / RATE_HZ)
        stamp = START_NS + round(place * 1e9 / RATE_HZ)
        numbers = (focal, focal, lens.cx, lens.cy)
        shots.append(Shot(frame.depth_mm, frame.joints_m, numbers, stamp))
    return shots


def entry(topic: str, type_name: str, shot: Shot, *values: Any, stamped: bool = True) -> Entry:
    """Return a message of a frame; its header comes first where it has one."""
    fields = (recordings.header(shot.stamp_ns), *values) if stamped else values
    message = STORE.types[type_name](*fields)
    return Entry(type_name, recordings.raw(topic, type_name, shot.received_ns, message))


def image(topic: str, shot: Shot, pixels: np.ndarray, encoding: str) -> Entry:
    """Return an Image of pixels (H, W) or (H, W, C)."""
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels).view(np.uint8).ravel()
    return entry(topic, IMAGE, shot, height, width, encoding, 0, data.size // height, data)


def depth(topic: str, shot: Shot, encoding: str = '16UC1') -> Entry:
    """Return the depth image, raw."""
    metres = encoding == '32FC1'
    pixels = (shot.depth_mm / np.float32(1000.0)).astype('<f4') if metres else shot.depth_mm
    return image(topic, shot, pixels, encoding)


def colour(topic: str, shot: Shot) -> Entry:
    """Return a colour image of the same size."""
    grey = (shot.depth_mm // 8).astype(np.uint8)
    return image(topic, shot, np.stack([grey] * 3, axis=-1), 'rgb8')


def packed(
    topic: str, shot: Shot, codec: str = 'png', metres: bool = False, text: str | None = None
) -> Entry:
    """Return the depth image as compressedDepth."""
    pixels = shot.depth_mm / np.float32(1000.0) if metres else shot.depth_mm
    made = compressed_depth(pixels.astype(np.float32) if metres else pixels, codec, text)
    return entry(topic, COMPRESSED, shot, made.format, made.data)


def camera_info(topic: str, shot: Shot, scale: float = 1.0, model: str = 'plumb_bob') -> Entry:
    """Return the camera_info of an image that is `scale` times as large."""
    fx, fy, cx, cy = (scale * value for value in shot.lens)
    height, width = (int(scale * side) for side in shot.depth_mm.shape)
    k = np.array([fx, 0, cx, 0, fy, cy, 0, 0, 1], float)
    p = np.array([fx, 0, cx, 0, 0, fy, cy, 0, 0, 0, 1, 0], float)
    roi = STORE.types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False)
    turn, bent = np.eye(3).ravel(), np.zeros(5)
    if model != 'plumb_bob':  # librealsense fills neither R nor P
        turn, p = np.zeros(9), np.zeros(12)
    values = (height, width, model, bent, k, turn, p, 0, 0, roi)
    return entry(topic, INFO, shot, *values)


def truth(shot: Shot) -> Entry:
    """Return the joints."""
    raw = recordings.poses(TRUTH, shot.stamp_ns, shot.received_ns, shot.joints_m)
    return Entry(POSES, raw)


def camera(folder: str, shot: Shot, *images: Entry) -> list[Entry]:
    """Return images with their camera_info and the truth."""
    return [camera_info(f'{folder}/camera_info', shot), *images, truth(shot)]


def plain(shot: Shot) -> list[Entry]:
    """Return what record-sample writes."""
    return camera('', shot, depth('/image_rect', shot))


def oak(shot: Shot) -> list[Entry]:
    """Return what depthai-ros publishes: neither topic says which is depth."""
    rgb = [colour('/oak/rgb/image_raw', shot), camera_info('/oak/rgb/camera_info', shot, 2.0)]
    return [*rgb, *camera('/oak/stereo', shot, depth('/oak/stereo/image_raw', shot))]


def realsense(shot: Shot) -> list[Entry]:
    """Return what realsense2_camera publishes with align_depth."""
    aligned = '/camera/camera/aligned_depth_to_color'
    more = [depth(f'{aligned}/image_raw', shot), camera_info(f'{aligned}/camera_info', shot)]
    folder = '/camera/camera/depth'
    return [*more, *camera(folder, shot, depth(f'{folder}/image_rect_raw', shot))]


def azure(shot: Shot) -> list[Entry]:
    """Return what azure_kinect_ros_driver publishes: infrared is mono16, too."""
    infrared = [image('/ir/image_raw', shot, shot.depth_mm, 'mono16')]
    registered = [depth('/depth_to_rgb/image_raw', shot, '32FC1')]
    infos = [camera_info(f'/{name}/camera_info', shot) for name in ('ir', 'depth_to_rgb')]
    others = [*infrared, *registered, *infos]
    return [*others, *camera('/depth', shot, depth('/depth/image_raw', shot, '32FC1'))]


def colour_camera(shot: Shot) -> list[Entry]:
    """Return a colour image with its camera_info."""
    folder = '/camera/color'
    return [colour(f'{folder}/image_raw', shot), camera_info(f'{folder}/camera_info', shot)]


def orbbec(shot: Shot) -> list[Entry]:
    """Return what orbbec_camera publishes."""
    both = [
        colour('/camera/color/image_raw', shot),
        camera_info('/camera/color/camera_info', shot),
    ]
    infrared = [image('/camera/ir/image_raw', shot, shot.depth_mm, 'mono16')]
    return [
        *both,
        *infrared,
        *camera('/camera/depth', shot, depth('/camera/depth/image_raw', shot)),
    ]


def zed(shot: Shot) -> list[Entry]:
    """Return what zed_wrapper publishes: metres, with a map of confidence in floats."""
    confidence = depth('/zed/zed_node/confidence/confidence_map', shot, '32FC1')
    folder = '/zed/zed_node/depth'
    return [confidence, *camera(folder, shot, depth(f'{folder}/depth_registered', shot, '32FC1'))]


def beside_colour(shot: Shot) -> list[Entry]:
    """Return a raw colour image with depth compressed."""
    both = [
        colour('/camera/color/image_raw', shot),
        camera_info('/camera/color/camera_info', shot),
    ]
    name = '/camera/depth/image_rect_raw/compressedDepth'
    return [*both, *camera('/camera/depth', shot, packed(name, shot))]


def by_codec(**options: Any) -> Callable[[Shot], list[Entry]]:
    """Return a layout of compressedDepth alone."""
    name = '/camera/depth/image_rect_raw/compressedDepth'
    return lambda shot: camera('/camera/depth', shot, packed(name, shot, **options))


def in_units(shot: Shot) -> Shot:
    """Return a frame whose depth is in tenths of a millimetre, as a D405 has it."""
    return replace(shot, depth_mm=(10 * shot.depth_mm.clip(max=6553)).astype(np.uint16))


def by_librealsense(shots: Sequence[Shot], ros1: bool) -> list[Entry]:
    """Return what RealSense's own recorder writes: .db3 of 2.57 and later, .bag of before."""
    begin = replace(shots[0], stamp_ns=-2_000_000)  # received at 0
    unit = f'{REALSENSE}/option/Depth_Units/value'
    folder = f'{REALSENSE}/Depth_0'
    if ros1:
        once = replace(begin, stamp_ns=0)
        made = [
            camera_info(f'{folder}/info/camera_info', once, model='Brown Conrady'),
            entry(unit, FLOAT, once, 0.0001, stamped=False),
        ]
    else:
        made = [entry(unit, TEXT, begin, '0.000100', stamped=False)]
    for shot in shots:
        raw = in_units(shot)
        if ros1:
            made.append(depth(f'{folder}/image/data', raw, 'mono16'))
        else:
            made.append(packed(f'{folder}/image/data/compressedDepth', raw))
            made.append(camera_info(f'{folder}/image/camera_info', shot))
        made.append(truth(shot))
    return made


def in_turn(of: Callable[[Shot], list[Entry]]) -> Callable[[Sequence[Shot]], list[Entry]]:
    """Return a layout in which every frame has the same messages."""
    return lambda shots: [made for shot in shots for made in of(shot)]


def info_once(shots: Sequence[Shot]) -> list[Entry]:
    """Return frames with one camera_info at their begin."""
    made = in_turn(plain)(shots)
    return made[:1] + [each for each in made if each.type_name != INFO]


def stampless(shots: Sequence[Shot]) -> list[Entry]:
    """Return frames without stamps, received as they were taken."""
    made = []
    for shot in shots:
        none = replace(shot, stamp_ns=0)
        for each in plain(none):
            made.append(replace(each, raw=replace(each.raw, received_ns=shot.received_ns)))
    return made


def write_rosbag2(
    folder: Path, entries: Sequence[Entry], storage: str = 'mcap', name: str = 'lab'
) -> Path:
    """Write a folder of rosbag2."""
    types = {each.raw.topic: each.type_name for each in entries}
    topics = [BagTopic(name=topic, type_name=type_name) for topic, type_name in types.items()]
    write_bag(folder / name, topics, [each.raw for each in entries], storage)
    return folder / name


def write_sqlite(folder: Path, entries: Sequence[Entry]) -> Path:
    """Write rosbag2 with SQLite."""
    return write_rosbag2(folder, entries, 'sqlite3')


def write_librealsense_db3(folder: Path, entries: Sequence[Entry]) -> Path:
    """Write one .db3 without metadata, its tables as librealsense makes them."""
    path = folder / 'realsense.db3'
    types = {each.raw.topic: each.type_name for each in entries}
    with sqlite3.connect(path) as database:
        database.execute(
            'CREATE TABLE topics(id INTEGER PRIMARY KEY,name TEXT NOT NULL,type TEXT NOT NULL,'
            'serialization_format TEXT NOT NULL,offered_qos_profiles TEXT NOT NULL)'
        )
        database.execute(
            'CREATE TABLE messages(id INTEGER PRIMARY KEY,topic_id INTEGER NOT NULL,'
            'timestamp INTEGER NOT NULL, data BLOB NOT NULL)'
        )
        keys = {topic: key for key, topic in enumerate(types, 1)}
        for topic, key in keys.items():
            database.execute('INSERT INTO topics VALUES (?,?,?,?,?)',
                             (key, topic, types[topic], 'cdr', ''))  # fmt: skip
        for each in entries:
            values = (keys[each.raw.topic], each.raw.received_ns, each.raw.data)
            database.execute(
                'INSERT INTO messages(topic_id, timestamp, data) VALUES (?,?,?)', values
            )
    return path


def write_ros1(folder: Path, entries: Sequence[Entry]) -> Path:
    """Write a ROS 1 bag; as librealsense does, four bytes too many stand behind each image."""
    store = get_typestore(Stores.ROS1_NOETIC)
    path = folder / 'lab.bag'
    with Ros1Writer(path) as writer:
        connections = {}
        for each in entries:
            topic, name = each.raw.topic, each.type_name
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, name, typestore=store)
            data = bytes(STORE.cdr_to_ros1(each.raw.data, name))
            trailing = bytes(4) if name == IMAGE else b''
            writer.write(connections[topic], each.raw.received_ns, data + trailing)
    return path


def write_packed_file(folder: Path, entries: Sequence[Entry], storage: str = 'mcap') -> Path:
    """Write one packed file, without metadata."""
    bag = write_rosbag2(folder, entries, storage)
    (file,) = (path for path in bag.iterdir() if path.name != 'metadata.yaml')
    alone = folder / f'{file.name}.zstd'
    alone.write_bytes(zstd.compress(file.read_bytes()))
    return alone


def write_packed_sqlite(folder: Path, entries: Sequence[Entry]) -> Path:
    """Write one packed .db3, without metadata."""
    return write_packed_file(folder, entries, 'sqlite3')


def write_packed_messages(folder: Path, entries: Sequence[Entry]) -> Path:
    """Write a folder whose messages are packed one by one, without metadata."""
    writer = Writer(folder / 'lab', version=8, storage_plugin=StoragePlugin.SQLITE3)
    writer.set_compression(CompressionMode.MESSAGE, CompressionFormat.ZSTD)
    types = {each.raw.topic: each.type_name for each in entries}
    with writer:
        made = {n: writer.add_connection(n, t, typestore=STORE) for n, t in types.items()}
        for each in entries:
            writer.write(made[each.raw.topic], each.raw.received_ns, each.raw.data)
    (folder / 'lab' / 'metadata.yaml').unlink()
    return folder / 'lab'


def write_unnamed_storage(folder: Path, entries: Sequence[Entry]) -> Path:
    """Write a folder whose metadata name no storage and another file."""
    bag = write_rosbag2(folder, entries)
    metadata = bag / 'metadata.yaml'
    text = metadata.read_text().replace('storage_identifier: mcap', 'storage_identifier: ""')
    assert 'storage_identifier: ""' in text
    metadata.write_text(text)
    (bag / 'lab.mcap').rename(bag / 'copied.mcap')
    return bag


@dataclass(frozen=True)
class Layout:
    """Which messages a recording has, what writes them, and what is known of the result."""

    name: str
    entries: Callable[[Sequence[Shot]], list[Entry]]
    write: Callable[[Path, Sequence[Entry]], Path] = write_rosbag2
    note: str = ''
    tolerance_mm: float = 0.0
    measured: bool = True


LAYOUTS: Final = (
    Layout('16UC1, mcap', in_turn(plain)),
    Layout('16UC1, sqlite3', in_turn(plain), write_sqlite),
    Layout('compressedDepth, 16UC1 PNG', in_turn(by_codec())),
    Layout(
        'the same, format of older plugins', in_turn(by_codec(text='16UC1; compressedDepth'))
    ),
    Layout('compressedDepth, 32FC1 PNG', in_turn(by_codec(metres=True)), tolerance_mm=2.0),
    Layout('compressedDepth, 16UC1 RVL', in_turn(by_codec(codec='rvl'))),
    Layout(
        'compressedDepth, 32FC1 RVL',
        in_turn(by_codec(codec='rvl', metres=True)),
        tolerance_mm=2.0,
    ),
    Layout(
        'RealSense recorder, `.db3`, unit 0.1 mm',
        lambda shots: by_librealsense(shots, ros1=False),
        write_librealsense_db3,
        'one unit of depth is 0.1 mm',
        tolerance_mm=2.0,
    ),
    Layout(
        'RealSense recorder, `.bag` (ROS 1), unit 0.1 mm',
        lambda shots: by_librealsense(shots, ros1=True),
        write_ros1,
        'one unit of depth is 0.1 mm',
        tolerance_mm=2.0,
    ),
    Layout(
        'the same, converted to rosbag2',
        lambda shots: by_librealsense(shots, ros1=True),
        note='camera_info came once',
        tolerance_mm=2.0,
    ),
    Layout('RealSense driver, ROS 1 bag', in_turn(realsense), write_ros1, 'depth is that of'),
    Layout('RealSense driver, aligned beside raw', in_turn(realsense), note='depth is that of'),
    Layout('OAK: stereo/image_raw beside colour', in_turn(oak)),
    Layout('Orbbec: colour, infrared, depth', in_turn(orbbec), note='depth is that of'),
    Layout('Azure Kinect: 32FC1, infrared, depth_to_rgb', in_turn(azure),
           note='depth is that of', tolerance_mm=2.0),
    Layout('ZED: 32FC1 beside confidence', in_turn(zed), note='depth is that of',
           tolerance_mm=2.0),
    Layout('colour raw, depth compressed', in_turn(beside_colour)),
    Layout('camera_info once', info_once, note='camera_info came once'),
    Layout('`.mcap.zstd` alone', in_turn(plain), write_packed_file),
    Layout('`.db3.zstd` alone', in_turn(plain), write_packed_sqlite),
    Layout('messages packed, no metadata', in_turn(plain), write_packed_messages,
           'metadata.yaml is missing'),
    Layout('no storage_identifier, renamed file', in_turn(plain), write_unnamed_storage,
           'the files are not named as in'),
    Layout('stamps of zero', stampless, note='the images have no stamps', measured=False),
)  # fmt: skip
