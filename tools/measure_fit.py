# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure what the fit of a kinematic hand changes: the same estimates raw and fitted.

Held-out rendered frames (each by itself), rendered streams of moving and resting hands (tracked,
with bones that are estimated over time, unfiltered and filtered), and real frames with labels
where a file is given. True palms and angles are those of a fit to the true joints, which is within
0.5 degrees of the renderer's palm and 1 degree of its angles (medians). Some ten minutes:

    .venv/bin/python -m tools.measure_fit [--frames 800] [--streams 8] [--real FILE] [--out FILE]
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import sys
import time
from types import SimpleNamespace

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.estimator import EstimatorConfig, HandPose, HandPoseEstimator
from dense_hand_pose.evaluation.frames.protocol import estimate_frames
from dense_hand_pose.evaluation.recordings.stability import line_fit
from dense_hand_pose.kinematics.anatomy import ANGLE_NAMES, HIGHEST_RAD, LOWEST_RAD
from dense_hand_pose.kinematics.fit import fit_hands
from dense_hand_pose.kinematics.fitted_hand import (
    bone_lengths_m,
    build_hand,
    FittedHand,
    LEFT,
    MIRROR,
)
from dense_hand_pose.kinematics.hand_fitter import Estimate, FitConfig, HandFitter
from dense_hand_pose.kinematics.pose_filter import PoseFilterConfig
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.synthesis.hand_stream import GestureSequence
from dense_hand_pose.tracking.smoothing import OneEuroFilter
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Figures = dict[str, float]

RATE_HZ, _MOVE_S, _REST_S, _HELD_S = 30, 5.0, 2.5, 3.0
_FIRST_STREAM = 100
_LOW, _HIGH = 0.3, 0.6
_FLEXIONS = [i for i, name in enumerate(ANGLE_NAMES) if name.endswith('flexion')]
_ENDS = np.array([1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19])
"""The joint at which each flexion turns; the next one is the end of its bone."""
_JITTER_FRAMES = 13
_PARENTS, _CHILDREN = np.array(HAND_21.bones).T


@dataclass(frozen=True)
class Pair:
    """An estimate with what is true of it."""

    pose: HandPose
    true_m: Floats
    side: str


def error_mm(joints_m: npt.NDArray[np.floating], true_m: Floats) -> Floats:
    """Return the errors (..., 21) in millimetres."""
    out: Floats = 1000.0 * np.linalg.norm(joints_m - true_m, axis=-1)
    return out


def true_hand(pair: Pair) -> FittedHand:
    """Return the hand of the true joints."""
    joints = pair.true_m * MIRROR if pair.side == LEFT else pair.true_m
    fit = fit_hands(joints[None], np.full((1, 21), 1e-4), iterations=15)
    return build_hand(pair.side, fit.turn[0], fit.wrist_m[0], fit.angles_rad[0], fit.shape_m[0])


def joint_figures(pairs: Sequence[Pair]) -> Figures:
    """Return errors raw and fitted, of all joints and by confidence."""
    raw = np.stack([error_mm(p.pose.raw_joints, p.true_m) for p in pairs])
    fit = np.stack([error_mm(p.pose.joints, p.true_m) for p in pairs])
    low = np.stack([p.pose.confidence for p in pairs]) < _LOW
    out = {'hands': float(len(pairs)), 'low_share': float(low.mean())}
    for name, mask in (('all', np.ones_like(low)), ('low', low), ('confident', ~low)):
        if mask.any():
            before, after = float(raw[mask].mean()), float(fit[mask].mean())
            out |= {
                f'{name}_raw_mm': before,
                f'{name}_fit_mm': after,
                f'{name}_change_percent': 100.0 * (after / before - 1.0),
            }
    out['median_raw_mm'], out['median_fit_mm'] = float(np.median(raw)), float(np.median(fit))
    out['worst_joint_change_mm'] = float((fit - raw).mean(axis=0).max())
    return out


def mechanism_figures(pairs: Sequence[Pair]) -> Figures:
    """Return errors of palm and of the flexion at confident joints; whether limits hold."""
    place, turn, flexion, inside = [], [], [], True
    for pair in pairs:
        fit, true = pair.pose.fit, true_hand(pair)
        if fit is None or fit.side != pair.side:
            continue
        place.append(1000.0 * np.linalg.norm(fit.palm_position - true.palm_position))
        cosine = min(abs(float(fit.palm_quaternion @ true.palm_quaternion)), 1.0)
        turn.append(np.degrees(2.0 * np.arccos(cosine)))
        confidence = pair.pose.confidence
        sure = np.minimum(confidence[_ENDS], confidence[_ENDS + 1]) > _HIGH
        flexion += np.degrees(abs(fit.angles - true.angles)[_FLEXIONS][sure]).tolist()
        inside &= bool(((fit.angles >= LOWEST_RAD) & (fit.angles <= HIGHEST_RAD)).all())
    out = {'right_side_share': len(place) / len(pairs), 'angles_inside_limits': float(inside)}
    for name, values in (('palm_mm', place), ('palm_deg', turn), ('flexion_deg', flexion)):
        out[f'{name}_median'], out[f'{name}_p95'] = np.percentile(values, [50, 95]).tolist()
    return out


def frames(estimator: HandPoseEstimator, count: int) -> dict[str, Figures]:
    """Return the figures of held-out frames by kind of centre, of hands that are reported."""
    out = {}
    for center, answers in estimate_frames(estimator, count).items():
        pairs = [
            Pair(a.pose, a.true_joints_m, a.side)
            for a in answers
            if a.pose is not None and a.found
        ]
        out[f'frames, {center} centre'] = joint_figures(pairs) | mechanism_figures(pairs)
    return out


def stream(estimator: HandPoseEstimator, seed: int, seconds: float, rest: bool) -> list[Pair]:
    """Return the estimates of a rendered stream at 30 Hz."""
    side = 'left' if seed % 2 else 'right'
    sequence = GestureSequence(seed, side)  # type: ignore[arg-type]
    if rest:
        _hold(sequence, seed)
    estimator.reset()
    out = []
    for i in range(round(seconds * RATE_HZ)):
        frame = sequence.frame(i / RATE_HZ)
        pose = estimator.estimate(
            frame.depth_mm, frame.intrinsics, unit_m=0.001, stamp_s=i / RATE_HZ
        )
        if pose is not None:
            out.append(Pair(pose, frame.joints_m, side))
    return out


def _hold(sequence: GestureSequence, seed: int) -> None:
    """Let a stream show one pose of its motion for ever; the sensor's noise goes on."""
    motion = sequence._motion
    state = motion.at(float(np.random.default_rng(seed).uniform(0.0, 30.0)))

    sequence._motion = SimpleNamespace(at=lambda _: state)  # type: ignore[assignment]


def smoothed(pairs: Sequence[Pair]) -> dict[str, Floats]:
    """Return the joints (T, 21, 3) of a stream raw, fitted, and by both filters."""
    points, poses = OneEuroFilter(), HandFitter(FitConfig(smoothing=PoseFilterConfig()))
    out: dict[str, list[npt.NDArray[np.floating]]] = {
        'raw': [],
        'fit': [],
        'one_euro': [],
        'pose_filter': [],
    }
    for i, pair in enumerate(pairs):
        pose = pair.pose
        side = pair.side if pose.fit is None else pose.fit.side
        one = Estimate(pose.raw_joints, pose.confidence, pose.spread, side)
        out['raw'].append(pose.raw_joints)
        out['fit'].append(pose.joints)
        out['one_euro'].append(points(pose.raw_joints, i / RATE_HZ))
        out['pose_filter'].append(poses(one, i / RATE_HZ).joints)
    return {name: np.stack(values).astype(np.float64) for name, values in out.items()}


def jitter_mm(joints_m: Floats) -> float:
    """Return the jitter about a straight motion, as evaluate --bag does (stability.py)."""
    times = np.arange(_JITTER_FRAMES) / RATE_HZ
    starts = range(0, len(joints_m) - _JITTER_FRAMES + 1, _JITTER_FRAMES // 2)
    windows = [joints_m[start:][:_JITTER_FRAMES] for start in starts]
    return 1000.0 * float(np.mean([line_fit(times, window)[1] for window in windows]))


def lag_frames(joints_m: Floats, true_m: Floats) -> float:
    """Return by how many frames joints (T, 21, 3) are nearest to the true ones of before."""
    lags, now = np.arange(-0.5, 4.01, 0.05), np.arange(6, len(joints_m) - 1)
    distances = []
    for lag in lags:
        whole = np.floor(now - lag).astype(int)
        share = (now - lag - whole)[:, None, None]
        then = true_m[whole] * (1.0 - share) + true_m[whole + 1] * share
        distances.append(float(np.linalg.norm(joints_m[now] - then, axis=-1).mean()))
    return float(lags[int(np.argmin(distances))])


def bone_figures(pairs: Sequence[Pair]) -> Figures:
    """Return how bones vary once held, and how far they are from the true ones after 3 s."""
    first = round(_HELD_S * RATE_HZ)
    late = pairs[first:]
    fits = [pair.pose.fit for pair in late if pair.pose.fit is not None]
    lengths = np.stack([fit.bone_lengths_m for fit in fits])
    raw = np.stack([pair.pose.raw_joints for pair in late])
    raw_lengths = np.linalg.norm(raw[:, _CHILDREN] - raw[:, _PARENTS], axis=2)
    true = bone_lengths_m(true_hand(late[-1]).shape_m)
    error = abs(lengths[-1] / true - 1.0)
    return {
        'held_share': float(np.mean([fit.held for fit in fits])),
        'bone_sd_raw_mm': 1000.0 * float(raw_lengths.std(axis=0).mean()),
        'bone_sd_fit_mm': 1000.0 * float(lengths.std(axis=0).max()),
        'bone_error_mean_percent': 100.0 * float(error.mean()),
        'bone_error_p95_percent': 100.0 * float(np.percentile(error, 95)),
    }


def streams(estimator: HandPoseEstimator, count: int) -> dict[str, Figures]:
    """Return the figures of moving and of resting hands."""
    seeds = range(_FIRST_STREAM, _FIRST_STREAM + count)
    moving = [stream(estimator, seed, _MOVE_S, rest=False) for seed in seeds]
    resting = [stream(estimator, seed + 100, _REST_S, rest=True) for seed in seeds]
    out: dict[str, Figures] = {}
    for name, kind in (('streams, moving', moving), ('streams, resting', resting)):
        pairs = [pair for pairs in kind for pair in pairs]
        out[name] = joint_figures(pairs) | mechanism_figures(pairs)
    bones = [bone_figures(pairs) for pairs in moving if len(pairs) > _HELD_S * RATE_HZ + 2]
    out['streams, moving'] |= {k: float(np.mean([b[k] for b in bones])) for k in bones[0]}
    for pairs in moving:
        true = np.stack([pair.true_m for pair in pairs])
        for name, joints in smoothed(pairs).items():
            _append(out['streams, moving'], f'lag_{name}_frames', lag_frames(joints, true), count)
            error = float(error_mm(joints, true).mean())
            _append(out['streams, moving'], f'error_{name}_mm', error, count)
    for pairs in resting:
        for name, joints in smoothed(pairs).items():
            _append(out['streams, resting'], f'jitter_{name}_mm', jitter_mm(joints[15:]), count)
    return out


def _append(figures: Figures, name: str, value: float, count: int) -> None:
    figures[name] = figures.get(name, 0.0) + value / count


def real(estimator: HandPoseEstimator, path: Path) -> dict[str, Figures]:
    """Return the figures of real frames: d0 and so on (H, W), K (N, 4), joints (N, 21, 3); mm."""
    pairs = []
    with np.load(path, allow_pickle=False) as data:
        for i, (k, true) in enumerate(zip(data['K'], data['joints'] / 1000.0, strict=True)):
            estimator.reset()
            pose = estimator.estimate(
                data[f'd{i}'], Intrinsics(*k.tolist()), true.mean(axis=0), unit_m=0.001
            )
            if pose is not None:
                pairs.append(Pair(pose, true.astype(np.float64), pose.side))
    out = joint_figures(pairs)
    for name in ('raw', 'fit'):
        joints = np.stack([p.pose.raw_joints if name == 'raw' else p.pose.joints for p in pairs])
        away = joints - np.stack([pair.true_m for pair in pairs])
        # The labels mark other points of the joints: what all frames have in common is no error.
        free = away - away.mean(axis=0)
        out[f'offset_free_{name}_mm'] = 1000.0 * float(np.linalg.norm(free, axis=2).mean())
    return {f'real, {path.stem}': out}


def cost(estimator: HandPoseEstimator) -> Figures:
    """Return what a fit of one hand takes: the best of many, which other load hardly touches."""
    pairs = stream(estimator, _FIRST_STREAM, 0.5, rest=False)
    pose = pairs[-1].pose
    one = Estimate(pose.raw_joints, pose.confidence, pose.spread, 'right')
    learning, held = HandFitter(), HandFitter()
    for i in range(120):
        held(one, i / RATE_HZ)
    taken: dict[str, float] = {}
    for name, fitter in (('learning', learning), ('held', held)):
        times = []
        for i in range(300):
            if name == 'learning' and i % 30 == 0:
                fitter = HandFitter()
            begin = time.perf_counter()
            fitter(one, 10.0 + i / RATE_HZ)
            times.append(time.perf_counter() - begin)
        taken[f'fit_{name}_best_ms'] = 1000.0 * min(times)
        taken[f'fit_{name}_median_ms'] = 1000.0 * float(np.median(times))
    return taken


def main() -> int:
    """Measure and print; JSON into a file where asked."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--frames', type=int, default=800)
    parser.add_argument('--streams', type=int, default=8)
    parser.add_argument('--real', type=Path, nargs='*', default=[])
    parser.add_argument('--out', type=Path)
    args = parser.parse_args()
    estimator = HandPoseEstimator.load(threads=1, config=EstimatorConfig(fit=FitConfig()))
    figures = {'cost': cost(estimator)}
    for path in args.real:
        figures |= real(estimator, path)
    if args.streams:
        figures |= streams(estimator, args.streams)
    if args.frames:
        figures |= frames(estimator, args.frames)
    for name, values in figures.items():
        print(f'\n{name}')
        for key, value in values.items():
            print(f'  {key:28s} {value:9.2f}')
    if args.out:
        args.out.write_text(json.dumps(figures, indent=1) + '\n', encoding='utf-8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
