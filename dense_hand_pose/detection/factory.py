# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The localizer of a mode."""

from dense_hand_pose.network.weight_file import MODELS_DIR

from .nearest_surface import NearestSurfaces
from .proposals import Localizer

_DETECTOR = 'detector'


def make_localizer(
    roi_mode: str, backend: str = 'auto', threads: int = 0, precision: str = 'auto'
) -> Localizer:
    """
    Return the localizer of a mode: 'tracked', 'detector' or 'nearest'.

    'tracked' uses the detector where its weights are installed, else the nearest surfaces. Raises
    WeightsError for unusable weights, and for missing ones in mode 'detector'.
    """
    if roi_mode == 'detector' or (roi_mode == 'tracked' and detector_is_installed()):
        from .detector import HandDetector, MOST_PROPOSED, PROPOSED_SCORE  # import on demand

        return HandDetector.load(
            _DETECTOR,
            backend,
            threads,
            min_score=PROPOSED_SCORE,
            max_detections=MOST_PROPOSED,
            precision=precision,
        )
    return NearestSurfaces()


def detector_is_installed() -> bool:
    """Return whether the package contains the weights of a detector."""
    return (MODELS_DIR / f'{_DETECTOR}.safetensors').exists()
