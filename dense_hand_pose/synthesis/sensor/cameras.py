# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The depth cameras that synthetic frames are drawn from, as data."""

from dataclasses import dataclass
from typing import Literal

from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np

SensorKind = Literal['structured_light', 'stereo', 'time_of_flight']


@dataclass(frozen=True)
class DepthCamera:
    """
    A camera model: focal length and image size in pixels, baseline in metres (0 for ToF).

    units_m: the steps in which drivers deliver its depth. step_per_m: depth z of a structured
    light sensor comes in steps of z^2 step_per_m (1/8 px of disparity); 0 for none.
    """

    name: str
    fx_px: float
    width: int
    height: int
    sensor: SensorKind
    baseline_m: float = 0.0
    units_m: tuple[float, ...] = (0.001,)
    step_per_m: float = 0.0

    def sample_intrinsics(self, rng: np.random.Generator) -> Intrinsics:
        """Draw the calibration of one device: 1.5 % of focal length, 1 % of principal point."""
        focal = self.fx_px * (1.0 + 0.015 * rng.standard_normal())
        return Intrinsics(
            focal,
            focal * (1.0 + 0.002 * rng.standard_normal()),
            (self.width - 1) / 2 + 0.01 * self.width * rng.standard_normal(),
            (self.height - 1) / 2 + 0.01 * self.height * rng.standard_normal(),
        )


_MOSTLY_MM = (0.001, 0.001, 0.001, 0.001, 0.0001)

CAMERAS: tuple[DepthCamera, ...] = (
    DepthCamera('kinect', 588.0, 640, 480, 'structured_light', 0.075, step_per_m=1.0 / 351.3),
    DepthCamera('creative', 241.4, 320, 240, 'time_of_flight'),
    DepthCamera('sr300', 475.0, 640, 480, 'structured_light', 0.025, (0.001, 0.000125)),
    DepthCamera('d435', 385.0, 640, 480, 'stereo', 0.050, _MOSTLY_MM),
    DepthCamera('d435_wide', 425.0, 848, 480, 'stereo', 0.050, _MOSTLY_MM),
    DepthCamera('d415', 615.0, 640, 480, 'stereo', 0.055, _MOSTLY_MM),
    DepthCamera('d415_hd', 920.0, 1280, 720, 'stereo', 0.055, _MOSTLY_MM),
    DepthCamera('l515', 460.0, 640, 480, 'time_of_flight', units_m=(0.001, 0.00025)),
    DepthCamera('azure_kinect', 504.0, 640, 576, 'time_of_flight'),
    DepthCamera('kinect_v2', 365.0, 512, 424, 'time_of_flight'),
)
