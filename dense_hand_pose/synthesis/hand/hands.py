# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Whole random hands: a model with a size, a sleeve, a pose and a side of its own."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .model import HandModel, mirror, Source
from .poses import sample_free_dof

FloatArray = npt.NDArray[np.float64]
_MAKEHUMAN_SHARE, _SLEEVE_SHARE = 0.40, 0.40
_CUT_SHARE, _CUT_M = 0.15, (0.0, 0.06)  # a black sleeve has no depth: the forearm is missing
_SLEEVE_START_M, _SLEEVE_THICKNESS_M = (0.0, 0.12), (0.003, 0.02)


@dataclass(frozen=True)
class SampledHand:
    """
    A hand with its forearm in the frame of its wrist, metres.

    vertices_m (V, 3) float32; triangles (T, 3) int32; joints_m (21, 3) in the order of HAND_21;
    side: +1 right, -1 left.
    """

    vertices_m: npt.NDArray[np.float32]
    triangles: npt.NDArray[np.int32]
    joints_m: FloatArray
    side: int


def sample_hand(rng: np.random.Generator) -> SampledHand:
    """
    Draw a hand; the generator's state alone decides which.

    Its shape is drawn too, from a continuous space: no two seeds share a hand, and seeds that no
    training reaches show hands that were never trained on.
    """
    source: Source = 'makehuman' if rng.random() < _MAKEHUMAN_SHARE else 'soma'
    model = HandModel.load(source).sample_shape(rng)
    scale = model.sample_scale(rng)
    rest = None
    if rng.random() < _SLEEVE_SHARE:
        rest = model.sleeve(rng.uniform(*_SLEEVE_START_M), rng.uniform(*_SLEEVE_THICKNESS_M))
    hand = model.pose(sample_free_dof(rng, model, scale), scale, rest)
    side = 1 if rng.random() < 0.5 else -1
    if side < 0:
        mirror(hand.vertices_m)
        mirror(hand.joints_m)
    triangles = model.triangles
    if rng.random() < _CUT_SHARE:
        behind = model.vertices_m[triangles, 0].max(axis=1)
        triangles = np.ascontiguousarray(triangles[behind < rng.uniform(*_CUT_M)])
    return SampledHand(hand.vertices_m, triangles, hand.joints_m, side)
