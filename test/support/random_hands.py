# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Random hands of the synthetic renderer, whose kinematics know nothing of the fit."""

from dataclasses import dataclass

from dense_hand_pose.kinematics.anatomy import HIGHEST_RAD, LOWEST_RAD
from dense_hand_pose.synthesis.hand.model import HandModel
import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TrueHand:
    """A right hand: angles (21,), radians; local_m (21, 3) in the palm's frame."""

    angles_rad: FloatArray
    shape_m: FloatArray
    turn: FloatArray
    wrist_m: FloatArray
    local_m: FloatArray

    @property
    def joints_m(self) -> FloatArray:
        """Return the joints (21, 3) in the camera's frame."""
        return self.local_m @ self.turn.T + self.wrist_m


def shape_of(still_m: FloatArray) -> FloatArray:
    """Return the shape (30,) of the joints (21, 3) of a hand at zero angles."""
    bones = np.diff(still_m[1:].reshape(5, 4, 3), axis=1)
    places = (still_m[1::4] - still_m[0]).ravel()
    out: FloatArray = np.concatenate([places, np.linalg.norm(bones, axis=2).ravel()])
    return out


def random_hand(seed: int, reach: float = 1.0, size: float | None = None) -> TrueHand:
    """Return SOMA's hand with random angles, a share ``reach`` of their range about the middle."""
    rng = np.random.default_rng(seed)
    model = HandModel.load('soma')
    scale = np.full((21, 3), rng.uniform(0.9, 1.1) if size is None else size)
    middle, half = (HIGHEST_RAD + LOWEST_RAD) / 2.0, (HIGHEST_RAD - LOWEST_RAD) / 2.0
    angles = middle + reach * half * rng.uniform(-1.0, 1.0, 21)
    dof = np.concatenate([[0.0, 0.0], np.degrees(angles)])
    return TrueHand(
        angles_rad=angles,
        shape_m=shape_of(model.joints(np.zeros(23), scale)),
        turn=Rotation.random(random_state=rng).as_matrix(),
        wrist_m=rng.uniform([-0.2, -0.2, 0.3], [0.2, 0.2, 0.7]),
        local_m=model.joints(dof, scale),
    )
