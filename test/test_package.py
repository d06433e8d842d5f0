# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The public names of the package, and what importing it costs."""

import subprocess
import sys

import dense_hand_pose
import pytest


def test_public_names_resolve_to_their_homes() -> None:
    from dense_hand_pose import estimator
    from dense_hand_pose.camera import intrinsics

    assert dense_hand_pose.Intrinsics is intrinsics.Intrinsics
    assert dense_hand_pose.HandPoseEstimator is estimator.HandPoseEstimator
    assert dense_hand_pose.HandPose is estimator.HandPose
    assert dense_hand_pose.EstimatorConfig is estimator.EstimatorConfig
    for name in dense_hand_pose.__all__:
        assert getattr(dense_hand_pose, name) is not None


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'dense_hand_pose' has no attribute 'Estimator'"):
        _ = dense_hand_pose.Estimator


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'numba', 'cv2', 'numpy', 'rclpy'}"
    code = f'import sys, dense_hand_pose; print(sorted({heavy} & set(sys.modules)))'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == '[]'
