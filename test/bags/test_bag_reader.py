# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Bags sound, cut, damaged, packed and foreign: what can be read is, and the rest is said."""

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import time

from dense_hand_pose.bags.raw import RawMessage
from dense_hand_pose.bags.reader import BagError, BagFile
from dense_hand_pose.bags.rosbag import BagTopic, write_bag
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionFormat, CompressionMode, Writer
from rosbags.typesys import get_typestore, Stores
from support import recordings
from support.recordings import MS

try:
    from compression import zstd
except ImportError:  # before Python 3.14
    from backports import zstd

START_NS = 1_700_000_000_000_000_000
TOPICS = [
    BagTopic(name='/depth', type_name='sensor_msgs/msg/Image'),
    BagTopic(name='/truth', type_name='geometry_msgs/msg/PoseArray'),
]
NAMES = [topic.name for topic in TOPICS]
STORAGES = ('mcap', 'sqlite3', 'ros1')


def messages(count: int) -> list[RawMessage]:
    """Return noise images, which do not compress, each with a pose."""
    noise = np.random.default_rng(0)
    made = []
    for place in range(count):
        stamp = START_NS + place * 33 * MS
        image = noise.integers(0, 65535, (200, 300), dtype=np.uint16)
        made.append(recordings.depth('/depth', stamp, stamp, image))
        made.append(recordings.poses('/truth', stamp, stamp + 1, np.eye(3)))
    return made


def write_ros1(path: Path, found: list[RawMessage], lz4: bool = False) -> None:
    """Write messages to a ROS 1 bag with rosbags."""
    store = get_typestore(Stores.ROS1_NOETIC)
    writer = Ros1Writer(path)
    if lz4:
        writer.set_compression(Ros1Writer.CompressionFormat.LZ4)
    with writer:
        types = {topic.name: topic.type_name for topic in TOPICS}
        connections = {n: writer.add_connection(n, t, typestore=store) for n, t in types.items()}
        for message in found:
            data = recordings.STORE.cdr_to_ros1(message.data, types[message.topic])
            writer.write(connections[message.topic], message.received_ns, data)


def write(folder: Path, storage: str, count: int = 30) -> Path:
    """Write a bag of some storage and return its path."""
    if storage != 'ros1':
        write_bag(folder / 'lab', TOPICS, messages(count), storage)
        return folder / 'lab'
    write_ros1(folder / 'lab.bag', messages(count))
    return folder / 'lab.bag'


@pytest.fixture(scope='module', params=STORAGES)
def bag(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bag of 3.6 MB in several chunks or pages."""
    return write(tmp_path_factory.mktemp(request.param), request.param)


def storage_of(bag: Path) -> Path:
    """Return the file with the messages."""
    if bag.is_file():
        return bag
    return next(path for path in bag.iterdir() if path.name != 'metadata.yaml')


def read(path: Path) -> tuple[list[RawMessage], BagFile]:
    """Return all messages of a bag and the bag, read to its end."""
    opened = BagFile(path)
    return list(opened.messages(NAMES)), opened


def damaged_copy(bag: Path, folder: Path, data: bytes) -> Path:
    """Return a copy of the bag whose storage holds other bytes."""
    copy = folder / f'copy{bag.suffix}'
    if bag.is_file():
        copy.write_bytes(data)
        return copy
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(bag, copy)
    storage_of(copy).write_bytes(data)
    return copy


def test_a_sound_bag_is_read_whole_as_folder_and_as_file(bag: Path) -> None:
    for path in (bag, storage_of(bag)):
        found, opened = read(path)
        assert found == messages(30)
        assert (opened.damage, opened.note) == ('', '')
        counts = {topic.name: (topic.type_name, topic.count) for topic in opened.topics}
        assert counts == {t.name: (t.type_name, 30) for t in TOPICS}


def test_topics_can_be_chosen(bag: Path) -> None:
    assert {m.topic for m in BagFile(bag).messages(['/truth'])} == {'/truth'}
    assert list(BagFile(bag).messages(['/other'])) == []


@pytest.mark.parametrize('share', [0.35, 0.65, 0.95])
def test_a_truncated_bag_is_read_up_to_its_end(bag: Path, share: float, tmp_path: Path) -> None:
    data = storage_of(bag).read_bytes()
    copy = damaged_copy(bag, tmp_path, data[: int(share * len(data))])
    found, opened = read(copy)
    whole = messages(30)
    assert found == whole[: len(found)]
    # A chunk holds nine of these images; a page of SQLite one or two.
    assert len(found) >= share * len(whole) - 22
    assert storage_of(copy).name in opened.damage


@settings(max_examples=20)
@given(cut=st.floats(0.0, 1.0), seed=st.integers(0, 2**31))
def test_whatever_bytes_a_bag_has_it_never_crashes(
    bag: Path, tmp_path_factory: pytest.TempPathFactory, cut: float, seed: int
) -> None:
    data = bytearray(storage_of(bag).read_bytes())
    noise = random.Random(seed)
    for _ in range(noise.randrange(1, 8)):
        place = noise.randrange(noise.choice([64, 4096, len(data)]))
        data[place] = noise.randrange(256)
    copy = damaged_copy(bag, tmp_path_factory.getbasetemp(), bytes(data[: int(cut * len(data))]))
    try:
        found, _ = read(copy)
    except BagError as error:
        assert 'copy' in str(error)
    else:
        assert all(m.topic in NAMES for m in found)


def packed(file: Path) -> None:
    """Pack a file as rosbag2 does and remove it."""
    Path(f'{file}.zstd').write_bytes(zstd.compress(file.read_bytes()))
    file.unlink()


def record_bytes(data: bytes, offset: int) -> int:
    """Return the length of a record of MCAP with its head."""
    return 9 + int(struct.unpack_from('<xQ', data, offset)[0])


def unclosed(file: Path) -> None:
    """Cut a file of MCAP behind its last chunk's index: the recorder was killed between two."""
    data = file.read_bytes()
    offset = 8
    while data[offset] != 0x0C:  # metadata, the first record behind the chunks
        offset += record_bytes(data, offset)
    file.write_bytes(data[:offset])


def without_index(file: Path) -> None:
    """Leave out all records of MCAP that the reading of chunks does not need."""
    data = file.read_bytes()
    kept, offset = bytearray(data[:8]), 8
    while data[offset] != 0x0F:
        end = offset + record_bytes(data, offset)
        if data[offset] in (0x01, 0x06):
            kept += data[offset:end]
        offset = end
    file.write_bytes(bytes(kept) + data[offset:])


def renamed(file: Path) -> None:
    """Give a file another name."""
    file.rename(file.with_name('other' + file.suffix))


def nameless(file: Path) -> None:
    """Give a file a name that says nothing."""
    file.rename(file.with_name('other'))


def no_metadata(file: Path) -> None:
    """Remove metadata.yaml."""
    (file.parent / 'metadata.yaml').unlink()


def no_storage_identifier(file: Path) -> None:
    """Leave storage_identifier empty, as rosbag2 does when it is killed."""
    metadata = file.parent / 'metadata.yaml'
    lines = metadata.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if 'storage_identifier' in line)
    lines[at] = '  storage_identifier: ""'
    metadata.write_text('\n'.join(lines))


def broken_metadata(file: Path) -> None:
    """Write what is no YAML."""
    (file.parent / 'metadata.yaml').write_text('{ not: [yaml')


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize(
    ('changes', 'note'),
    [
        ([packed], 'not named as in metadata.yaml'),
        ([packed, no_metadata], 'metadata.yaml is missing'),
        ([renamed], 'not named as in metadata.yaml'),
        ([nameless], 'not named as in metadata.yaml'),
        ([no_metadata], 'metadata.yaml is missing'),
        ([no_storage_identifier], ''),
        ([broken_metadata], 'metadata.yaml lists no files'),
    ],
)
def test_a_bag_that_can_be_read_whole_is_not_damaged(
    storage: str, changes: list[Callable[[Path], None]], note: str, tmp_path: Path
) -> None:
    path = write(tmp_path, storage, 5)
    for change in changes:
        change(next(f for f in path.iterdir() if f.name != 'metadata.yaml'))
    found, opened = read(path)
    assert found == messages(5)
    assert opened.damage == ''
    assert opened.note == note or (note and note in opened.note)


@pytest.mark.parametrize('change', [unclosed, without_index])
def test_an_mcap_file_without_its_end_or_its_index_is_read_whole(
    change: Callable[[Path], None], tmp_path: Path
) -> None:
    file = storage_of(write(tmp_path, 'mcap'))
    change(file)
    found, opened = read(file)
    assert found == messages(30)
    assert {t.count for t in opened.topics} == {30}
    assert opened.damage == ''
    assert opened.note == ('lab.mcap was not closed by its recorder' if change is unclosed else '')


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3', 'ros1'])
def test_a_packed_file_alone_is_read(storage: str, tmp_path: Path) -> None:
    file = storage_of(write(tmp_path, storage, 12))
    packed(file)
    alone = tmp_path / f'{file.name}.zstd'
    Path(f'{file}.zstd').replace(alone)
    found, opened = read(alone)
    assert found == messages(12)
    assert (opened.damage, opened.note) == ('', '')
    alone.write_bytes(alone.read_bytes()[:-200_000])
    found, opened = read(alone)
    assert found == messages(12)[: len(found)]
    assert 0 < len(found) < 24
    assert 'cut off' in opened.damage


@pytest.mark.parametrize('metadata', [True, False])
@pytest.mark.parametrize('storage', ['MCAP', 'SQLITE3'])
def test_messages_that_were_packed_one_by_one_are_read(
    storage: str, metadata: bool, tmp_path: Path
) -> None:
    from rosbags.rosbag2 import StoragePlugin

    writer = Writer(tmp_path / 'lab', version=8, storage_plugin=StoragePlugin[storage])
    writer.set_compression(CompressionMode.MESSAGE, CompressionFormat.ZSTD)
    with writer:
        made = {
            t.name: writer.add_connection(t.name, t.type_name, typestore=recordings.STORE)
            for t in TOPICS
        }
        for message in messages(4):
            writer.write(made[message.topic], message.received_ns, message.data)
    if not metadata:
        (tmp_path / 'lab' / 'metadata.yaml').unlink()
    found, opened = read(tmp_path / 'lab')
    assert found == messages(4)
    assert opened.damage == ''


def test_a_ros_1_bag_with_packed_chunks_or_without_an_index_is_read(tmp_path: Path) -> None:
    write_ros1(tmp_path / 'lz4.bag', messages(5), lz4=True)
    found, opened = read(tmp_path / 'lz4.bag')
    assert found == messages(5)
    file = tmp_path / 'live.bag.active'
    write_ros1(file, messages(30))
    data = file.read_bytes()
    end = len(data)
    for offset, op, _ in ros1_records(data):
        if op == 4:  # the index behind a chunk, which a recorder writes when the chunk is full
            end = min(end, offset)
    file.write_bytes(data[:end])
    found, opened = read(file)
    assert found == messages(30)[: len(found)]
    assert len(found) > 5
    assert (opened.damage, opened.note) == ('', 'live.bag.active was not closed by its recorder')


def ros1_records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield where each record of a ROS 1 bag begins, its kind and its bytes."""
    offset = 13
    while offset < len(data):
        place = offset + 4 + struct.unpack_from('<I', data, offset)[0]
        end = place + 4 + struct.unpack_from('<I', data, place)[0]
        op = data[data.index(b'op=', offset) + 3]
        yield offset, op, data[offset:end]
        offset = end


def test_a_lost_part_of_a_split_bag_is_damage(tmp_path: Path) -> None:
    copy = write(tmp_path, 'mcap', 5)
    name = storage_of(copy).name
    text = (copy / 'metadata.yaml').read_text()
    (copy / 'metadata.yaml').write_text(text.replace(f'- {name}\n', f'- {name}\n  - gone.x\n', 1))
    found, opened = read(copy)
    assert len(found) == 10
    assert 'gone.x, which metadata.yaml lists, is missing' in opened.damage


def test_parts_of_a_split_bag_are_read_by_their_numbers(tmp_path: Path) -> None:
    whole = messages(11)
    (tmp_path / 'split').mkdir()
    for part in range(11):
        first, last = 2 * part, 2 * part + 2
        write_bag(tmp_path / f's_{part}', TOPICS, whole[first:last])
        shutil.copy(tmp_path / f's_{part}' / f's_{part}.mcap', tmp_path / 'split')
    assert read(tmp_path / 'split')[0] == whole


def test_what_is_no_bag_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / 'old.bag').write_bytes(b'#ROSBAG V2.0\n')
    (tmp_path / 'notes.txt').write_text('hello')
    (tmp_path / 'empty.mcap').write_bytes(b'')
    (tmp_path / 'text.zstd').write_bytes(zstd.compress(b'hello' * 10))
    (tmp_path / 'folder').mkdir()
    os.mkfifo(tmp_path / 'pipe.mcap')
    for name, said in (
        ('old.bag', 'holds no message'),
        ('notes.txt', 'expected a rosbag2 folder'),
        ('empty.mcap', 'holds no message'),
        ('text.zstd', 'is no bag'),
        ('folder', 'it holds no file of one'),
        ('pipe.mcap', 'a pipe or device'),
        ('nowhere', 'no such file'),
    ):
        with pytest.raises(BagError, match=said) as caught:
            BagFile(tmp_path / name)
        assert name in str(caught.value)
        assert '\n' not in str(caught.value)


def test_what_a_killed_recorder_left_in_the_journal_is_read(tmp_path: Path) -> None:
    write_bag(tmp_path / 'lab', TOPICS, messages(2), 'sqlite3')
    file = storage_of(tmp_path / 'lab')
    later = 'INSERT INTO messages (topic_id, timestamp, data) SELECT topic_id, ?, data'
    recorder = sqlite3.connect(tmp_path / 'live.db3', isolation_level=None)
    recorder.execute('PRAGMA journal_mode = WAL')  # as rosbag2's preset "resilient" has it
    sqlite3.connect(file).backup(recorder)
    recorder.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    recorder.execute(f'{later} FROM messages LIMIT 1', [START_NS + 10**10])
    for ending in ('', '-wal'):
        shutil.copy(f'{tmp_path / "live.db3"}{ending}', f'{file}{ending}')
    recorder.close()
    for path in (tmp_path / 'lab', file):
        found, opened = read(path)
        assert found[:4] == messages(2)
        assert [m.received_ns for m in found[4:]] == [START_NS + 10**10]
        assert opened.damage == ''
        assert f'{file.name} was not closed' in opened.note


@pytest.mark.parametrize(
    ('column', 'value', 'said'),
    [
        ('timestamp', 'then', 'a time of receipt is not a number'),
        ('timestamp', 0.5, 'a time of receipt is not a number'),
        ('timestamp', -1, 'a time of receipt is not a number'),
        ('data', 42, 'no bytes'),
        ('data', 'text', 'no bytes'),
    ],
)
def test_a_row_of_other_types_ends_the_reading(
    tmp_path: Path, column: str, value: object, said: str
) -> None:
    write_bag(tmp_path / 'lab', TOPICS, messages(3), 'sqlite3')
    with sqlite3.connect(storage_of(tmp_path / 'lab')) as database:
        update = f'UPDATE messages SET {column} = ? WHERE id = 4'  # noqa: S608
        database.execute(update, [value])
    found, opened = read(tmp_path / 'lab')
    assert found == messages(3)[:3]
    assert said in opened.damage


def hostile_views(path: Path) -> None:
    """Write a database whose tables are endless views."""
    with sqlite3.connect(path) as database:
        endless = (
            'CREATE VIEW {} AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) '
            'SELECT i AS id, {} FROM r'
        )
        database.execute(endless.format('topics', "'x' AS name, 'y' AS type"))
        row = 'i AS topic_id, i AS timestamp, zeroblob(9) AS data'
        database.execute(endless.format('messages', row))


def hostile_columns(path: Path) -> None:
    """Write a database whose rows compute gigabytes."""
    with sqlite3.connect(path) as database:
        database.execute('CREATE TABLE topics (id INTEGER PRIMARY KEY, name, type)')
        database.execute("INSERT INTO topics VALUES (1, '/depth', 'sensor_msgs/msg/Image')")
        database.execute(
            'CREATE TABLE messages (id INTEGER PRIMARY KEY, topic_id, timestamp, '
            'data AS (zeroblob(900000000)))'
        )
        database.executemany('INSERT INTO messages VALUES (?, 1, 1)', [[i] for i in range(50)])


def hostile_chunk(path: Path) -> None:
    """Write an MCAP file with a chunk that unpacks to 4 GB of zeros, as its head says."""
    compressor = zstd.ZstdCompressor()
    block = bytes(1 << 24)
    stream = b''.join(compressor.compress(block) for _ in range(256)) + compressor.flush()
    hostile_mcap(path, stream, 1 << 32)


def lying_chunk(path: Path) -> None:
    """Write an MCAP file with a chunk of 1 GB of zeros whose head says 100 bytes."""
    hostile_mcap(path, zstd.compress(bytes(1 << 30)), 100)


def hostile_mcap(path: Path, stream: bytes, size: int) -> None:
    """Write an MCAP file of one chunk."""
    head = bytes(16) + size.to_bytes(8, 'little') + bytes(4) + b'\x04\0\0\0zstd'
    chunk = head + len(stream).to_bytes(8, 'little') + stream
    path.write_bytes(b'\x89MCAP0\r\n\x06' + len(chunk).to_bytes(8, 'little') + chunk)


def hostile_packed_file(path: Path) -> None:
    """Write a packed file that unpacks to 2 GB."""
    compressor = zstd.ZstdCompressor()
    block = bytes(1 << 24)
    path.write_bytes(b''.join(compressor.compress(block) for _ in range(128)) + compressor.flush())


@pytest.mark.parametrize(
    ('make', 'name'),
    [
        (hostile_views, 'a.db3'),
        (hostile_columns, 'a.db3'),
        (hostile_chunk, 'a.mcap'),
        (lying_chunk, 'a.mcap'),
        (hostile_packed_file, 'a.mcap.zstd'),
    ],
)
def test_small_files_do_not_cost_gigabytes(
    make: Callable[[Path], None], name: str, tmp_path: Path
) -> None:
    make(tmp_path / name)
    assert (tmp_path / name).stat().st_size < 2_000_000
    child = (
        'import resource, sys; from pathlib import Path\n'
        'resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))\n'
        'from dense_hand_pose.bags.reader import BagError, BagFile\n'
        'try: bag = BagFile(Path(sys.argv[1])); list(bag.messages(["/depth"]))\n'
        'except BagError as error: print(error)\n'
        # Not ru_maxrss, which begins with that of the process that forked.
        'lines = Path("/proc/self/status").read_text().splitlines()\n'
        'print(next(line.split()[1] for line in lines if line.startswith("VmHWM")))'
    )
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, '-c', child, str(tmp_path / name)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    said, peak_kb = done.stdout.splitlines()
    assert 'a.' in said
    assert int(peak_kb) < 700_000
    assert time.monotonic() - begin < 60
