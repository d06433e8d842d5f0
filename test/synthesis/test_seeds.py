# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The ranges of seeds: none overlap, and no two hands share their randomness."""

from itertools import combinations

from dense_hand_pose.synthesis import seeds
from dense_hand_pose.synthesis.seeds import CROPS_OF_SEED_0, RUNS, SEEDS_PER_RUN, VALIDATION
import numpy as np
import pytest

RANGES = {name: value for name, value in vars(seeds).items() if isinstance(value, range)}


def state(seed: int, crop: int) -> tuple[int, ...]:
    """Return what the generator of a crop (crops.render_crops) starts from."""
    return tuple(np.random.SeedSequence([seed, crop]).generate_state(4).tolist())


@pytest.mark.parametrize(('one', 'other'), list(combinations(RANGES, 2)))
def test_no_two_ranges_overlap(one: str, other: str) -> None:
    a, b = RANGES[one], RANGES[other]
    assert a and b and (a[-1] < b[0] or b[-1] < a[0])


def test_all_seeds_of_trainings_fit_a_word() -> None:
    assert RANGES['TRAINING'][-1] == 2**32 - 1


def test_no_two_crops_of_any_run_or_held_out_set_share_their_randomness() -> None:
    """Over the corners of what a configuration allows: seeds are words, and zeros fill them up."""
    runs = [SEEDS_PER_RUN * seed for seed in (0, 1, 2, 254, RUNS - 1)]
    firsts = [*runs, *(values[0] for name, values in RANGES.items() if name != 'TRAINING')]
    crops = [0, 1, 2, 31, 254, CROPS_OF_SEED_0 - 1]
    places = {(first + i, crop) for first in firsts for i in range(3) for crop in crops}
    # Large batches are allowed to all runs but that of seed 0.
    large = [256, 257, 511, 512, 1024, 4095]
    places |= {(first + i, crop) for first in runs[1:] for i in range(3) for crop in large}
    assert len({state(*place) for place in places}) == len(places)


def test_beyond_these_bounds_hands_would_be_shared() -> None:
    assert state(SEEDS_PER_RUN * RUNS + 5, 0) == state(5, 1)
    assert state(5, CROPS_OF_SEED_0) == state(VALIDATION[5], 0)
