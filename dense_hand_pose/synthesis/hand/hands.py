# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Random hands: a model with a size, a sleeve, a pose and a side.

Poses are interpolated gestures, blends by finger, correlated curls, grasps and uniform angles.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dense_hand_pose.kinematics.anatomy import (
    ABDUCTION,
    DIP,
    FINGERS,
    LIMITS_DEG,
    MCP,
    PIP,
    THUMB,
    WRIST_DEVIATION,
    WRIST_FLEXION,
)
import numpy as np
import numpy.typing as npt

from .collision import MAX_DEPTH_M, penetration_m
from .gestures import (
    abduction_deg,
    DIP_PER_PIP,
    FINGER_POSTURES,
    GESTURE_DOF,
    GESTURES,
    GRASP_RADIUS_M,
    pinch_dof,
    PINCHES,
    power_grasp_dof,
    THUMB_POSTURES,
)
from .model import HandModel, mirror, Source

FloatArray = npt.NDArray[np.float64]
MAX_TRIES = 20
_DIP_NOISE_DEG = 10.0
_OPEN = [list(GESTURES).index(name) for name in ('flat', 'open', 'spread', 'relaxed', 'stretched')]
# Share of each kind of pose; the first is the near-open hand.
_KINDS = ('open', 'closed', 'gestures', 'fingers', 'curls', 'grasp', 'uniform')
_SHARES = np.cumsum([0.26, 0.11, 0.24, 0.12, 0.08, 0.12, 0.07])
_FLAT_SHARE = 0.55  # of the closed ones; the others are fists
_FINGER_COLUMNS = tuple(slice(first, first + 4) for first in FINGERS)
_THUMB_COLUMNS = slice(THUMB, THUMB + 5)
_MCP_COLUMNS = np.array(FINGERS) + MCP
_ABDUCTION_COLUMNS = np.array(FINGERS) + ABDUCTION
_PIP_COLUMNS = np.array(FINGERS) + PIP
_DIP_COLUMNS = np.array(FINGERS) + DIP
_FLAT_THUMBS = ('beside', 'beside', 'rest', 'front', 'out', 'up')
_FIST_THUMBS = ('over', 'across', 'beside', 'up')
_THUMB_WITHIN = (34.0, 8.0, 22.0, 45.0, 20.0)  # across the palm, below the fingers
_STRAIGHTEST, _CURLED = np.array(FINGER_POSTURES['back']), np.array(FINGER_POSTURES['curled'])


def sample_dof(rng: np.random.Generator) -> FloatArray:
    """Return (23,) angles in degrees within the limits; self-collision is not looked at."""
    kind = _KINDS[int(np.searchsorted(_SHARES, rng.random()))]
    if kind == 'open':
        dof = _near_open(rng)
    elif kind == 'closed':
        dof = _flat_closed(rng) if rng.random() < _FLAT_SHARE else _fist(rng)
    elif kind == 'gestures':
        dof = _between_gestures(rng)
    elif kind == 'fingers':
        dof = _mixed_fingers(rng)
    elif kind == 'curls':
        dof = _curls(rng)
    elif kind == 'grasp':
        dof = _grasp(rng)
    else:
        low, high = LIMITS_DEG.T
        dof = low + (high - low) * rng.random(len(low))
    return _settled(rng, dof, move_wrist=kind != 'uniform')


def _settled(rng: np.random.Generator, dof: FloatArray, move_wrist: bool) -> FloatArray:
    """Add wrist and DIP joints to angles (23,), stiffen flexed knuckles, keep the limits."""
    if move_wrist:
        _set_wrist(rng, dof)
    dof[_DIP_COLUMNS] = DIP_PER_PIP * dof[_PIP_COLUMNS] + _DIP_NOISE_DEG * rng.standard_normal(4)
    # Taut collateral ligaments hold a flexed knuckle: its sideways play shrinks.
    play = 1.0 - 0.8 * np.minimum(np.maximum(dof[_MCP_COLUMNS], 0.0) / 80.0, 1.0)
    dof[_ABDUCTION_COLUMNS] *= play
    limited: FloatArray = np.minimum(np.maximum(dof, LIMITS_DEG[:, 0]), LIMITS_DEG[:, 1])
    return limited


def sample_free_dof(rng: np.random.Generator, model: HandModel, scale: FloatArray) -> FloatArray:
    """
    Return (23,) angles whose hand, stretched by scale (B, 3), does not cut into itself.

    Poses deeper than MAX_DEPTH_M are drawn again; after MAX_TRIES an open hand is taken.
    """
    return _first_free(lambda: sample_dof(rng), model, scale)


def sample_grasp_dof(rng: np.random.Generator, model: HandModel, scale: FloatArray) -> FloatArray:
    """
    Return (23,) angles of a hand about a cylinder of 8 to 42 mm radius, or pinching a small thing.

    As sample_free_dof(): the hand, stretched by scale (B, 3), does not cut into itself.
    """
    return _first_free(lambda: _settled(rng, _grasp(rng), move_wrist=True), model, scale)


def _first_free(draw: Callable[[], FloatArray], model: HandModel, scale: FloatArray) -> FloatArray:
    length_m = model.length_m * float(np.median(scale[:, 1]))
    for _ in range(MAX_TRIES):
        dof = draw()
        if penetration_m(model.joints(dof, scale), length_m) <= MAX_DEPTH_M:
            return dof
    fallback: FloatArray = GESTURE_DOF[_OPEN[1]].copy()
    return fallback


def _jitter(rng: np.random.Generator, dof: FloatArray, sd_deg: float) -> None:
    """Vary all angles from the thumb on by sd_deg; abduction, by both draws, by 1.12 sd_deg."""
    dof[THUMB:] += sd_deg * rng.standard_normal(len(dof) - THUMB)
    dof[_ABDUCTION_COLUMNS] -= 0.5 * sd_deg * rng.standard_normal(4)


def _set_wrist(rng: np.random.Generator, dof: FloatArray) -> None:
    dof[WRIST_FLEXION] = -4.0 + 22.0 * rng.standard_normal()
    dof[WRIST_DEVIATION] = 4.0 + 11.0 * rng.standard_normal()


def _near_open(rng: np.random.Generator) -> FloatArray:
    dof: FloatArray = GESTURE_DOF[_OPEN[rng.integers(len(_OPEN))]].copy()
    common = 12.0 * rng.standard_normal()
    dof[_MCP_COLUMNS] += common
    dof[_PIP_COLUMNS] += abs(common) * rng.random()
    _jitter(rng, dof, 8.0)
    return dof


def _flat_closed(rng: np.random.Generator) -> FloatArray:
    """Return a flat hand with its fingers together, bent a little as a whole at times."""
    dof: FloatArray = GESTURE_DOF[_OPEN[0]].copy()
    _jitter(rng, dof, 2.5)
    dof[_ABDUCTION_COLUMNS] = abduction_deg(rng.uniform(-1.8, -0.5))
    bend = max(12.0 * rng.standard_normal(), 0.0)
    dof[_MCP_COLUMNS] += bend
    dof[_PIP_COLUMNS] += bend * rng.random()
    dof[_THUMB_COLUMNS] = THUMB_POSTURES[_FLAT_THUMBS[rng.integers(len(_FLAT_THUMBS))]]
    dof[_THUMB_COLUMNS] += 5.0 * rng.standard_normal(5)
    return dof


def _fist(rng: np.random.Generator) -> FloatArray:
    """Return a fist, tight or loose, its thumb outside, beside, up or within the fingers."""
    dof: FloatArray = GESTURE_DOF[list(GESTURES).index('fist')].copy()
    loose = rng.random() ** 2
    dof[_MCP_COLUMNS] -= 25.0 * loose
    dof[_PIP_COLUMNS] -= 30.0 * loose
    _jitter(rng, dof, 4.0)
    thumb = (*_FIST_THUMBS, None)[rng.integers(len(_FIST_THUMBS) + 1)]
    within = np.array(_THUMB_WITHIN) if thumb is None else np.array(THUMB_POSTURES[thumb])
    dof[_THUMB_COLUMNS] = within + 4.0 * rng.standard_normal(5)
    return dof


def _between_gestures(rng: np.random.Generator) -> FloatArray:
    first, second = rng.integers(len(GESTURE_DOF), size=2)
    # Beta(0.6, 0.6): most hands are near one of the two gestures, all transitions occur.
    share = rng.beta(0.6, 0.6)
    dof: FloatArray = GESTURE_DOF[first] * (1.0 - share) + GESTURE_DOF[second] * share
    _jitter(rng, dof, 6.0)
    return dof


def _mixed_fingers(rng: np.random.Generator) -> FloatArray:
    dof: FloatArray = GESTURE_DOF[rng.integers(len(GESTURE_DOF))].copy()
    for columns in (_THUMB_COLUMNS, *_FINGER_COLUMNS):
        first, second = GESTURE_DOF[rng.integers(len(GESTURE_DOF), size=2), columns]
        share = rng.random()
        dof[columns] = first * (1.0 - share) + second * share
    _jitter(rng, dof, 5.0)
    return dof


def _grasp(rng: np.random.Generator) -> FloatArray:
    """Return a power grasp (55 %) or a pinch of one of several kinds."""
    if rng.random() < 0.55:
        dof = power_grasp_dof(rng.uniform(*GRASP_RADIUS_M))
        dof[_ABDUCTION_COLUMNS] = abduction_deg(rng.uniform(-0.6, 0.6))
    else:
        dof = pinch_dof(PINCHES[rng.integers(len(PINCHES))], rng.random())
    _jitter(rng, dof, 4.0)
    return dof


def _curls(rng: np.random.Generator) -> FloatArray:
    dof: FloatArray = GESTURE_DOF[rng.integers(len(GESTURE_DOF))].copy()
    slope = 0.15 * rng.standard_normal()
    curl = rng.random() + slope * np.arange(-1.5, 2.0) + 0.08 * rng.standard_normal(4)
    curl = np.minimum(np.maximum(curl, 0.0), 1.0)
    unequal = 0.15 * rng.standard_normal()  # some close from the knuckles, some from the tips
    dof[_MCP_COLUMNS] = _STRAIGHTEST[0] + (_CURLED[0] - _STRAIGHTEST[0]) * (curl + unequal)
    dof[_PIP_COLUMNS] = _STRAIGHTEST[1] + (_CURLED[1] - _STRAIGHTEST[1]) * (curl - unequal)
    dof[_ABDUCTION_COLUMNS] = abduction_deg(rng.uniform(-1.0, 1.0))
    _jitter(rng, dof, 5.0)
    return dof


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
