# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Noise of structured-light, stereo and time-of-flight cameras at the pixels that are read."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from . import noise_kernels as kernels
from .cameras import DepthCamera
from .edge_kernels import fatten, flying_pixels
from .processing import after_noise, before_noise, Processing
from .raster import DepthBuffer

Depth = npt.NDArray[np.float32]
_LEAST_GAIN = {'structured_light': 0.03, 'stereo': 0.03, 'time_of_flight': 0.08}
_MOST_GAIN = {'structured_light': 3.0, 'stereo': 1.5, 'time_of_flight': 1.5}
_LATERAL_PX = {
    # a and b of a + b t / (pi/2 - t), Nguyen et al. 2012 for structured light.
    'structured_light': (0.8, 0.035),
    'stereo': (0.4, 0.02),
    'time_of_flight': (0.3, 0.01),
}


@dataclass(frozen=True, kw_only=True)
class NoiseLevel:
    """
    How strong the noise of one frame is; the defaults are a typical device without filters.

    gain scales the axial noise; blocks of grain_px share their lateral noise; chances are per
    pixel: dropouts anywhere, at depth edges and at grazing incidence; holes is the expected
    number of lost patches. unit_m: the step of the delivered depth. turned: the second camera or
    the projector is on the left, as under a camera that is mounted upside down. processing: what
    the device does to its measurements.
    """

    gain: float = 1.0
    offset_m: float = 0.0
    grain_px: int = 1
    disparity_sd_px: float = 0.06
    fattening_px: float = 1.0
    tof_sd_m: float = 0.0013
    bias_m: float = 0.0007
    flying: float = 0.3
    dropouts: tuple[float, float, float] = (0.001, 0.15, 0.5)
    holes: float = 0.3
    unit_m: float = 0.001
    turned: bool = False
    processing: Processing = field(default_factory=Processing)

    @classmethod
    def sample(cls, rng: np.random.Generator, camera: DepthCamera) -> 'NoiseLevel':
        """
        Draw a device of a camera's kind and its scene: from nearly clean to poor.

        The published formulas describe raw sensors: the upper end of a log-uniform range.
        """
        least = _LEAST_GAIN[camera.sensor]
        gain = float(np.exp(rng.uniform(np.log(least), np.log(_MOST_GAIN[camera.sensor]))))
        return cls(
            gain=gain,
            offset_m=float(rng.normal(0.0, 0.002)),
            grain_px=int(rng.integers(1, 6)),
            disparity_sd_px=0.08 * gain,
            fattening_px=float(rng.uniform(0.0, 3.0)),
            tof_sd_m=0.0013 * gain,
            bias_m=float(rng.uniform(0.0, 0.0015)),
            flying=float(rng.uniform(0.05, 0.5)) if rng.random() < 0.6 else 0.0,
            dropouts=(0.01 * rng.random() ** 3, 0.6 * rng.random() ** 2, rng.random()),
            holes=0.6,
            unit_m=camera.units_m[int(rng.integers(len(camera.units_m)))],
            turned=bool(rng.random() < 0.3),
            processing=Processing.sample(rng, camera.sensor),
        )


def add_noise(
    buffer: DepthBuffer, camera: DepthCamera, level: NoiseLevel, rng: np.random.Generator
) -> Depth:
    """Return the (R, C) depth in metres as the camera measures what is in the buffer; 0 = none."""
    z, facing = buffer.depth_m(), buffer.facing
    if z.size == 0:
        return z
    step = (_step(buffer.columns), _step(buffer.rows))
    focal_baseline = buffer.intrinsics.fx * camera.baseline_m
    _geometry(z, buffer, focal_baseline, level.turned)
    z = _edges(z, camera, level, step, rng)
    z = before_noise(z, level.processing, max(step))
    grain = max(round(level.grain_px / max(step)), 1)
    focal_px = buffer.intrinsics.fx
    z, facing = kernels.jitter(z, facing, _LATERAL_PX[camera.sensor], step, grain, focal_px, rng)
    anywhere, edge, grazing = level.dropouts
    z = kernels.drop_out(z, facing, (anywhere, edge / max(step), grazing), rng)
    if camera.sensor == 'stereo':
        cell = max(round(5.0 / max(step)), 1)
        kernels.stereo(z, level.disparity_sd_px, focal_baseline, cell, rng)
    elif camera.sensor == 'structured_light':
        kernels.structured_light(z, facing, level.gain, rng)
    else:
        kernels.time_of_flight(z, level.tof_sd_m, level.bias_m * rng.standard_normal((5, 5)), rng)
    z = after_noise(z, level.processing, max(step), rng)
    if camera.step_per_m > 0.0:
        kernels.quantise(z, camera.step_per_m)
    _punch_holes(z, rng.poisson(level.holes), rng)
    kernels.finish(z, level.offset_m, level.unit_m)
    return z


def _geometry(z: Depth, buffer: DepthBuffer, focal_baseline: float, turned: bool) -> None:
    """Remove what a second camera or a projector does not see; in place."""
    if focal_baseline <= 0.0:
        return
    if turned:
        # Seen in a mirror, the second camera is on the right again.
        kernels.occlude(z[:, ::-1], -buffer.columns[::-1], focal_baseline)
    else:
        kernels.occlude(z, buffer.columns, focal_baseline)


def _edges(
    z: Depth,
    camera: DepthCamera,
    level: NoiseLevel,
    step: tuple[float, float],
    rng: np.random.Generator,
) -> Depth:
    """Return the depth with the edges of surfaces as the kind of camera delivers them."""
    if camera.sensor == 'stereo':
        return fatten(z, level.fattening_px, step[0], rng)
    if camera.sensor == 'time_of_flight' and level.flying > 0.0:
        return flying_pixels(z, level.flying / max(step), rng)
    return z


def _step(lattice: npt.NDArray[np.int64]) -> float:
    """Return the mean distance of neighbours in pixels, 1 for a single pixel."""
    return float(lattice[-1] - lattice[0]) / (len(lattice) - 1) if len(lattice) > 1 else 1.0


def _punch_holes(z: Depth, count: int, rng: np.random.Generator) -> None:
    """Lose elliptic patches of 2 to 7 lattice pixels (reflections, dark spots); in place."""
    rows, columns = z.shape
    for _ in range(count):
        v, u = rng.integers(rows), rng.integers(columns)
        high, wide = rng.integers(1, 4, size=2)
        top, left = max(v - high, 0), max(u - wide, 0)
        bottom, right = min(v + high + 1, rows), min(u + wide + 1, columns)
        y, x = np.ogrid[top:bottom, left:right]
        inside = ((y - v) / high) ** 2 + ((x - u) / wide) ** 2 <= 1.0
        z[top:bottom, left:right][inside] = 0.0
