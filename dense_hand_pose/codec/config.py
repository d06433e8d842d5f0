# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""How votes are merged: settings alone, without PyTorch, for every runtime."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

from dense_hand_pose.config_fields import bounded, check_fields, one_of

REFERENCE_CUBE_M = 0.30
"""theta (encoding.SupportRadius) holds for a cube of this edge and grows with the cube."""
SAME_SURFACE = 0.103
"""
Normalised depth within which pixels lie on one surface: 15.45 mm of a 300 mm cube.

Between the steps of depth images (depth_image.BETWEEN_STEPS_M), as every threshold of depth.
"""
EPSILON = 1e-6
"""Weights below it count as none."""
AGREEMENT_SIGMA_M = 0.04
"""Votes this far from their joint count exp(-1/2) towards its confidence."""
SHARPNESS = 30.0
"""Softly merged votes weigh as much as exp(SHARPNESS S) at their pixel (AWR, Sec. 3.3)."""


class Merger(NamedTuple):
    """A merging of votes: its function in PyTorch and in NumPy, 'module:name' in this package."""

    torch: str
    numpy: str


_ALL = Merger('decoding:merge_all', 'numpy_decoding:merge_all')
_BEST = Merger('decoding:merge_best', 'numpy_decoding:merge_best')
MERGERS = {'soft': _ALL, 'mean_shift': _BEST, 'dense_mean_shift': _ALL}
METHODS = tuple(MERGERS)


def load_merger(function: str) -> Any:
    """Return the function that a part of a Merger names."""
    module, _, name = function.partition(':')
    return getattr(import_module(f'.{module}', __package__), name)


@dataclass(frozen=True, kw_only=True)
class DecodingConfig:
    """
    How votes are merged (paper Table 1 studies each of the settings of its mean shift).

    ``method``: 'mean_shift' is the paper's, of the K best votes of a joint; 'soft' is the mean of
    every pixel's vote by a softmax over S; 'dense_mean_shift' climbs from there over all of them.

    candidates K, bandwidth_m sigma, iterations N; ``weighted``: votes weigh as much as R at their
    own projection, otherwise as (1 + R) S at their pixel; ``score``: candidates are ranked by
    'r_and_s', (1 + R) S as the released code does, or by 's' as in the paper's text. The other
    methods read neither of these two, and K only as the number of votes that are reported.
    """

    method: str = one_of('soft', METHODS)
    candidates: int = bounded(5, 1, 256)
    bandwidth_m: float = bounded(0.04, 0.001, 1.0, 'm')
    iterations: int = bounded(10, 0, 100)
    weighted: bool = True
    score: str = one_of('r_and_s', ('r_and_s', 's'))

    def __post_init__(self) -> None:
        """Check the ranges; errors name the value."""
        check_fields(self)
