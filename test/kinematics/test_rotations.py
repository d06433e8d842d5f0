# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Rotations against SciPy's."""

from dense_hand_pose.kinematics.rotations import (
    quaternion,
    quaternions,
    rotation_of_vector,
    small_rotation,
    vector_of_rotation,
)
from dense_hand_pose.kinematics.start import rigid_motion
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

FloatArray = npt.NDArray[np.float64]
VECTORS = arrays(np.float64, 3, elements=st.floats(-1.7, 1.7, allow_subnormal=False))


@given(VECTORS)
def test_vectors_and_matrices(vector: FloatArray) -> None:
    matrix = rotation_of_vector(vector)
    np.testing.assert_allclose(matrix, Rotation.from_rotvec(vector).as_matrix(), atol=1e-9)
    np.testing.assert_allclose(vector_of_rotation(matrix), vector, atol=1e-7)


@given(VECTORS)
def test_quaternions(vector: FloatArray) -> None:
    matrix = Rotation.from_rotvec(vector * 2.0).as_matrix()
    expected = Rotation.from_matrix(matrix).as_quat(canonical=True)
    found = quaternions(matrix)
    assert found[3] >= 0.0
    np.testing.assert_allclose(abs(found @ expected), 1.0, atol=1e-12)


def test_quaternions_of_half_turns() -> None:
    halves = np.stack([np.diag(d) for d in ([1.0, -1, -1], [-1.0, 1, -1], [-1.0, -1, 1])])
    np.testing.assert_allclose(quaternions(halves), np.eye(4)[:3], atol=1e-15)


@given(VECTORS)
def test_small_rotations_are_rotations(vector: FloatArray) -> None:
    turn = small_rotation(vector[None])[0]
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(turn), 1.0, atol=1e-12)
    found = Rotation.from_matrix(turn).as_rotvec()
    length = np.linalg.norm(vector)
    np.testing.assert_allclose(np.linalg.norm(found), 2.0 * np.arctan(length / 2.0), atol=1e-9)
    assert found @ vector >= 0.0


@given(st.integers(0, 2**32 - 1))
def test_the_best_rigid_motion_is_scipys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, noise = rng.normal(size=(2, 1, 6, 3))
    weight = rng.uniform(0.1, 5.0, (1, 6))
    true = Rotation.random(random_state=rng)
    after = true.apply(before[0])[None] + [1.0, -2.0, 3.0] + 0.05 * noise
    turn, shift = rigid_motion(before, after, weight)
    share = weight[0] / weight.sum()
    centred = after[0] - share @ after[0], before[0] - share @ before[0]
    expected, _ = Rotation.align_vectors(*centred, weights=weight[0])
    np.testing.assert_allclose(turn[0], expected.as_matrix(), atol=1e-6)
    np.testing.assert_allclose(shift[0], share @ after[0] - turn[0] @ (share @ before[0]))


def test_a_mirrored_palm_is_not_reflected() -> None:
    points = np.random.default_rng(2).normal(size=(1, 6, 3))
    turn, _ = rigid_motion(points, points * [-1.0, 1.0, 1.0], np.ones((1, 6)))
    np.testing.assert_allclose(np.linalg.det(turn), 1.0)


@given(VECTORS)
def test_one_quaternion_is_that_of_many(vector: FloatArray) -> None:
    matrix = rotation_of_vector(vector)
    np.testing.assert_allclose(quaternion(matrix), quaternions(matrix), atol=1e-12)
