# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Training hands: seeds that never meet, and a stream that goes on where it stopped."""

from dense_hand_pose.training.data.synthetic import (
    Batch,
    loader_of,
    make_batch,
    SyntheticBatches,
    validation_batches,
)  # fmt: skip
import torch


def same(a: Batch, b: Batch) -> bool:
    return torch.equal(a.crop, b.crop) and torch.equal(a.joints_m, b.joints_m)


def test_shapes() -> None:
    batch = make_batch(3, 2)
    assert batch.crop.shape == (2, 1, 128, 128)
    assert batch.joints_m.shape == (2, 21, 3)
    assert batch.cube.center_m.shape == (2, 3)
    assert batch.cube.size_m.shape == (2,)
    assert all(t.dtype == torch.float32 for t in (batch.crop, batch.joints_m, *batch.cube))


def test_the_stream_goes_on_where_it_stopped() -> None:
    whole, later = iter(SyntheticBatches(5, 1, 0)), iter(SyntheticBatches(5, 1, 2))
    batches = [next(whole) for _ in range(4)]
    assert same(batches[2], next(later))
    assert same(batches[3], next(later))
    assert not same(batches[0], batches[1])


def test_runs_of_other_seeds_see_other_hands() -> None:
    assert not same(next(iter(SyntheticBatches(1, 1, 0))), next(iter(SyntheticBatches(2, 1, 0))))


def test_two_workers_give_the_order_of_none() -> None:
    alone = iter(SyntheticBatches(7, 1, 3))
    loader = iter(loader_of(SyntheticBatches(7, 1, 3), workers=2))
    assert all(same(next(alone), next(loader)) for _ in range(5))
    del loader


def test_validation_is_fixed_and_of_the_right_size() -> None:
    first, again = validation_batches(5, 2), validation_batches(5, 2)
    assert [len(batch.crop) for batch in first] == [2, 2, 1]
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert not same(first[0], first[1])
