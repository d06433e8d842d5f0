# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Bags sound, truncated, damaged and foreign: what can be read is, and the rest is said."""

from pathlib import Path
import random
import shutil
import sqlite3

from dense_hand_pose.bags.reader import BagError, BagFile
from dense_hand_pose.bags.rosbag import BagTopic, RawMessage, write_bag
from dense_hand_pose.bags.sqlite_salvage import SqliteSalvage
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
import recordings
from recordings import MS

START_NS = 1_700_000_000_000_000_000
TOPICS = [
    BagTopic(name='/depth', type_name='sensor_msgs/msg/Image'),
    BagTopic(name='/truth', type_name='geometry_msgs/msg/PoseArray'),
]
ENDINGS = {'mcap': '.mcap', 'sqlite3': '.db3'}


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


@pytest.fixture(scope='module', params=['mcap', 'sqlite3'])
def bag(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bag of 3.6 MB in several chunks or pages."""
    folder = tmp_path_factory.mktemp(request.param) / 'lab'
    write_bag(folder, TOPICS, messages(30), request.param)
    return folder


def storage_of(bag: Path) -> Path:
    """Return the file with the messages."""
    return next(path for path in bag.iterdir() if path.suffix in ENDINGS.values())


def read(path: Path) -> tuple[list[RawMessage], BagFile]:
    """Return all messages of a bag and the bag, read to its end."""
    opened = BagFile(path)
    return list(opened.messages(['/depth', '/truth'])), opened


def damaged_copy(bag: Path, folder: Path, data: bytes) -> Path:
    """Return a copy of the bag whose storage holds other bytes."""
    copy = folder / 'copy'
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


@pytest.mark.parametrize('share', [0.3, 0.65, 0.95])
def test_a_truncated_bag_is_read_up_to_its_end(bag: Path, share: float, tmp_path: Path) -> None:
    data = storage_of(bag).read_bytes()
    copy = damaged_copy(bag, tmp_path, data[: int(share * len(data))])
    found, opened = read(copy)
    whole = messages(30)
    assert found == whole[: len(found)]
    # A chunk of an mcap file holds nine of these images; a page of SQLite one or two.
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
        assert all(m.topic in ('/depth', '/truth') for m in found)


def test_a_bag_without_metadata_is_read_with_a_note(bag: Path, tmp_path: Path) -> None:
    copy = damaged_copy(bag, tmp_path, storage_of(bag).read_bytes())
    (copy / 'metadata.yaml').unlink()
    found, opened = read(copy)
    assert found == messages(30)
    assert opened.damage == ''
    assert 'metadata.yaml' in opened.note


def test_a_broken_metadata_file_is_damage(bag: Path, tmp_path: Path) -> None:
    copy = damaged_copy(bag, tmp_path, storage_of(bag).read_bytes())
    (copy / 'metadata.yaml').write_text('{ not: [yaml')
    found, opened = read(copy)
    assert len(found) == 60
    assert 'YAML' in opened.damage


def test_a_lost_part_of_a_split_bag_is_damage(bag: Path, tmp_path: Path) -> None:
    copy = damaged_copy(bag, tmp_path, storage_of(bag).read_bytes())
    name = storage_of(copy).name
    text = (copy / 'metadata.yaml').read_text()
    (copy / 'metadata.yaml').write_text(text.replace(f'- {name}\n', f'- {name}\n  - gone.x\n', 1))
    found, opened = read(copy)
    assert len(found) == 60
    assert 'gone.x' in opened.damage


def test_what_is_no_bag_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / 'old.bag').write_bytes(b'#ROSBAG V2.0\n')
    (tmp_path / 'notes.txt').write_text('hello')
    (tmp_path / 'empty.mcap').write_bytes(b'')
    (tmp_path / 'folder').mkdir()
    for name, said in (
        ('old.bag', 'rosbags-convert'),
        ('notes.txt', 'expected a rosbag2 folder'),
        ('empty.mcap', 'no message'),
        ('folder', 'metadata.yaml is missing'),
        ('nowhere', 'no such file'),
    ):
        with pytest.raises(BagError, match=said) as caught:
            BagFile(tmp_path / name)
        assert name in str(caught.value)


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


@pytest.mark.parametrize('when', ['then', 0.5, -1])
def test_a_time_that_is_none_ends_the_reading(tmp_path: Path, when: object) -> None:
    write_bag(tmp_path / 'lab', TOPICS, messages(3), 'sqlite3')
    with sqlite3.connect(storage_of(tmp_path / 'lab')) as database:
        database.execute('UPDATE messages SET timestamp = ? WHERE id = 4', [when])
    found, opened = read(tmp_path / 'lab')
    assert found == [m for m in messages(3) if m in found]
    assert 'a message on /truth was received at' in opened.damage
    (tmp_path / 'lab' / 'metadata.yaml').unlink()
    found, opened = read(tmp_path / 'lab')
    assert all(isinstance(m.received_ns, int) and m.received_ns > 0 for m in found)
    assert opened.damage


@pytest.mark.parametrize('value', [42, 'text'])
def test_data_that_are_no_bytes_end_the_reading(tmp_path: Path, value: object) -> None:
    write_bag(tmp_path / 'lab', TOPICS, messages(3), 'sqlite3')
    with sqlite3.connect(storage_of(tmp_path / 'lab')) as database:
        database.execute('UPDATE messages SET data = ? WHERE id = 4', [value])
    found, opened = read(tmp_path / 'lab')
    salvage = SqliteSalvage(storage_of(tmp_path / 'lab'))
    assert found == list(salvage.messages()) == messages(3)[:3]
    assert 'expected bytes' in opened.damage
    assert 'expected bytes' in salvage.damage
