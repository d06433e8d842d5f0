# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the estimator."""

from dataclasses import dataclass, field

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.config_fields import bounded, check_fields, one_of
from dense_hand_pose.kinematics.hand_fitter import FitConfig

ROI_MODES = ('tracked', 'detector', 'nearest')
MAX_HANDS = 4
"""Largest number of tracked hands."""
VIEW_COUNTS = (1, 2, 4, 8)
"""Numbers of symmetries of a crop (crop_symmetries.py)."""


@dataclass(frozen=True, kw_only=True)
class EstimatorConfig:
    """
    How frames are searched and votes merged; may be replaced between frames.

    ``roi_mode``: 'tracked' estimates at the predicted places of hands and searches where fewer
    than ``max_hands`` are tracked, 'nearest' searches the nearest surfaces in every frame,
    'detector' searches with the detector in every frame. ``search_every``: frames from one step
    of a search beside tracks to the next; with 1, and 0 (automatic), three frames find what a
    search of each would find. No hand where the mean confidence is below ``min_confidence`` or
    the hand's score below ``min_score``; a new hand needs ``min_new_score`` as well, and a track
    that has not reached it for half a second ends. ``decoding``: merging of votes. ``views``:
    number of mirrored and turned crops whose estimates are averaged, 1, 2, 4 or 8; the network
    takes as many times as long. ``fit``: how joints become a hand with angles and constant bones
    (kinematics); None: joints stay as the network has them.
    """

    cube_size_m: float = bounded(0.30, 0.1, 1.0, 'm')
    depth_min_m: float = bounded(0.15, 0.01, 20.0, 'm')
    depth_max_m: float = bounded(1.2, 0.01, 20.0, 'm')
    min_confidence: float = bounded(0.25, 0.0, 1.0)
    min_score: float = bounded(0.3, 0.0, 1.0)
    min_new_score: float = bounded(0.7, 0.0, 1.0)
    roi_mode: str = one_of('tracked', ROI_MODES)
    max_hands: int = bounded(1, 1, MAX_HANDS)
    search_every: int = bounded(0, 0, 1000, 'frames')
    views: int = one_of(1, VIEW_COUNTS)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    fit: FitConfig | None = field(default_factory=FitConfig)

    def __post_init__(self) -> None:
        """Check the ranges; errors name the value."""
        check_fields(self)
        if not self.depth_min_m < self.depth_max_m:
            raise ValueError(
                f'depth_min_m = {self.depth_min_m}, depth_max_m = {self.depth_max_m}: '
                'expected min < max'
            )
