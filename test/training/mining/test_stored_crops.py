# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Crops in files: the rows that were written, and memory that processes share."""

import multiprocessing
from pathlib import Path
import pickle

from dense_hand_pose.training.mining.stored_crops import StoredCrops
from hypothesis import given
from hypothesis import strategies as st
import pytest
from safetensors.torch import save_file
import torch
from torch import Tensor

SIZES = (5, 0, 7, 1)
LARGE = 4096
CROP_BYTES = 128 * 128


def write(folder: Path, sizes: tuple[int, ...]) -> tuple[list[Path], Tensor]:
    """Write files of random crops; return them, and all crops one after the other."""
    generator = torch.Generator().manual_seed(0)
    parts = [
        torch.randint(0, 256, (size, 128, 128), dtype=torch.uint8, generator=generator)
        for size in sizes
    ]
    paths = [folder / f'{number}.safetensors' for number in range(len(sizes))]
    for path, part in zip(paths, parts, strict=True):
        save_file({'crops': part, 'state': torch.zeros(len(part))}, path)
    return paths, torch.cat(parts)


@pytest.fixture(scope='module')
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[StoredCrops, Tensor]:
    paths, crops = write(tmp_path_factory.mktemp('crops'), SIZES)
    return StoredCrops(paths), crops


@given(st.lists(st.integers(0, sum(SIZES) - 1), max_size=20))
def test_rows_are_those_of_the_files_in_a_row(
    stored: tuple[StoredCrops, Tensor], chosen: list[int]
) -> None:
    crops, expected = stored
    assert len(crops) == len(expected)
    assert torch.equal(crops[chosen], expected[torch.tensor(chosen, dtype=torch.int64)])


@pytest.mark.parametrize('chosen', [[-1], [sum(SIZES)], [0, 99]])
def test_a_number_that_no_crop_has_is_refused(
    stored: tuple[StoredCrops, Tensor], chosen: list[int]
) -> None:
    with pytest.raises(IndexError, match=f'of {sum(SIZES)}'):
        stored[0][chosen]


def private_mb() -> float:
    """Return the memory of this process that no file backs: what no other process shares."""
    lines = Path('/proc/self/status').read_text().splitlines()
    values = [int(line.split()[1]) for line in lines if line.startswith(('RssAnon', 'RssShmem'))]
    return sum(values) / 1024


def _read_all(crops: StoredCrops, answer: 'multiprocessing.SimpleQueue[float]') -> None:
    crops[[0]]
    before_mb = private_mb()
    for number in range(len(crops)):
        crops[[number]]
    answer.put(private_mb() - before_mb)


def test_another_process_maps_the_files_instead_of_holding_them(tmp_path: Path) -> None:
    paths, _ = write(tmp_path, (LARGE // 2, LARGE // 2))
    crops = StoredCrops(paths)
    assert len(pickle.dumps(crops)) < 1000
    context = multiprocessing.get_context('spawn')
    answer = context.SimpleQueue()
    child = context.Process(target=_read_all, args=(crops, answer))
    child.start()
    grown_mb = answer.get()
    child.join()
    assert grown_mb < 8.0, f'of {LARGE * CROP_BYTES / 2**20:.0f} MB'
