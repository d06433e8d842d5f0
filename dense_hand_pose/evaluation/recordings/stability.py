# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
How still the estimates of a recording hold, which takes no ground truth to say.

Legend: T frames in a row, J joints; joints (T, J, 3) in metres, times (T,) in seconds.

Jitter is what is left of the joints once a straight motion is taken away: over windows of
WINDOW_S a line is fitted to each coordinate, and the residuals give the standard deviation of a
joint about its line. A window is "at rest" while its joints drift by less than REST_M_S. The
bones of a hand have one length: how much theirs varies is error, whatever the hand does.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from dense_hand_pose.skeleton import HAND_21
import numpy as np
import numpy.typing as npt

from .records import FrameRecord, HAND
from ..figures import mean

WINDOW_S: Final = 0.4
REST_M_S: Final = 0.05
_LEAST_FRAMES: Final = 5
_GAP_NS: Final = 200_000_000
"""A run of hands ends where none was seen for so long."""

Floats = npt.NDArray[np.float64]


def stability(frames: Sequence[FrameRecord]) -> dict[str, Any]:
    """Return jitter at rest and in all, and the variation of the bones; NaN for nothing."""
    windows = [window for run in runs(frames) for window in _windows(*run)]
    speed = np.array([entry[0] for entry in windows])
    jitter_mm = 1000.0 * np.array([entry[1] for entry in windows])
    rest = speed < REST_M_S
    return {
        'jitter_rest_mm': mean(jitter_mm[rest]),
        'jitter_all_mm': mean(jitter_mm),
        'windows': len(windows),
        'windows_at_rest': int(rest.sum()),
        **_bones([frame.joints_m for frame in frames if frame.joints_m is not None]),
    }


def runs(frames: Sequence[FrameRecord]) -> Iterator[tuple[Floats, Floats]]:
    """Yield times (T,) from 0 on and joints (T, J, 3) of each run of hands without a gap."""
    stamps: list[int] = []
    joints: list[Floats] = []
    for frame in frames:
        if frame.outcome != HAND or frame.joints_m is None:
            continue
        if stamps and not 0 < frame.stamp_ns - stamps[-1] <= _GAP_NS:
            yield _from_zero_s(stamps), np.stack(joints)
            stamps, joints = [], []
        stamps.append(frame.stamp_ns)
        joints.append(frame.joints_m)
    if stamps:
        yield _from_zero_s(stamps), np.stack(joints)


def line_fit(times_s: Floats, joints_m: Floats) -> tuple[float, float]:
    """
    Return the drift (m/s) and the jitter (m) of joints (T, J, 3), T > 2, both means over joints.

    Jitter is the square root of the residuals' variances summed over x, y and z.
    """
    t = times_s - times_s.mean()
    flat = joints_m.reshape(len(t), -1)
    centred = flat - flat.mean(axis=0)
    slope = t @ centred / (t @ t)
    residual = centred - t[:, None] * slope
    variance = (residual**2).sum(axis=0) / (len(t) - 2)
    drift = np.linalg.norm(slope.reshape(-1, 3), axis=1)
    jitter = np.sqrt(variance.reshape(-1, 3).sum(axis=1))
    return float(drift.mean()), float(jitter.mean())


def _from_zero_s(stamps_ns: Sequence[int]) -> Floats:
    """Return seconds since the first stamp: those since 1970 are rounded to 0.2 us in float64."""
    return np.array([stamp - stamps_ns[0] for stamp in stamps_ns]) / 1e9


def _windows(times_s: Floats, joints_m: Floats) -> Iterator[tuple[float, float]]:
    """Yield drift and jitter of the windows of a run; each begins half a window later."""
    begin = times_s[0]
    while begin + WINDOW_S <= times_s[-1] + 1e-9:
        low, high = np.searchsorted(times_s, [begin - 1e-9, begin + WINDOW_S + 1e-9])
        if high - low >= _LEAST_FRAMES:
            yield line_fit(times_s[low:high], joints_m[low:high])
        begin += WINDOW_S / 2


def _bones(hands: Sequence[Floats]) -> dict[str, Any]:
    """Return the standard deviation of each bone's length, millimetres and share of its mean."""
    names = [HAND_21.joints[child] for _, child in HAND_21.bones]
    if len(hands) < 2:
        nothing = dict.fromkeys(names, float('nan'))
        return {'bone_sd_mm': float('nan'), 'bone_sd_share': float('nan'), 'per_bone': nothing}
    joints = np.stack(hands)
    parents, children = np.array(HAND_21.bones).T
    lengths_mm = 1000.0 * np.linalg.norm(joints[:, children] - joints[:, parents], axis=2)
    spread_mm = lengths_mm.std(axis=0, ddof=1)
    return {
        'bone_sd_mm': float(spread_mm.mean()),
        'bone_sd_share': float((spread_mm / np.maximum(lengths_mm.mean(axis=0), 1e-6)).mean()),
        'per_bone': dict(zip(names, spread_mm.tolist(), strict=True)),
    }
