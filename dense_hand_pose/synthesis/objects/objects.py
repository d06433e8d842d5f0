# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A thing in the hand, as large as the fingers leave room for.

Boxes, cylinders, balls, tools, cups, bottles, phones, sheets of paper, cables and cloth.

The hand is approximated by balls along the bones (hand_balls.py). A thing is put between thumb and
fingers or on the palm, pushed out of the balls and made smaller until it cuts no deeper into them
than flesh gives way; it counts as held when it touches two parts of the hand.
"""

import numpy as np
import numpy.typing as npt

from .shapes import column, frame_along, held_cloth, Mesh
from .solids import (
    BALL,
    BOX,
    CYLINDER,
    deepest_cut,
    MAX_CUT_M,
    settle,
    solid_mesh,
    touched_parts,
)
from ..hand.collision import hand_balls, palm_frame, PART

FloatArray = npt.NDArray[np.float64]
HELD_SHARE, HELD_SHARE_GRASP = 0.16, 0.6
_GRASPED = ('box', 'cylinder', 'ball', 'tool', 'cup', 'bottle', 'phone')
_PINCHED = ('box', 'cylinder', 'ball', 'tool', 'paper', 'cable')
_SOLID = {
    'box': BOX,
    'cylinder': CYLINDER,
    'ball': BALL,
    'cup': CYLINDER,
    'bottle': CYLINDER,
    'cable': CYLINDER,
    'phone': BOX,
    'paper': BOX,
}
_WALL_M = 0.003  # of a cup
_NECK_M = 0.10  # of a bottle, at most
_SHRINK, _SIZES = 0.82, 8
_KNUCKLES = [5, 9, 13, 17]
_MIDDLE_JOINTS = [6, 10, 14, 18]


HELD = tuple(sorted({*_GRASPED, *_PINCHED, 'cloth'}))
"""Names of what a hand can hold."""


def hold(rng: np.random.Generator, joints_m: FloatArray, side: int, name: str = '') -> list[Mesh]:
    """
    Return the meshes of a thing in the hand (none where none fits); in the joints' frame.

    ``name``: one of HELD, drawn without it ('cloth' only by name). ValueError for another.
    """
    if name not in ('', *HELD):
        raise ValueError(f'name = {name!r}: expected one of {", ".join(HELD)}')
    axes = palm_frame(joints_m, side)
    balls = hand_balls(joints_m)
    pinch = rng.random() < 0.35 if not name else name not in _GRASPED
    tips = joints_m[8] if rng.random() < 0.5 else 0.5 * (joints_m[8] + joints_m[12])
    if pinch:
        seed, axis = 0.5 * (joints_m[4] + tips), rng.standard_normal(3)
        thumb = joints_m[4] - tips
        axis -= (axis @ thumb) / max(float(thumb @ thumb), 1e-12) * thumb
    else:
        inside = 0.6 * joints_m[_KNUCKLES].mean(axis=0) + 0.4 * joints_m[_MIDDLE_JOINTS].mean(
            axis=0
        )
        seed = inside + rng.uniform(0.02, 0.05) * axes[2] - rng.uniform(0.0, 0.03) * axes[0]
        axis = axes[1] + 0.25 * rng.standard_normal(3)
    frame = frame_along(axis / np.sqrt(axis @ axis))
    if name == 'cloth':
        away = seed - joints_m[0]
        return [held_cloth(rng, seed, away / np.sqrt(away @ away))]
    names = _PINCHED if pinch else _GRASPED
    name = name or names[rng.integers(len(names))]
    if name == 'tool':
        return _tool(rng, seed, frame, balls, pinch)
    fitted = _fit(_SOLID[name], _sizes(rng, name, pinch), seed, frame, balls)
    if fitted is None:
        return []
    if name == 'cup':
        return [cup_mesh(rng, *fitted, frame)]
    if name == 'bottle':
        return [_bottle(rng, *fitted, frame, balls)]
    return [solid_mesh(_SOLID[name], *fitted, frame)]


def _sizes(rng: np.random.Generator, name: str, pinch: bool) -> FloatArray:
    """Draw half sizes (3,) of a thing by its name, as solids.distance() takes them."""
    if name == 'phone':
        return rng.uniform((0.03, 0.0035, 0.06), (0.042, 0.006, 0.085))
    if name == 'paper':
        return rng.uniform((0.03, 0.0008, 0.05), (0.11, 0.0015, 0.15))
    if name in ('cup', 'bottle', 'cable'):
        low, high = {
            'cup': ((0.026, 0.035), (0.045, 0.065)),
            'bottle': ((0.024, 0.06), (0.042, 0.11)),
            'cable': ((0.002, 0.08), (0.005, 0.3)),
        }[name]
        radius, half_length = rng.uniform(low, high)
        return np.array([radius, radius, half_length])
    size = rng.uniform(0.012, 0.028) if pinch else rng.uniform(0.018, 0.042)
    half = np.full(3, size)
    if name == 'box':
        half = size * rng.uniform(0.45, 1.3, 3)
    if name == 'cylinder' or (name == 'box' and rng.random() < 0.5):
        half[2] = rng.uniform(0.03, 0.11)
    return half


def cup_mesh(
    rng: np.random.Generator, half: FloatArray, center_m: FloatArray, rotation: FloatArray
) -> Mesh:
    """Return a cup within a cylinder: open at one end, narrower at the other."""
    radius, high = float(half[0]), float(half[2])
    bottom = radius * rng.uniform(0.65, 1.0)
    rings = np.zeros((6, 5))
    rings[:, 2] = (-high, -high, high, high, _WALL_M - high, _WALL_M - high)
    rings[:, 3] = (0.0, bottom, radius, radius - _WALL_M, bottom - _WALL_M, 0.0)
    rings[:, 4] = rings[:, 3]
    return column(rings, center_m, rotation)


def bottle_mesh(
    rng: np.random.Generator, half: FloatArray, center_m: FloatArray, rotation: FloatArray
) -> Mesh:
    """Return a cylinder with a shoulder and a neck of up to 10 cm beyond its end."""
    radius, high = float(half[0]), float(half[2])
    neck = radius * rng.uniform(0.3, 0.5)
    shoulder = high + rng.uniform(0.01, 0.04)
    top = shoulder + rng.uniform(0.02, 0.06)
    rings = np.zeros((6, 5))
    rings[:, 2] = (-high, -high, high, shoulder, top, top)
    rings[:, 3] = (0.0, radius, radius, neck, neck, 0.0)
    rings[:, 4] = rings[:, 3]
    return column(rings, center_m, rotation)


def _bottle(
    rng: np.random.Generator,
    half: FloatArray,
    center_m: FloatArray,
    rotation: FloatArray,
    balls: FloatArray,
) -> Mesh:
    """Return a bottle whose neck touches nothing, or the cylinder where a neck has no room."""
    space = np.array([half[0], half[1], 0.5 * _NECK_M])
    at = center_m + rotation[:, 2] * float(half[2] + 0.5 * _NECK_M)
    if deepest_cut(CYLINDER, space, at, rotation, balls)[0] > 0.0:
        return solid_mesh(CYLINDER, half, center_m, rotation)
    return bottle_mesh(rng, half, center_m, rotation)


def _fit(
    kind: int, half: FloatArray, seed_m: FloatArray, rotation: FloatArray, balls: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Return half sizes and centre of the largest thing that fits and is held, or None."""
    for _ in range(_SIZES):
        center, cut = settle(kind, half, seed_m, rotation, balls)
        moved = center - seed_m
        # What was pushed far went through the hand and lies beside or behind it.
        if cut <= MAX_CUT_M and moved @ moved < 0.04**2:
            if touched_parts(kind, half, center, rotation, balls, PART) >= 2:
                return half, center
            return None
        half = half * (_SHRINK if kind != CYLINDER else np.array([_SHRINK, _SHRINK, 1.0]))
    return None


def _tool(
    rng: np.random.Generator,
    seed_m: FloatArray,
    rotation: FloatArray,
    balls: FloatArray,
    pinch: bool,
) -> list[Mesh]:
    """Return a handle that is held and a head at one of its ends that touches nothing."""
    radius = rng.uniform(0.004, 0.008) if pinch else rng.uniform(0.008, 0.018)
    length = rng.uniform(0.05, 0.11)
    fitted = _fit(CYLINDER, np.array([radius, radius, length]), seed_m, rotation, balls)
    if fitted is None:
        return []
    half, center = fitted
    handle = solid_mesh(CYLINDER, half, center, rotation)
    head = rng.uniform(0.008, 0.03, 3)
    kind = int(rng.integers(3))
    if kind != BOX:
        head[:2] = head[0]
    if kind == BALL:
        head[2] = head[0]
    at = center + rotation[:, 2] * float(half[2] + 0.8 * head[2])
    if deepest_cut(kind, head, at, rotation, balls)[0] > 0.0:
        return [handle]
    return [handle, solid_mesh(kind, head, at, rotation)]
