# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The seeds of everything that is rendered: a range for each purpose, and no two overlap.

A generator starts from words: the seed, then the number of a crop or a stream. NumPy cuts a seed
into words of 32 bits and fills up with zeros: crop 0 of seed 2 ** 32 + i would be crop 1 of seed
i, and crop 256 of seed i crop 0 of seed 2 ** 40 + i. Hence the limits below.
"""

from typing import Final

SEEDS_PER_RUN: Final = 2**24
"""Batches of one training: batch i of run r renders seed r * SEEDS_PER_RUN + i."""
RUNS: Final = 2**8
"""Trainings that share no hand: their seeds fit one word."""
CROPS_OF_SEED_0: Final = 2**8
"""Crops in a batch of run 0; the next one would be the first of a validation batch."""


def _seeds(first: int) -> range:
    return range(first, first + SEEDS_PER_RUN)


TRAINING: Final = range(RUNS * SEEDS_PER_RUN)
VALIDATION: Final = _seeds(2**40)
"""Of networks by crops, of detectors by scenes."""
TEST_FRAMES: Final = _seeds(2**41)
TEST_SCENES: Final = _seeds(2**42)
"""Frames of tools/build_hand_prior.py too, whose generators start from another last word."""
TEST_SEQUENCES: Final = _seeds(2**43)
PRESENCE_TRAINING: Final = _seeds(2**44)
PRESENCE_TEST: Final = _seeds(2**45)
"""The first one's crops are those of runtimes/data/probe_crops.npz, too."""
CALIBRATION: Final = _seeds(2**46)
SENSOR_STATISTICS: Final = _seeds(2**47)
PRESENCE_SCENES: Final = _seeds(2**48)
MINED_SCENES: Final = range(2**49, 2**49 + 1)
MINED_CHOICES: Final = range(2**49 + 1, 2**49 + 2)
STUDY: Final = _seeds(2**50)
GPU_CHECK: Final = _seeds(2**51)
TEST_SITUATIONS: Final = _seeds(2**52)
TEST_OBJECT_SEQUENCES: Final = _seeds(2**53)
