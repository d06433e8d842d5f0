# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Fit the kinematic hand to joints: the likeliest palm pose, angles and shape of each hand.

Legend as in skeleton.py. Unknowns are the palm's turn (3) and shift (3), the A angles and, as long
as the shape is unknown, K amounts along the shape's principal directions. Measured are 21 joints
whose errors are Student t distributed with a scale of their own (noise.py); beside them stand a
normal prior of angles and shapes (data/hand.npz) and soft limits of the angles. Gauss-Newton with
iteratively reweighted residuals, limited steps and a closed-form start (start.py).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .anatomy import ANGLE_COUNT, HIGHEST_RAD, LOWEST_RAD, read_arrays
from .rotations import SKEW, small_rotation, UNIT
from .skeleton import CHAINS, DERIVATIVES_FROM, DERIVATIVES_TO, HandSkeleton, JOINTS, PLACES
from .start import closed_form_angles, PALM_JOINTS, rigid_motion

FloatArray = npt.NDArray[np.float64]

SHAPE_AMOUNTS = 8
"""Principal directions of the shape: size, length beside width, and six more."""
ITERATIONS = 3
_TURN, _SHIFT, _ANGLES = slice(0, 3), slice(3, 6), slice(6, 6 + ANGLE_COUNT)
_POSE, _AMOUNTS = slice(0, _ANGLES.stop), slice(_ANGLES.stop, -1)
_DERIVATIVES_TO = DERIVATIVES_TO + 3 * JOINTS * _ANGLES.start
_FREEDOM = 4.0
"""Degrees of freedom of the errors: one joint in fifty is off by three times its scale."""
_LARGEST_STEP_RAD = 0.7
_LIMIT_INFORMATION = 1.0 / np.radians(1.0) ** 2
_SMALL_STEP_RAD, _LARGE_STEP_RAD = 0.2, 0.4
"""A step ends the fit, or shows that its start was another pose."""
_DAMPING = 1e-3
"""Information of each unknown that no joint determines, per squared radian or metre."""
_FARTHEST_M = 100.0
_LEAST_SIGMA_M, _MOST_SIGMA_M = 1e-4, 1.0


class Shapes(NamedTuple):
    """
    What is known of shapes.

    amounts (N, K) along the principal directions, in standard deviations; information (N, K, K).
    """

    amounts: FloatArray
    information: FloatArray

    @classmethod
    def unknown(cls, hands: int = 1) -> 'Shapes':
        """Return the mean hand, with the information of the prior."""
        unit = np.broadcast_to(np.eye(SHAPE_AMOUNTS), (hands, SHAPE_AMOUNTS, SHAPE_AMOUNTS))
        return cls(np.zeros((hands, SHAPE_AMOUNTS)), unit)

    def shape_m(self) -> FloatArray:
        """Return the shapes (N, S) in metres."""
        return _SHAPE_M + self.amounts @ _BASIS_M


class HandFit(NamedTuple):
    """
    Fitted right hands.

    turn (N, 3, 3), from the palm's frame to the camera's; wrist_m (N, 3), angles_rad (N, A),
    shape_m (N, S), joints_m (N, 21, 3) in the camera's frame; loose_rad (N, A): the angles before
    they were cut off at the limits; seen: what these joints alone tell of the shapes, where they
    were fitted.
    """

    turn: FloatArray
    wrist_m: FloatArray
    angles_rad: FloatArray
    shape_m: FloatArray
    joints_m: FloatArray
    loose_rad: FloatArray
    seen: Shapes | None


def fit_hands(
    joints_m: npt.NDArray[np.floating],
    sigma_m: npt.NDArray[np.floating],
    shape: Shapes | FloatArray | None = None,
    iterations: int = ITERATIONS,
    start: HandFit | None = None,
    learning: bool = True,
) -> HandFit:
    """
    Fit right hands to joints (N, 21, 3), whose errors have scales sigma_m (N, 21).

    ``shape``: the shapes (N, S) where they are settled, else what is known of them; by default
    nothing but the prior. ``start``: the fit of the frame before; steps end with the first small
    one then, and after a large first one the fit begins in closed form, as it does without
    ``start``. ``learning``: whether the result has what the joints tell of shapes. A joint that
    is not finite, or 100 m away, counts as not measured. The result is finite and within the
    limits, whatever the joints are.
    """
    joints, information = _checked(joints_m, sigma_m)
    problem = _Problem(joints, information, shape)
    if start is not None:
        problem.begin_at(start)
        step = problem.improve()
        if step < _SMALL_STEP_RAD:
            return problem.result(learning)
        if step < _LARGE_STEP_RAD:
            iterations -= 1
        else:
            problem = _Problem(joints, information, shape)
            problem.begin()
    else:
        problem.begin()
    for _ in range(iterations):
        problem.improve()
    return problem.result(learning)


class _Problem:
    """The state of a fit of N hands."""

    def __init__(
        self, joints_m: FloatArray, information: FloatArray, shape: Shapes | FloatArray | None
    ) -> None:
        self._skeleton = HandSkeleton.load()
        self._joints_m, self._information = joints_m, information
        many = len(joints_m)
        shape = Shapes.unknown(many) if shape is None else shape
        self._known = shape if isinstance(shape, Shapes) else None
        self._amounts = self._known.amounts if self._known else np.zeros((many, 0))
        count = self._amounts.shape[1]
        self._shapes = np.empty((many, 1 + count, len(_SHAPE_M)))
        self._shapes[:, 0] = shape.shape_m() if isinstance(shape, Shapes) else shape
        self._shapes[:, 1:] = _BASIS_M[:count]
        # Derivatives of the joints by each unknown, and in the last row the residuals.
        self._rows = np.zeros((many, _POSE.stop + count + 1, JOINTS, 3))
        self._rows[:, _SHIFT] = UNIT[:, None]
        self._prior = np.diag(np.full(self._rows.shape[1], _DAMPING))
        self._prior[_ANGLES, _ANGLES] += _ANGLE_INFORMATION

    def begin_at(self, start: HandFit) -> None:
        """Begin with the pose of another fit."""
        self._turn, self._wrist_m, self._angles = start.turn, start.wrist_m, start.loose_rad

    def begin(self) -> None:
        """Find the palm in closed form, then the angles."""
        palm = np.zeros((len(self._joints_m), len(PALM_JOINTS), 3))
        palm[:, 1:] = self._shapes[:, 0, :PLACES].reshape(-1, CHAINS, 3)
        seen, information = self._joints_m.take(PALM_JOINTS, 1), self._information
        self._turn, self._wrist_m = rigid_motion(palm, seen, information.take(PALM_JOINTS, 1))
        local = (self._joints_m - self._wrist_m[:, None]) @ self._turn
        self._angles = closed_form_angles(self._skeleton, local, information, _ANGLE_RAD)

    def improve(self) -> float:
        """Go one step of Gauss and Newton; return the largest turn of palm or joints, radians."""
        many, rows, shapes, skeleton = len(self._angles), self._rows, self._shapes, self._skeleton
        vectors = skeleton.vectors(self._angles, derivatives=True)
        placed = skeleton.place(vectors, shapes[:, :1])
        joints = np.zeros((many, JOINTS, 3))
        joints[:, 1:] = placed[:, 0, :, 0].reshape(many, JOINTS - 1, 3)
        rows[:, _TURN] = (joints @ SKEW).reshape(-1, JOINTS, 3, 3).transpose(0, 2, 1, 3)
        derivatives = placed.reshape(many, -1).take(DERIVATIVES_FROM, 1)
        rows.reshape(many, -1)[:, _DERIVATIVES_TO] = derivatives
        if self._known:
            grown = skeleton.place(vectors[:, :, :1], shapes[:, 1:])
            rows[:, _AMOUNTS, 1:] = grown.reshape(many, -1, JOINTS - 1, 3)
        local = (self._joints_m - self._wrist_m[:, None]) @ self._turn
        np.subtract(local, joints, out=rows[:, -1])
        self._gram = self._weighted_products()
        step = self._step(self._gram + self._prior)
        largest = abs(step[:, _POSE]).max(axis=1, keepdims=True)
        if (most := float(largest.max())) > _LARGEST_STEP_RAD:
            step /= np.maximum(largest / _LARGEST_STEP_RAD, 1.0)
        self._wrist_m = self._wrist_m + (self._turn @ step[:, _SHIFT, None])[..., 0]
        self._turn = self._turn @ small_rotation(step[:, _TURN])
        self._angles = self._angles + step[:, _ANGLES]
        if self._known:
            change = step[:, slice(_POSE.stop, None)]
            self._amounts = self._amounts + change
            shapes[:, 0] += change @ _BASIS_M
        return most

    def _weighted_products(self) -> FloatArray:
        """Return products (N, P + 1, P + 1) of the rows, weighted by how far joints are off."""
        residual = self._rows[:, -1]
        squared = (residual * residual).sum(axis=2) * self._information
        weight = np.sqrt(self._information * ((_FREEDOM + 3.0) / (_FREEDOM + squared)))
        scaled = (self._rows * weight[:, None, :, None]).reshape(len(weight), -1, 3 * JOINTS)
        products: FloatArray = scaled @ scaled.transpose(0, 2, 1)
        return products

    def _step(self, system: FloatArray) -> FloatArray:
        """Return the step (N, P) of a system (N, P + 1, P + 1) with the angles' information."""
        angles = self._angles
        system[:, _ANGLES, -1] += (_ANGLE_RAD - angles) @ _ANGLE_INFORMATION
        over = angles - np.minimum(np.maximum(angles, LOWEST_RAD), HIGHEST_RAD)
        if over.any():
            diagonal = system.reshape(len(system), -1)[:, :: system.shape[1] + 1]
            diagonal[:, _ANGLES] += _LIMIT_INFORMATION * (over != 0.0)
            system[:, _ANGLES, -1] -= _LIMIT_INFORMATION * over
        if self._known:
            amounts, information = self._known
            system[:, _AMOUNTS, _AMOUNTS] += information
            away = (amounts - self._amounts)[:, None]
            system[:, _AMOUNTS, -1] += (away @ information)[:, 0]
        step = np.linalg.solve(system[:, :-1, :-1], system[:, :-1, -1:])[..., 0]
        return step.astype(np.float64, copy=False)

    def result(self, learning: bool) -> HandFit:
        """Return the hands, with angles that keep their limits."""
        angles = np.minimum(np.maximum(self._angles, LOWEST_RAD), HIGHEST_RAD)
        shape = self._shapes[:, 0]
        joints = self._skeleton.joints(angles, shape) @ self._turn.transpose(0, 2, 1)
        joints += self._wrist_m[:, None]
        seen = self._seen_shapes() if self._known and learning else None
        return HandFit(self._turn, self._wrist_m, angles, shape, joints, self._angles, seen)

    def _seen_shapes(self) -> Shapes:
        """Return what the joints tell of the shapes whatever the poses are (Schur complement)."""
        gram = self._gram
        pose, shape = gram[:, _POSE, _POSE].copy(), gram[:, _AMOUNTS, _AMOUNTS]
        pose[:, _ANGLES, _ANGLES] += _ANGLE_INFORMATION
        coupling = gram[:, _POSE, _AMOUNTS]
        information = shape - coupling.transpose(0, 2, 1) @ np.linalg.solve(pose, coupling)
        return Shapes(self._amounts, information)


def _checked(
    joints_m: npt.NDArray[np.floating], sigma_m: npt.NDArray[np.floating]
) -> tuple[FloatArray, FloatArray]:
    """Return finite joints (N, 21, 3) and information (N, 21); missing ones are in the middle."""
    joints = np.asarray(joints_m, dtype=np.float64)
    sigma = np.asarray(sigma_m, dtype=np.float64)
    information = 1.0 / np.minimum(np.maximum(sigma, _LEAST_SIGMA_M), _MOST_SIGMA_M) ** 2
    known = (abs(joints) <= _FARTHEST_M).all(axis=2) & (information > 0.0)
    if known.all():
        return joints, information
    number = np.maximum(known.sum(axis=1), 1)[:, None]
    middle = np.where(known[..., None], joints, 0.0).sum(axis=1) / number
    joints = np.where(known[..., None], joints, middle[:, None])
    return joints, np.where(known, information, 1.0 / _MOST_SIGMA_M**2)


_ARRAYS = read_arrays()
_ANGLE_RAD, _ANGLE_INFORMATION = _ARRAYS['angle_rad'], _ARRAYS['angle_information']
_SHAPE_M, _BASIS_M = _ARRAYS['shape_m'], _ARRAYS['basis_m'][:SHAPE_AMOUNTS]
