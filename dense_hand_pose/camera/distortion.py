# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Lens distortion, to and fro, on rays (x, y) = (X / Z, Y / Z).

The models are those of sensor_msgs/CameraInfo with OpenCV's formulas and order of coefficients:
plumb_bob (k1 k2 p1 p2 k3), rational_polynomial (the same and k4 k5 k6) and equidistant
(k1 k2 k3 k4, Kannala and Brandt 2006).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

COEFFICIENTS = {'plumb_bob': 5, 'rational_polynomial': 8, 'equidistant': 4}
"""How many coefficients each model has."""

_WIDEST = 8.0
"""Rays beyond 83 degrees from the axis are nobody's."""
_SAMPLES = 2001
_NEWTON_STEPS = 4
_TANGENTIAL_STEPS = 12


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
                'others must be zero'
            )
        filled = (*self.coefficients[:count], *(0.0,) * (count - len(self.coefficients)))
        object.__setattr__(self, 'coefficients', filled)

    @property
    def is_zero(self) -> bool:
        """Return whether nothing is bent (an equidistant lens bends even with zeros)."""
        return self.model != 'equidistant' and not any(self.coefficients)

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
