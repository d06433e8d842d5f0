# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Which precision is taken, with backends whose joints are off by a known length."""

from collections.abc import Callable
import logging
from pathlib import Path

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.runtimes.base import Array, BackendError, Model, Wanted
from dense_hand_pose.runtimes.precision import (
    choose_precision,
    disagreement_mm,
    joints_of,
    load_probe,
    Offer,
    pack,
    unpack,
)
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest


class Off:
    """Says of each crop its centre, off by a length along z."""

    name = 'off'
    runs = 0

    def __init__(self, precision: str, off_m: float) -> None:
        self.precision, self._off_m = precision, off_m

    def run(self, _: Array, centers: Array, __: Array, ___: DecodingConfig) -> Result:
        """Answer without a look at the crops."""
        Off.runs += 1
        joints = np.repeat(centers[:, None], 21, axis=1)
        joints[:, :, 2] += np.float32(self._off_m)
        return Result(joints, *[np.zeros(0, np.float32)] * 4)


def reference() -> Array:
    return np.repeat(load_probe().centers_m[:, None], 21, axis=1)


def choose(model: Model, offered: list[str], precision: str, where: str, **off_m: float) -> str:
    def make(name: str) -> Off:
        return Off(name, off_m.get(name, 0.0))

    wanted = Wanted(model=model, precision=precision)
    make_typed: Callable[[str], Off] = make
    return choose_precision(wanted, Offer(offered, make_typed, reference, where)).precision


@pytest.fixture(autouse=True)
def _fresh_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))


def test_the_first_that_agrees_is_taken(model: Model, caplog: pytest.LogCaptureFixture) -> None:
    offered = ['bfloat16', 'float16', 'float32']
    assert choose(model, offered, 'auto', 'a', bfloat16=0.4e-3) == 'bfloat16'
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        assert choose(model, offered, 'auto', 'b', bfloat16=0.6e-3) == 'float16'
    assert 'bfloat16 misses the joints of float32 by 0.60 mm' in caplog.text
    both = {'bfloat16': 0.6e-3, 'float16': float('nan')}
    assert choose(model, offered, 'auto', 'c', **both) == 'float32'


def test_a_named_precision_must_agree_too(model: Model) -> None:
    offered = ['bfloat16', 'float32']
    assert choose(model, offered, 'float32', 'a') == 'float32'
    assert choose(model, offered, 'bfloat16', 'b', bfloat16=0.6e-3) == 'float32'
    with pytest.raises(BackendError, match='precision float16 does not run here'):
        choose(model, offered, 'float16', 'c')


def test_the_answer_is_remembered_for_runtime_and_processor(model: Model, tmp_path: Path) -> None:
    offered = ['bfloat16', 'float32']
    choose(model, offered, 'auto', 'here')
    before = Off.runs
    choose(model, offered, 'auto', 'here')
    assert Off.runs == before
    choose(model, offered, 'auto', 'there')
    assert Off.runs > before
    for path in (tmp_path / 'cache').rglob('*.json'):
        path.write_text('{"mean_mm": "a page of nonsense"}')
    before = Off.runs
    assert choose(model, offered, 'auto', 'here') == 'bfloat16'
    assert Off.runs > before


def test_distances_are_means_in_millimetres() -> None:
    assert disagreement_mm(Off('float32', 2e-3), reference()) == pytest.approx(2.0, rel=1e-3)
    assert joints_of(Off('float32', 0.0)).shape == (200, 21, 3)


@given(st.lists(st.floats(-1.0, 1.0, width=32), min_size=1, max_size=50))
def test_packed_crops_keep_depth_within_a_step_and_the_background(values: list[float]) -> None:
    crops = np.array(values, np.float32)
    again = unpack(pack(crops))
    assert np.abs(again - crops).max() <= 1.0 / 254 + 1e-6
    assert (again[crops >= 1.0] == 1.0).all()
    np.testing.assert_array_equal(pack(crops) == 255, crops >= 1.0)


def test_the_probe_is_200_crops_with_hands() -> None:
    probe = load_probe()
    assert probe.crops.shape == (200, 128, 128)
    assert probe.centers_m.shape == (200, 3)
    assert (probe.centers_m[:, 2] > 0.1).all()
    assert probe.sizes_m.shape == (200,)
    seen = (probe.crops < 1.0).mean(axis=(1, 2))
    assert seen.min() > 0.02
