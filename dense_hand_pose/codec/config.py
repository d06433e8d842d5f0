# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""How votes are merged: settings alone, which every runtime reads and none has to compute."""

from dataclasses import dataclass

from dense_hand_pose.config_fields import bounded, check_fields, one_of

REFERENCE_CUBE_M = 0.30
"""theta (encoding.Reach) holds for a cube of this edge and grows with the cube."""
SAME_SURFACE = 0.1
"""Normalised depth (15 mm of a 300 mm cube) within which pixels lie on one surface."""
VANISHED = 1e-6
"""Weights below it count as none."""
CLOSE_M = 0.04
"""Votes this far from their joint count exp(-1/2) towards its confidence."""


METHODS = ('soft', 'mean_shift', 'dense_mean_shift')
SHARPNESS = 30.0
"""Softly merged votes weigh as much as exp(SHARPNESS S) at their pixel (AWR, Sec. 3.3)."""


@dataclass(frozen=True, kw_only=True)
class DecodingConfig:
    """
    How votes are merged (paper Table 1 studies each of the settings of its mean shift).

    ``method``: 'mean_shift' is the paper's, of the K best votes of a joint; 'soft' is the mean of
    every pixel's vote by a softmax over S; 'dense_mean_shift' climbs from there over all of them.

    candidates K, bandwidth_m sigma, iterations N; ``weighted``: votes weigh as much as R at their
    own projection, otherwise as (1 + R) S at their pixel; ``score``: candidates are ranked by
    'r_and_s', (1 + R) S as the released code does, or by 's' as the paper's text says. The other
    methods know neither of these two, and K only as the number of votes that are told.
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
