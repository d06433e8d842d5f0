# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
How hands come, go, hide and meet before a camera: paths through way-points, by kind.

Everything stays within DURATION_S. Two hands are never nearer to each other than APART_M, centre
to centre, so that a follower has no reason to take one for the other.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..hand.gestures import smooth_step
from ..people.second_hand import Sight

FloatArray = npt.NDArray[np.float64]
Rng = np.random.Generator
DURATION_S = 5.0
APART_M = 0.15
_NEAR_M, _FAR_M = 0.42, 0.65
_SPEED_M_S = 1.2  # mean of a hand that leaves or comes
_OUT_M = 0.24  # beyond the border: hand and a part of the forearm
_SCREEN_SHARE = 0.72  # of the hand's distance, where a screen passes
_HALF_TURNS = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])  # borders: right, left, bottom


@dataclass(frozen=True)
class Path:
    """Way-points: times_s (W,) rising, points_m (W, 3); it rests at each for an instant."""

    times_s: tuple[float, ...]
    points_m: FloatArray

    def at(self, t_s: float) -> FloatArray:
        """Return the place (3,) at a time; the ends hold before and after."""
        after = int(np.searchsorted(self.times_s, t_s, side='right'))
        if after in (0, len(self.times_s)):
            return np.array(self.points_m[min(after, len(self.times_s) - 1)])
        begin, end = self.times_s[after - 1], self.times_s[after]
        share = smooth_step((t_s - begin) / (end - begin))
        place: FloatArray = self.points_m[after - 1] * (1.0 - share) + self.points_m[after] * share
        return place


@dataclass(frozen=True)
class Script:
    """Paths of the hands' centres, and of a board that passes before them."""

    hands: tuple[Path, ...]
    screen: Path | None = None


def sample_script(rng: Rng, kind: str, sight: Sight) -> Script:
    """Draw a script of a kind; ValueError for one that KINDS lacks."""
    if kind not in KINDS:
        raise ValueError(f'kind = {kind!r}: expected one of {", ".join(KINDS)}')
    return KINDS[kind](rng, sight)


def _inside(rng: Rng, sight: Sight, z_m: float, reach: float = 0.5) -> FloatArray:
    """Draw a place in the middle part of the image."""
    return sight.somewhere(rng, z_m, 0.5 - 0.5 * reach)


def _outside(rng: Rng, sight: Sight, at_m: FloatArray) -> FloatArray:
    """Return a place beyond a border of the image, on the way from a place in it."""
    side = _HALF_TURNS[rng.integers(len(_HALF_TURNS))]
    k, size = sight.intrinsics, np.array([sight.camera.width, sight.camera.height])
    border = (np.where(side > 0, size, 0.0) - [k.cx, k.cy]) / [k.fx, k.fy] * at_m[2]
    x, y = np.where(side != 0.0, border + _OUT_M * side, at_m[:2]).tolist()
    return np.array([x, y, at_m[2]])


def _distance(rng: Rng) -> float:
    return float(rng.uniform(_NEAR_M, _FAR_M))


def _alone(rng: Rng, sight: Sight) -> Script:
    """Return a hand that stays in the image, moving and resting."""
    times = np.linspace(0.0, DURATION_S, 5)
    points = np.stack([_inside(rng, sight, _distance(rng)) for _ in times])
    return Script((Path(tuple(times.tolist()), points),))


def _visits(rng: Rng, sight: Sight, starts_inside: bool) -> Path:
    """Return a path that leaves the image and comes back, some twice."""
    z = _distance(rng)
    times, points = [0.0], [_inside(rng, sight, z)]
    if not starts_inside:
        points = [_outside(rng, sight, points[0])]
    t, inside = rng.uniform(0.7, 1.1), starts_inside
    while t < DURATION_S - 0.7:
        # It stays, then goes beyond the border or back.
        there = points[-1] + 0.02 * rng.standard_normal(3) * [1.0, 1.0, 0.5]
        here = _outside(rng, sight, there) if inside else _inside(rng, sight, z)
        way_m = float(np.linalg.norm(here - there))
        times += [t, t + max(0.4, way_m / _SPEED_M_S)]
        points += [there, here]
        inside = not inside
        t = times[-1] + rng.uniform(0.5, 0.9)
    times.append(max(DURATION_S, times[-1] + 0.1))
    points.append(points[-1])
    return Path(tuple(float(time) for time in times), np.stack(points))


def _leave(rng: Rng, sight: Sight) -> Script:
    return Script((_visits(rng, sight, True),))


def _hide(rng: Rng, sight: Sight) -> Script:
    """Return a hand before which a board passes twice, and stays for some frames."""
    first = _inside(rng, sight, _distance(rng), 0.35)
    second = first + rng.standard_normal(3) * [0.06, 0.04, 0.0]
    hand = Path((0.0, 1.4, 3.6, DURATION_S), np.stack([first, first, second, second]))
    times: list[float] = [0.0]
    points: list[FloatArray] = []
    for t, stay in ((1.0, rng.uniform(0.2, 0.8)), (3.2, rng.uniform(0.2, 0.6))):
        before = _SCREEN_SHARE * hand.at(t + 0.4 + stay / 2)
        away = before + np.array([rng.choice([-1.0, 1.0]) * 0.7, 0.0, 0.0])
        times += [t, t + 0.4, t + 0.4 + stay, t + 0.8 + stay]
        points += [away, away, before, before] if not points else [away, before, before]
        points.append(away)
    return Script((hand,), Path(tuple(times), np.stack(points)))


def _cross(rng: Rng, _: Sight) -> Script:
    """Return two hands that pass each other, one behind the other, and come back."""
    near = rng.uniform(_NEAR_M, 0.5)
    far = near + rng.uniform(APART_M + 0.01, 0.24)
    times = (0.0, 0.8, 2.2, 2.9, 4.3, DURATION_S)
    wide = rng.uniform(0.11, 0.15)
    height = [rng.uniform(-0.02, 0.06) for _ in range(2)]
    turns = np.array([-1.0, -1.0, 1.0, 1.0, -1.0, -1.0])
    paths = [
        Path(times, np.stack([np.array([s * wide * turn, y, z]) for turn in turns]))
        for s, y, z in zip((1.0, -1.0), height, (near, far), strict=True)
    ]
    return Script(tuple(paths))


def _meet(rng: Rng, _: Sight) -> Script:
    """Return two hands side by side that come as near as they may, and part again."""
    z = rng.uniform(0.48, _FAR_M)
    close, wide = rng.uniform(APART_M + 0.005, 0.18) / 2.0, rng.uniform(0.13, 0.17)
    half = np.array([wide, close, close, wide, close, wide])
    times = (0.0, 1.2, 1.8, 3.0, 4.2, DURATION_S)
    y = rng.uniform(-0.02, 0.06, len(half))
    paths = [
        Path(times, np.stack([s * half, y, np.full(len(half), z)], axis=1)) for s in (1.0, -1.0)
    ]
    return Script(tuple(paths))


def _second(rng: Rng, sight: Sight) -> Script:
    """Return a hand that stays, and one beside it that comes and goes."""
    z = rng.uniform(0.45, _FAR_M)
    still = np.array([-0.11, rng.uniform(-0.02, 0.05), z])
    shift = 0.015 * rng.standard_normal((3, 3))
    first = Path((0.0, 2.5, DURATION_S), still + shift)
    inside = np.array([0.11, rng.uniform(-0.02, 0.05), z])
    k = sight.intrinsics
    out = np.array([(sight.camera.width - k.cx) / k.fx * z + _OUT_M, *inside[1:]])
    times = (0.0, 0.6, 1.1, 2.0, 2.5, 3.2, 3.7, DURATION_S)
    stay = [out, out, inside, inside, out, out, inside, inside]
    return Script((first, Path(times, np.stack(stay))))


def _nobody(rng: Rng, sight: Sight) -> Script:
    """Return no hand, and a board that passes."""
    z = _distance(rng)
    ends = [_outside(rng, sight, _inside(rng, sight, z)) for _ in range(2)]
    return Script((), Path((0.5, DURATION_S), np.stack(ends)))


KINDS: dict[str, Callable[[Rng, Sight], Script]] = {
    'alone': _alone,
    'leave': _leave,
    'hide': _hide,
    'cross': _cross,
    'meet': _meet,
    'second': _second,
    'nobody': _nobody,
}
"""What happens in a sequence, by name."""
