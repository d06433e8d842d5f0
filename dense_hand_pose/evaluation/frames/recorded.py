# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What the estimator makes of recorded depth frames, each taken by itself.

Legend: N frames with joints. 'truth' puts the cube around the mean of the measured joints, where
there are any; 'detected' leaves it to the search. Refused estimates are measured too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dense_hand_pose.estimator import EstimatorConfig, HandPose, HandPoseEstimator
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.visualization import (
    contact_sheet,
    draw_pose,
    draw_text,
    Image,
    surroundings,
)
import numpy as np
import numpy.typing as npt

from .depth_frames import RecordedFrame
from ..figures import decimal, percent
from ..metrics import joint_errors
from ..metrics.joint_errors import offset_free_errors_m

Floats = npt.NDArray[np.float64]
THRESHOLDS_MM = joint_errors.THRESHOLDS_MM[1:]


@dataclass(frozen=True)
class RecordedResult:
    """A frame and its estimate, None where the cube was empty; reported: above the thresholds."""

    frame: RecordedFrame
    pose: HandPose | None
    reported: bool


def estimate_recorded(
    estimator: HandPoseEstimator, frames: Iterable[RecordedFrame], centers: Sequence[str]
) -> dict[str, list[RecordedResult]]:
    """Estimate each frame by itself, once per kind of centre; 'truth' only where it has joints."""
    results: dict[str, list[RecordedResult]] = {center: [] for center in centers}
    config = estimator.config
    estimator.config = replace(config, min_confidence=0.0, min_score=0.0, min_new_score=0.0)
    try:
        for frame in frames:
            for center, column in results.items():
                at = _center(frame) if center == 'truth' else None
                if center == 'truth' and at is None:
                    continue
                estimator.reset()
                pose = estimator.estimate(frame.depth, frame.intrinsics, at, unit_m=frame.unit_m)
                reported = pose is not None and is_reported(pose, config, at is None)
                column.append(RecordedResult(frame, pose, reported))
    finally:
        estimator.config = config
    return results


def is_reported(pose: HandPose, config: EstimatorConfig, searched: bool) -> bool:
    """Return whether the estimator reports a pose; a searched one counts as new."""
    least = max(config.min_score, config.min_new_score) if searched else config.min_score
    return float(pose.confidence.mean()) >= config.min_confidence and pose.raw_score >= least


def _center(frame: RecordedFrame) -> Floats | None:
    """Return the mean (3,) of the measured joints, None without any."""
    if frame.joints_m is None or not np.isfinite(frame.joints_m).all(axis=1).any():
        return None
    center: Floats = np.nanmean(frame.joints_m, axis=0)
    return center


def errors_m(results: Sequence[RecordedResult]) -> tuple[Floats, Floats]:
    """
    Return errors (N, 21) and offset-free errors (N, 21) in metres of the frames with joints.

    NaN for joints that were not measured and for frames without an estimate.
    """
    labelled = [one for one in results if one.frame.joints_m is not None]
    true = np.array([one.frame.joints_m for one in labelled]).reshape(-1, 21, 3)
    estimated = np.full(true.shape, np.nan)
    sides = np.ones(len(labelled), np.int_)
    for n, one in enumerate(labelled):
        if one.pose is not None:
            estimated[n] = one.pose.joints
            sides[n] = -1 if one.pose.side == 'left' else 1
    free = offset_free_errors_m(estimated, true, sides)
    return np.linalg.norm(estimated - true, axis=2), free


def mean_error_m(result: RecordedResult) -> float | None:
    """Return the mean error of the measured joints, metres; None without joints or estimate."""
    joints = result.frame.joints_m
    if joints is None or result.pose is None or not np.isfinite(joints).all(axis=1).any():
        return None
    return float(np.nanmean(np.linalg.norm(result.pose.joints - joints, axis=1)))


def summarise(results: Sequence[RecordedResult]) -> dict[str, Any]:
    """
    Return the figures of one kind of centre, lengths in millimetres, None where there is nothing.

    frames, reported_share, mean_score; of the frames with joints mean, median and 95th percentile
    of all joint errors, offset_free_mean_error_mm, the share of frames with every measured joint
    under a threshold (frames without an estimate are under none), and per_joint means of both.
    """
    errors, free = (1000.0 * values for values in errors_m(results))
    scores = [one.pose.score for one in results if one.pose is not None]
    true = [one.frame.joints_m for one in results if one.frame.joints_m is not None]
    labelled = np.isfinite(np.array(true).reshape(-1, len(HAND_21), 3))
    return {
        'frames': len(results),
        'frames_with_joints': len(errors),
        'reported_share': _mean([one.reported for one in results]),
        'mean_score': _mean(scores),
        'mean_joint_error_mm': _mean(errors),
        'median_joint_error_mm': _percentile(errors, 50.0),
        'p95_joint_error_mm': _percentile(errors, 95.0),
        'offset_free_mean_error_mm': _mean(free),
        'frames_under_mm': {
            str(limit): _mean(_all_under(errors, labelled, limit)) for limit in THRESHOLDS_MM
        },
        'per_joint': {
            name: {
                'mean_joint_error_mm': _mean(errors[:, joint]),
                'offset_free_mean_error_mm': _mean(free[:, joint]),
            }
            for joint, name in enumerate(HAND_21.joints)
        },
    }


def _all_under(
    errors_mm: Floats, labelled: npt.NDArray[np.bool_], limit_mm: float
) -> npt.NDArray[np.bool_]:
    """Return which frames (N,) have every measured joint under a limit."""
    if not len(errors_mm):
        return np.zeros(0, np.bool_)
    measured = labelled.all(axis=2)
    under = np.all((errors_mm < limit_mm) | ~measured, axis=1)
    return np.asarray(under, np.bool_)


def _mean(values: Any) -> float | None:
    """Return the mean of the finite values, None without any."""
    array = np.asarray(values, np.float64)
    finite = array[np.isfinite(array)]
    return float(finite.mean()) if finite.size else None


def _percentile(values: Floats, percent: float) -> float | None:
    finite = values[np.isfinite(values)]
    return float(np.percentile(finite, percent)) if finite.size else None


def table(centers: dict[str, dict[str, Any]]) -> str:
    """Return the figures as text: a column per kind of centre, lengths in millimetres."""
    rows: list[tuple[str, list[str]]] = [('', list(centers))]
    figures = list(centers.values())
    rows.append(('frames', [str(f['frames']) for f in figures]))
    rows.append(('hand reported', [percent(f['reported_share']) for f in figures]))
    rows.append(('frames with joints', [str(f['frames_with_joints']) for f in figures]))
    for key, name in (
        ('mean_joint_error_mm', 'mean error'),
        ('median_joint_error_mm', 'median'),
        ('p95_joint_error_mm', '95th percentile'),
        ('offset_free_mean_error_mm', 'mean, offset-free'),
    ):
        rows.append((name, [decimal(f[key]) for f in figures]))
    for limit in THRESHOLDS_MM:
        shares = [percent(f['frames_under_mm'][str(limit)]) for f in figures]
        rows.append((f'every joint under {limit} mm', shares))
    for joint in HAND_21.joints:
        both = [f['per_joint'][joint] for f in figures]
        texts = [
            f'{decimal(b["mean_joint_error_mm"])} ({decimal(b["offset_free_mean_error_mm"])})'
            for b in both
        ]
        rows.append((f'  {joint} (offset-free)', texts))
    return '\n'.join(
        f'{name:<34}' + ''.join(f'{cell:>16}' for cell in cells) for name, cells in rows
    )


_SHOWN, _COLUMNS = 24, 4
_TILE_PX = 200


def sheet(results: Sequence[RecordedResult]) -> Image:
    """
    Return the pictures of up to 24 frames, the largest mean error first.

    Frames without joints follow, those with the lowest score first, and show the estimate alone.
    """
    ordered = sorted(results, key=_rank)[:_SHOWN]
    return contact_sheet([_picture(one) for one in ordered], _COLUMNS)


def _rank(result: RecordedResult) -> tuple[int, float]:
    error = mean_error_m(result)
    if error is not None:
        return 0, -error
    return 1, -1.0 if result.pose is None else result.pose.score


def _picture(result: RecordedResult) -> Image:
    """Return a frame around its hand, with the measured joints (if any) left of the estimate."""
    frame, pose = result.frame, result.pose
    depth_m = frame.depth.astype(np.float32) * np.float32(frame.unit_m)
    known = frame.joints_m if frame.joints_m is not None else None
    if known is None and pose is None:
        return draw_text(np.full((_TILE_PX, _TILE_PX, 3), 28, np.uint8), f'{frame.name}: no hand')
    points = known if known is not None else pose.joints  # type: ignore[union-attr]
    tile, k = surroundings(depth_m, np.nanmean(points, axis=0), frame.intrinsics, _TILE_PX)
    error = mean_error_m(result)
    label = 'nothing estimated' if pose is None else f'score {pose.score:.2f}'
    if error is not None:
        label = f'{1000.0 * error:.0f} mm, {label}'
    guess = tile if pose is None else draw_pose(tile, pose.joints, k, pose.confidence)
    guess = draw_text(guess, label, (6, _TILE_PX - 8), 0.36)
    if known is None:
        return draw_text(guess, frame.name, (6, 14), 0.36)
    return np.hstack([draw_text(draw_pose(tile, known, k), frame.name, (6, 14), 0.36), guess])
