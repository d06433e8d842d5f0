# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The localizer of a mode."""

from dense_hand_pose.network.score_settings import ScoreSettings
from dense_hand_pose.network.weight_file import MODELS_DIR

from .nearest_surface import NearestSurfaces
from .proposals import Localizer

_DETECTOR = 'detector'


def make_localizer(
    roi_mode: str,
    backend: str = 'auto',
    threads: int = 0,
    precision: str = 'auto',
    scores: ScoreSettings | None = None,
) -> Localizer:
    """
    Return the localizer of a mode: 'tracked', 'detector' or 'nearest'.

    'tracked' uses the detector where its weights are installed, else the nearest surfaces.
    ``scores``: the settings of the pose network that judges the candidates. Raises
    WeightsError for unusable weights, and for missing ones in mode 'detector'.
    """
    if roi_mode == 'detector' or (roi_mode == 'tracked' and detector_is_installed()):
        from .detector import (  # import on demand
            HandDetector,
            MOST_PROPOSED,
            PROPOSED_SCORE,
            PROPOSED_SURFACES,
        )

        return HandDetector.load(
            _DETECTOR,
            backend,
            threads,
            min_score=PROPOSED_SCORE,
            max_detections=MOST_PROPOSED,
            precision=precision,
            scores=scores or ScoreSettings(),
            surfaces=PROPOSED_SURFACES,
        )
    return NearestSurfaces()


def detector_is_installed() -> bool:
    """Return whether the package contains the weights of a detector."""
    return (MODELS_DIR / f'{_DETECTOR}.safetensors').exists()
