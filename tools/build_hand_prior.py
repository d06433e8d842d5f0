# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Write the constants of the kinematic hand: dense_hand_pose/kinematics/data/hand.npz.

Rotations between the bones are those of the synthetic hand; shapes and angles are normal
distributions over random synthetic hands; the errors of joints are those of the shipped weights on
rendered frames that no training and no test has. Some ten minutes on one core:

    .venv/bin/python -m tools.build_hand_prior [--frames 4000] [--out FILE]
"""

import argparse
from pathlib import Path
import sys

from dense_hand_pose.estimator import EstimatorConfig, HandPoseEstimator
from dense_hand_pose.kinematics.anatomy import DATA_FILE, read_arrays
from dense_hand_pose.kinematics.noise import features
from dense_hand_pose.synthesis.frames import render_frame
from dense_hand_pose.synthesis.hand import kinematics
from dense_hand_pose.synthesis.hand.hands import sample_free_dof
from dense_hand_pose.synthesis.hand.model import HandModel
from dense_hand_pose.synthesis.seeds import TEST_SCENES
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

FloatArray = npt.NDArray[np.float64]
_SHAPES, _POSES, _DIRECTIONS = 6000, 6000, 12
_MAKEHUMAN_SHARE = 0.25
_CENTER_SD_M = 0.006
_ANGLE_SD_RAD = np.radians(2.0)
_PRIOR_WEIGHT = 0.6
"""Poses are no normal distribution: a prior of less weight gives the least errors."""
_MOST_SQUARED = 9.0


def rotations() -> dict[str, FloatArray]:
    """Return the rotations between the bones (skeleton.HandSkeleton)."""
    zero = HandModel.load('soma').zero_local_m[:, :3, :3]
    return {
        'carpal': np.stack([zero[2], *zero[[5, 9, 13, 17]]]),
        'knuckle': np.stack([np.eye(3), *zero[[6, 10, 14, 18]]]),
        'hinge': np.stack([zero[[3, 7, 11, 15, 19]], zero[[4, 8, 12, 16, 20]]]),
    }


def random_model(rng: np.random.Generator) -> tuple[HandModel, FloatArray]:
    """Return a hand as the renderer draws them (synthesis.hands), and its stretches."""
    source = 'makehuman' if rng.random() < _MAKEHUMAN_SHARE else 'soma'
    model = HandModel.load(source).sample_shape(rng)
    return model, model.sample_scale(rng)


def shapes(rng: np.random.Generator) -> dict[str, FloatArray]:
    """Return mean and principal directions of shapes, and where metacarpals fold."""
    shape, fold = [], []
    for _ in range(_SHAPES):
        model, scale = random_model(rng)
        still = np.zeros((len(model.parent), 3))
        frames = kinematics.pose_bones(model.zero_local_m, model.parent, scale, still)
        joints = model.joints(np.zeros(23), scale)
        fold.append(frames[[5, 9, 13, 17], :, 3])
        bones = np.diff(joints[1:].reshape(5, 4, 3), axis=1)
        first = (joints[1::4] - joints[0]).ravel()
        shape.append(np.concatenate([first, np.linalg.norm(bones, axis=2).ravel()]))
    values, centers = np.array(shape), np.array(fold)
    variance, directions = np.linalg.eigh(np.cov(values.T))
    scaled = (directions * np.sqrt(np.maximum(variance, 0.0))).T[::-1]
    fold_center, places = np.zeros((5, 3, 3)), values[:, :15].reshape(-1, 5, 3)
    for chain in range(1, 5):
        place = places[:, chain]
        fold_center[chain] = np.linalg.lstsq(place, centers[:, chain - 1], rcond=None)[0].T
    return {
        'shape_m': values.mean(axis=0),
        'basis_m': scaled[:_DIRECTIONS],
        'fold_center': fold_center,
    }


def angles(rng: np.random.Generator) -> dict[str, FloatArray]:
    """Return mean and information of the angles of random poses."""
    dof = [sample_free_dof(rng, *random_model(rng)) for _ in range(_POSES)]
    values = np.radians(np.array(dof)[:, 2:])
    covariance = np.cov(values.T) + np.eye(values.shape[1]) * _ANGLE_SD_RAD**2
    information = _PRIOR_WEIGHT * np.linalg.inv(covariance)
    return {'angle_rad': values.mean(axis=0), 'angle_information': information}


def estimates(frames: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return squared errors (N, 21) of a coordinate in mm2, confidences and spreads."""
    config = EstimatorConfig(min_confidence=0.0, min_score=0.0, min_new_score=0.0)
    estimator = HandPoseEstimator.load('default', threads=1, config=config)
    rows = []
    for seed in tqdm(TEST_SCENES[:frames]):
        frame = render_frame(seed)
        offset = np.random.default_rng([seed, 77]).normal(0.0, _CENTER_SD_M, 3)
        pose = estimator.estimate(
            frame.depth_m, frame.intrinsics, frame.joints_m.mean(axis=0) + offset
        )
        if pose is not None:
            squared = ((1000.0 * (pose.joints - frame.joints_m)) ** 2).mean(axis=1)
            rows.append((squared, pose.confidence, pose.spread))
    squared, confidence, spread = np.array(rows, dtype=np.float64).transpose(1, 0, 2)
    return squared, confidence, spread


def noise(squared: FloatArray, confidence: FloatArray, spread: FloatArray) -> FloatArray:
    """Return the coefficients (27,) of noise.joint_sigma_m: a robust regression (gamma, log)."""
    of_joint = np.broadcast_to(np.eye(21), (len(squared), 21, 21))
    columns = np.concatenate([features(confidence, spread), of_joint], axis=2).reshape(-1, 27)
    target = squared.ravel()
    out: FloatArray = np.linalg.lstsq(columns, np.log(target + 0.5), rcond=None)[0]
    for _ in range(30):
        ratio = np.minimum(target / np.exp(columns @ out), _MOST_SQUARED)
        out = out + 0.7 * np.linalg.lstsq(columns, ratio - 1.0, rcond=None)[0]
    return out


def main() -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--frames', type=int, default=4000, help='0: keep the errors of joints')
    parser.add_argument('--out', type=Path, default=DATA_FILE)
    args = parser.parse_args()
    rng = np.random.default_rng(42)
    arrays = {**rotations(), **shapes(rng), **angles(rng)}
    arrays['noise'] = noise(*estimates(args.frames)) if args.frames else read_arrays()['noise']
    np.savez(args.out, allow_pickle=False, **arrays)
    return 0


if __name__ == '__main__':
    sys.exit(main())
