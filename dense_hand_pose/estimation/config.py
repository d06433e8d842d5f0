# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the estimator."""

from dataclasses import dataclass

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.kinematics.hand_fitter import FitConfig

ROI_MODES = ('tracked', 'detector', 'nearest')
MAX_HANDS = 4
"""So many hands are tracked at most; a person shows two."""


@dataclass(frozen=True, kw_only=True)
class EstimatorConfig:
    """
    How frames are searched and votes merged; may be replaced between frames.

    ``roi_mode``: 'tracked' puts the cubes where the hands are expected and searches when one is
    lost, 'nearest' searches the nearest surfaces of every frame, 'detector' has the detector
    search every frame. ``max_hands``: so many are followed. ``search_every``: frames from one
    search for further hands to the next while fewer are known; 0: so many that searches cost less
    than a quarter of what following a hand costs, 4 by the detector and 15 else, half of that
    while one is missed that was lost a moment ago. No hand where the mean confidence is below
    ``min_confidence`` or the hand's score below ``min_score``; a hand that was not followed before
    needs ``min_new_score`` as well. ``fit``: how joints become a hand with angles and constant
    bones (kinematics); None: joints stay as the network has them.
    """

    cube_size_m: float = 0.30
    depth_min_m: float = 0.15
    depth_max_m: float = 1.2
    method: str = 'soft'
    candidates: int = 5
    bandwidth_m: float = 0.04
    iterations: int = 10
    weighted: bool = True
    min_confidence: float = 0.25
    min_score: float = 0.3
    min_new_score: float = 0.7
    roi_mode: str = 'tracked'
    max_hands: int = 1
    search_every: int = 0
    fit: FitConfig | None = None

    def __post_init__(self) -> None:
        """Check the ranges; errors name the value."""
        if not 0.1 <= self.cube_size_m <= 1.0:
            raise ValueError(f'cube_size_m = {self.cube_size_m}: expected 0.1 to 1.0 m')
        if not 0.0 < self.depth_min_m < self.depth_max_m <= 20.0:
            raise ValueError(
                f'depth_min_m = {self.depth_min_m}, depth_max_m = {self.depth_max_m}: '
                'expected 0 < min < max <= 20 m'
            )
        for name in ('min_confidence', 'min_score', 'min_new_score'):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f'{name} = {getattr(self, name)}: expected 0 to 1')
        if self.roi_mode not in ROI_MODES:
            raise ValueError(f'roi_mode = {self.roi_mode!r}: expected {", ".join(ROI_MODES)}')
        if not 1 <= self.max_hands <= MAX_HANDS:
            raise ValueError(f'max_hands = {self.max_hands}: expected 1 to {MAX_HANDS}')
        if self.search_every < 0:
            raise ValueError(f'search_every = {self.search_every}: expected 0 or more frames')
        self.decoding()

    def decoding(self) -> DecodingConfig:
        """Return the part that concerns the merging of votes."""
        return DecodingConfig(
            method=self.method,
            candidates=self.candidates,
            bandwidth_m=self.bandwidth_m,
            iterations=self.iterations,
            weighted=self.weighted,
        )
