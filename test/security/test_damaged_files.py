# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Each reader of files gets damaged ones: it reads them, or raises its documented error.

DENSE_HAND_POSE_EXAMPLES=3000 for the figures of docs/reliability.md; the default takes seconds.
"""

from collections.abc import Callable
import json
import os
from pathlib import Path
import re
import shutil
from typing import Any, NamedTuple

from dense_hand_pose.bags.reader import BagError, BagFile
from dense_hand_pose.bags.sample import SampleOptions, write_sample
from dense_hand_pose.camera.depth_files import read_depth
from dense_hand_pose.cli.common import CommandError
from dense_hand_pose.cli.evaluate.parameters import read_parameters
from dense_hand_pose.cli.hand_urdf import _shape_of_file
from dense_hand_pose.datasets.facts import DATASETS
from dense_hand_pose.datasets.frames import DatasetError, read_png
from dense_hand_pose.evaluation.frames.depth_frames import FrameFileError, read_frames
from dense_hand_pose.evaluation.predictions.text_files import read_poses_m, TextFileError
from dense_hand_pose.network.weight_file import read_config, read_notes, WeightsError
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.runtimes import precision
from dense_hand_pose.runtimes.artefact import Artefact, pack, RejectedError, unpack
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.training.checkpoint import read_header
from dense_hand_pose.training.config import load_config
from dense_hand_pose.training.presence.config import load_presence_config
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
from PIL import Image
import pytest
from safetensors.numpy import save_file
from support.tiny import tiny_network

ROOT = Path(__file__).parents[2]
EXAMPLES = int(os.environ.get('DENSE_HAND_POSE_EXAMPLES', '40'))
NYU = DATASETS['nyu']


class Reader(NamedTuple):
    """How a good file is written, how it is read, and what reading may raise."""

    name: str
    write: Callable[[Path], object]
    read: Callable[[Path], Any]
    errors: tuple[type[Exception], ...]


def _write_npy(path: Path) -> None:
    with path.open('wb') as file:
        np.save(file, np.arange(600, dtype=np.uint16).reshape(20, 30))


def _write_png(path: Path) -> None:
    Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30)).save(path)


def _write_frames(path: Path) -> None:
    depth = np.full((20, 30), 500, np.uint16)
    np.savez(path, d0=depth, d1=depth, K=np.array([30.0, 30.0, 15.0, 10.0]), unit_mm=1.0)


def _write_predictions(path: Path) -> None:
    line = ' '.join(['300.0 200.0 700.0'] * len(NYU.skeleton))
    path.write_text('\n'.join([line] * 5))


def _write_checkpoint(path: Path) -> None:
    metadata = {'progress': '{"step": 3}', 'settings': '{"seed": 1}'}
    save_file({'network/a': np.zeros(4, np.float32)}, path, metadata)


def _write_lengths(path: Path) -> None:
    path.write_text(json.dumps({'bone_lengths_m': dict.fromkeys(HAND_21.joints[1:], 0.03)}))


def _write_artefact(path: Path) -> None:
    path.write_bytes(pack(Artefact('f', {'a': 1}, {'one': b'1' * 500, 'two': bytes(500)})))


def _copy(name: str) -> Callable[[Path], object]:
    return lambda path: shutil.copy(ROOT / name, path)


def _read_bag(path: Path) -> None:
    """Read a folder with this metadata.yaml, and the messages of the file that it names."""
    folder = path.with_suffix('.bag')
    if not folder.exists():
        options = SampleOptions(seconds=0.2, rate_hz=20.0, width=64, height=48)
        write_sample(folder, options)
    shutil.copy(path, folder / 'metadata.yaml')
    bag = BagFile(folder)
    for _ in bag.messages([topic.name for topic in bag.topics]):
        pass


def _write_metadata(path: Path) -> None:
    options = SampleOptions(seconds=0.2, rate_hz=20.0, width=64, height=48)
    write_sample(path.with_suffix('.first'), options)
    shutil.copy(path.with_suffix('.first') / 'metadata.yaml', path)


READERS = (
    Reader('depth.npy', _write_npy, read_depth, (ValueError,)),
    Reader('depth.png', _write_png, read_depth, (ValueError,)),
    Reader('dataset.png', _write_png, lambda p: read_png(p, 'I;16', 30, 20), (DatasetError,)),
    Reader('frames.npz', _write_frames, lambda p: list(read_frames(p)), (FrameFileError,)),
    Reader('poses.txt', _write_predictions, lambda p: read_poses_m(p, NYU), (TextFileError,)),
    Reader('train.yaml', _copy('config/train/nyu.yaml'), load_config, (ValueError,)),
    Reader(
        'presence.yaml', _copy('config/train/presence.yaml'), load_presence_config, (ValueError,)
    ),
    Reader('node.yaml', _copy('config/hand_pose.yaml'), read_parameters, (CommandError,)),
    Reader('metadata.yaml', _write_metadata, _read_bag, (BagError,)),
    Reader('lengths.json', _write_lengths, _shape_of_file, (CommandError,)),
    Reader('precision.json', lambda p: p.write_text('{"mean_mm": 0.25}'), precision._read, ()),
    Reader(
        'weights.safetensors', lambda p: save_weights(tiny_network(), p, {}), read_config,
        (WeightsError,),
    ),
    Reader(
        'notes.safetensors', lambda p: save_weights(tiny_network(), p, {}), read_notes,
        (WeightsError,),
    ),
    Reader('checkpoint.safetensors', _write_checkpoint, read_header, (ValueError,)),
    Reader('graph.zip', _write_artefact, lambda p: unpack(p, 'f', {'a': 1}), (RejectedError,)),
)  # fmt: skip

DEEP = 100_000
TOKENS = [
    b'[' * DEEP, b'{"a":' * DEEP, b'- ' * 5000, b'9' * 400, b'1e999', b'-', b'NaN', b'null', b'[]',
    b'{}', b'""', b'\xff\xfe', b'\0' * 64, b'\x80' * 9, b'&a [*a, *a]', b'!!python/name:os.system',
    b'!!binary x', b'2026-13-45', b'? ', b'<<: 3', b"'<f9999999999'", b'(1, 2', b'(-1, 4)',
    b'(99999999999999999999,)', b'\xff' * 8, b'PK\x05\x06', b'0x', b'1_0', b'"\\ud800"', b'\r',
]  # fmt: skip
SHARE = st.floats(0.0, 1.0, exclude_max=True)
CHANGE = st.one_of(
    st.tuples(st.just('byte'), SHARE, st.integers(0, 255)),
    st.tuples(st.just('cut'), SHARE, st.just(0)),
    st.tuples(st.just('insert'), SHARE, st.integers(0, len(TOKENS) - 1)),
    st.tuples(st.just('replace'), SHARE, st.integers(0, len(TOKENS) - 1)),
    st.tuples(st.just('twice'), SHARE, st.integers(1, 200)),
    st.tuples(st.just('number'), SHARE, st.integers(0, len(TOKENS) - 1)),
)


NUMBER = re.compile(rb'[0-9.]+')


def replaced(data: bytes, begin: int, end: int, by: bytes) -> bytes:
    """Return data with other bytes from begin to end."""
    return data[:begin] + by + data[end:]


def damaged(data: bytes, changes: list[tuple[str, float, int]]) -> bytes:
    """Return data with bytes changed, cut off, put in, written over, or there twice."""
    for kind, share, what in changes:
        at = int(share * len(data))
        if kind == 'byte':
            data = replaced(data, at, at + 1, bytes([what]))
        elif kind == 'cut':
            data = data[:at]
        elif kind == 'twice':
            data = replaced(data, at, at, data[at:][:what])
        elif kind == 'number':  # the next digits are another value
            found = NUMBER.search(data, at)
            if found:
                data = replaced(data, *found.span(), TOKENS[what])
        else:
            token = TOKENS[what]
            data = replaced(data, at, at + len(token) * (kind == 'replace'), token)
    return data


@pytest.mark.parametrize('reader', READERS, ids=lambda reader: reader.name)
def test_a_damaged_file_is_read_or_refused(
    reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp('damaged')
    good = folder / reader.name
    reader.write(good)
    reader.read(good)
    data, path = good.read_bytes(), folder / f'damaged_{reader.name}'

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(st.lists(CHANGE, min_size=1, max_size=3))
    def check(changes: list[tuple[str, float, int]]) -> None:
        path.write_bytes(damaged(data, changes))
        try:
            reader.read(path)
        except reader.errors as error:
            assert str(error) and '\n' not in str(error)
            assert len(str(error)) < 2000

    check()
