# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The processing on board of depth cameras: matching windows, filters, hole filling, resolution.

Raw noise (noise.py) is white; delivered depth is not. Real cameras smooth, so that roughness over
one pixel is below that over four, neighbours are equal, and gaps between closed fingers are
filled. The ranges come from the statistics of real frames (tools/sensor_statistics.py).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import processing_kernels as kernels
from .cameras import SensorKind

Depth = npt.NDArray[np.float32]
_CLOSE_M, _ENLARGE_M = 0.015, 0.02
_MAX_RADIUS = 6  # lattice pixels of a mean
_UNFILTERED = 0.4  # share of structured-light devices; OpenNI's drivers filter nothing


@dataclass(frozen=True, kw_only=True)
class Processing:
    """
    What a device does to one frame; the defaults do nothing. Lengths in sensor pixels, metres.

    Attributes
    ----------
    close_px:
        Gaps of up to this width between surfaces of like depth are bridged.
    enlarge_px, enlarge_smooth:
        Every so many-th pixel is measured and enlarged, repeated or bilinear.
    wave_per_m, wave_px:
        Standard deviation of the noise that cells of wave_px share, for depth squared.
    tear_px, tear_chance:
        Pixels within this distance of a step in depth are lost, at this share of the steps.
    mean_px, mean_limit_m:
        Radius of a mean within surfaces, whose steps stay below the limit.
    medians:
        Passes of a 3 x 3 median.
    alpha, alpha_limit_m:
        Share of the own depth in the recursive edge-preserving filter; 1 is off.
    trail_px, trail_alpha, trail_persist:
        Motion since the frame before (rows, columns), the temporal filter's share of this frame
        (1 is off), and whether lost pixels show the frame before.
    fill, fill_px:
        Hole filling: a mode of processing_kernels.py, and the longest hole.

    """

    close_px: float = 0.0
    enlarge_px: float = 1.0
    enlarge_smooth: bool = False
    wave_per_m: float = 0.0
    wave_px: float = 8.0
    tear_px: float = 0.0
    tear_chance: float = 1.0
    mean_px: float = 0.0
    mean_limit_m: float = 0.01
    medians: int = 0
    alpha: float = 1.0
    alpha_limit_m: float = 0.01
    trail_px: tuple[float, float] = (0.0, 0.0)
    trail_alpha: float = 1.0
    trail_persist: bool = False
    fill: int = kernels.FILL_NONE
    fill_px: float = 0.0

    @classmethod
    def sample(cls, rng: np.random.Generator, sensor: SensorKind) -> 'Processing':
        """Draw a device: from none to everything that its kind of camera offers."""
        if sensor == 'structured_light' and rng.random() < _UNFILTERED:
            return cls()
        windows = sensor == 'stereo'
        wave = np.exp(rng.uniform(np.log(0.0002), np.log(0.006 if windows else 0.003)))
        return cls(
            close_px=_often(rng, 0.6 if windows else 0.4, rng.uniform(1.0, 8.0)),
            enlarge_px=float(rng.uniform(2.0, 3.5)) if rng.random() < 0.2 else 1.0,
            enlarge_smooth=bool(rng.random() < 0.5),
            wave_per_m=_often(rng, 0.6, float(wave)),
            wave_px=float(np.exp(rng.uniform(np.log(3.0), np.log(24.0)))),
            tear_px=_often(rng, 0.2 if windows else 0.6, rng.uniform(0.5, 2.5)),
            tear_chance=float(1.0 - 0.7 * rng.random() ** 2),
            mean_px=_often(rng, 0.75 if windows else 0.4, rng.uniform(0.8, 5.0)),
            mean_limit_m=float(rng.uniform(0.006, 0.02)),
            medians=int(rng.choice(3, p=(0.7, 0.2, 0.1))),
            alpha=float(rng.uniform(0.3, 0.8))
            if rng.random() < (0.45 if windows else 0.25)
            else 1.0,
            alpha_limit_m=float(rng.uniform(0.006, 0.02)),
            trail_px=(float(rng.normal(0.0, 6.0)), float(rng.normal(0.0, 6.0))),
            trail_alpha=float(rng.uniform(0.3, 0.8)) if rng.random() < 0.15 else 1.0,
            trail_persist=bool(rng.random() < 0.4),
            fill=int(rng.integers(1, 4)) if rng.random() < 0.2 else kernels.FILL_NONE,
            fill_px=float(rng.uniform(2.0, 16.0)),
        )


def _often(rng: np.random.Generator, share: float, value: float) -> float:
    """Return the value in a share of the draws, else 0."""
    return float(value) if rng.random() < share else 0.0


def before_noise(z: Depth, processing: Processing, step: float) -> Depth:
    """Return what the matching windows and the true resolution make of a depth (R, C)."""
    gap = round(processing.close_px / step)
    if gap:
        z = kernels.close_gaps(z, gap, _CLOSE_M)
    factor = round(processing.enlarge_px / step)
    if factor > 1:
        z = kernels.enlarge(z, factor, processing.enlarge_smooth, _ENLARGE_M)
    return z


def after_noise(z: Depth, processing: Processing, step: float, rng: np.random.Generator) -> Depth:
    """Return what correlated noise and the device's filters make of a noisy depth (R, C)."""
    p = processing
    if p.wave_per_m:
        cell = max(p.wave_px / step, 1.0)
        cells = [int(n / cell) + 2 for n in z.shape]
        z = z.copy()
        kernels.add_waves(z, p.wave_per_m * rng.standard_normal(cells), cell)
    if p.tear_px:
        radius = int(p.tear_px / step + rng.random())
        z = kernels.tear(z, radius, p.tear_chance, rng) if radius else z
    radius = min(int(p.mean_px / step + rng.random()), _MAX_RADIUS)
    if radius:
        z = kernels.mean(z, radius, p.mean_limit_m)
    for _ in range(p.medians):
        z = kernels.median(z)
    if p.alpha < 1.0:
        z = kernels.recursive(z, p.alpha, p.alpha_limit_m)
    if p.trail_alpha < 1.0:
        motion = round(p.trail_px[0] / step), round(p.trail_px[1] / step)
        z = kernels.trail(z, motion, p.trail_alpha, p.alpha_limit_m, p.trail_persist)
    longest = round(p.fill_px / step)
    if p.fill != kernels.FILL_NONE and longest:
        z = kernels.fill_holes(z, p.fill, longest)
    return z
