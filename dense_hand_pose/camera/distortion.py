# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Lens distortion, to and fro, on rays (x, y) = (X / Z, Y / Z).

The models are those of sensor_msgs/CameraInfo with OpenCV's formulas and order of coefficients:
plumb_bob (k1 k2 p1 p2 k3), rational_polynomial (the same and k4 k5 k6) and equidistant
(k1 k2 k3 k4, Kannala and Brandt 2006).

A lens is smooth: between_nodes() interpolates all pixels of a square from a few nodes with a known
error. Where the cubic through every second node misses the nodes between by e, the one through all
nodes misses by e / 16 and terms of higher order: half the step divides a cubic's error by 2 ** 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

COEFFICIENTS = {'plumb_bob': 5, 'rational_polynomial': 8, 'equidistant': 4}
"""How many coefficients each model has."""

_WIDEST = 8.0
"""Widest ray of any lens, 83 degrees from the axis."""
_SAMPLES = 2001
_NEWTON_STEPS = 4
_TANGENTIAL_STEPS = 12


TOLERANCE_PX = 0.02
COUNTS = (17, 33)
"""Nodes along a side, the fewest first; each count is odd, so that the last is every second's."""
_GAIN = 16.0


def _other_model(coefficients: tuple[float, ...]) -> str:
    """Return which model has as many coefficients, if another one has."""
    names = [name for name, count in COEFFICIENTS.items() if count == len(coefficients)]
    return f'; {names[0]} has {len(coefficients)}: let the driver name that one' if names else ''


@dataclass(frozen=True)
class Distortion:
    """
    A model of COEFFICIENTS and its coefficients; those not given are zero.

    Raises ValueError for an unknown model, for values that are not finite and for coefficients
    that the model does not have.
    """

    model: str
    coefficients: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the values and fill up with zeros."""
        if self.model not in COEFFICIENTS:
            known = ', '.join(COEFFICIENTS)
            raise ValueError(f'distortion model {self.model!r}: expected one of {known}')
        if not all(math.isfinite(value) for value in self.coefficients):
            raise ValueError(f'distortion coefficients {self.coefficients}: all must be finite')
        count = COEFFICIENTS[self.model]
        if any(self.coefficients[count:]):
            raise ValueError(
                f'distortion coefficients {self.coefficients}: {self.model} has {count}, the '
                f'others must be zero{_other_model(self.coefficients)}'
            )
        filled = (*self.coefficients[:count], *(0.0,) * (count - len(self.coefficients)))
        object.__setattr__(self, 'coefficients', filled)

    @cached_property
    def limit(self) -> float:
        """
        Return the radius of the widest ray that the model describes.

        Beyond it the polynomial turns back: two rays would share a pixel.
        """
        radii = np.linspace(0.0, _WIDEST, _SAMPLES)
        falling = np.flatnonzero(~(self._slope(radii) > 0.0))
        return float(radii[max(falling[0] - 1, 0)]) if falling.size else _WIDEST

    def distort(self, rays: Array) -> Array:
        """
        Return where the lens shows rays (..., 2).

        Rays beyond `limit` are drawn in to it, so that the answer is finite.
        """
        radius = np.hypot(rays[..., 0], rays[..., 1])
        inside = np.minimum(radius, self.limit)
        drawn_in = rays * (inside / np.maximum(radius, 1e-12))[..., None]
        scale = self._bend(inside) / np.maximum(inside, 1e-12)
        scale = np.where(inside < 1e-12, 1.0, scale)
        bent: Array = drawn_in * scale[..., None] + self._tangential(drawn_in)
        return bent

    def undistort(self, bent: Array) -> Array:
        """Return the rays (..., 2) that the lens shows at `bent`; those within `limit` only."""
        rays = bent
        for _ in range(_TANGENTIAL_STEPS):
            radial = bent - self._tangential(rays)
            bent_radius = np.hypot(radial[..., 0], radial[..., 1])
            scale = self._unbend(bent_radius) / np.maximum(bent_radius, 1e-12)
            rays = radial * np.where(bent_radius < 1e-12, 1.0, scale)[..., None]
        return rays

    @cached_property
    def _table(self) -> tuple[Array, Array]:
        """Return radii and the bent radii that belong to them, both rising."""
        radii = np.linspace(0.0, self.limit, _SAMPLES)
        return radii, self._bend(radii)

    def _unbend(self, bent_radius: Array) -> Array:
        """Invert `_bend`: a table, then Newton's steps."""
        radii, bent = self._table
        target = np.minimum(bent_radius, bent[-1])
        radius = np.interp(target, bent, radii)
        for _ in range(_NEWTON_STEPS):
            step = (self._bend(radius) - target) / np.maximum(self._slope(radius), 1e-3)
            radius = np.clip(radius - step, 0.0, self.limit)
        return np.asarray(radius)

    def _bend(self, radius: Array) -> Array:
        """Return the bent radius, without the tangential part."""
        if self.model == 'equidistant':
            theta = np.arctan(radius)
            return np.asarray(theta * _polynomial(theta**2, self.coefficients))
        above, below = self._fraction
        squared = radius**2
        return np.asarray(radius * _polynomial(squared, above) / _polynomial(squared, below))

    def _slope(self, radius: Array) -> Array:
        """Return the derivative of `_bend`."""
        if self.model == 'equidistant':
            theta = np.arctan(radius)
            odd = [(2 * i + 3) * k for i, k in enumerate(self.coefficients)]
            return np.asarray(_polynomial(theta**2, odd) / (1.0 + radius**2))
        above, below = self._fraction
        squared = radius**2
        top, bottom = _polynomial(squared, above), _polynomial(squared, below)
        change = _derivative(squared, above) * bottom - top * _derivative(squared, below)
        # Where the denominator has passed zero the lens has long ended.
        slope = top / bottom + 2.0 * squared * change / bottom**2
        return np.where(bottom > 0.0, slope, -1.0)

    @property
    def _fraction(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return the coefficients above and below the line."""
        k1, k2, _, _, k3, *below = self.coefficients
        return (k1, k2, k3), below

    def _tangential(self, rays: Array) -> Array:
        """Return what a lens off its axis adds."""
        if self.model == 'equidistant':
            return np.zeros_like(rays)
        p1, p2 = self.coefficients[2:4]
        x, y = rays[..., 0], rays[..., 1]
        squared = x**2 + y**2
        return np.stack(
            [
                2.0 * p1 * x * y + p2 * (squared + 2.0 * x**2),
                p1 * (squared + 2.0 * y**2) + 2.0 * p2 * x * y,
            ],
            axis=-1,
        )


def _polynomial(squared: Array, coefficients: Sequence[float]) -> Array:
    """Return 1 + c1 s + c2 s^2 + ..."""
    total = np.zeros_like(squared)
    for value in reversed(coefficients):
        total = (total + value) * squared
    return 1.0 + total


def _derivative(squared: Array, coefficients: Sequence[float]) -> Array:
    """Return the derivative of `_polynomial`: c1 + 2 c2 s + ..."""
    total = np.zeros_like(squared)
    for power in range(len(coefficients), 0, -1):
        total = total * squared + power * coefficients[power - 1]
    return total


@cache
def nodes(size: int, count: int) -> Array:
    """Return ``count`` coordinates along one side of a square of ``size`` pixels, read-only."""
    steps = np.linspace(0.0, size - 1.0, count)
    steps.setflags(write=False)
    return steps


def between_nodes(values: Array, size: int) -> Array | None:
    """
    Return values (C, size, size) at all pixels from those (C, N, N) at the nodes.

    None where they may be off by more than TOLERANCE_PX, and where they are not finite.
    """
    count = values.shape[-1]
    coarse = _weights(count, count // 2 + 1)
    missed = np.abs(coarse @ values[:, ::2, ::2] @ coarse.T - values).max()
    if not missed <= _GAIN * TOLERANCE_PX:
        return None
    fine = _weights(size, count)
    between: Array = fine @ values @ fine.T
    return between


@cache
def _weights(points: int, count: int) -> Array:
    """Return the matrix (points, count) of cubic interpolation between count equal steps."""
    matrix = np.zeros((points, count))
    for row, at in zip(matrix, np.linspace(0.0, count - 1.0, points), strict=True):
        first = min(max(int(at) - 1, 0), count - 4)
        places = range(first, first + 4)
        for i in places:
            row[i] = np.prod([(at - j) / (i - j) for j in places if j != i])
    matrix.setflags(write=False)
    return matrix
