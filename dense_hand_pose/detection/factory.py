# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Which localiser serves a mode."""

from dense_hand_pose.network.weight_file import MODELS_DIR

from .proposals import Localizer, NearestSurfaces

_DETECTOR = 'detector'


def make_localizer(
    roi_mode: str, backend: str = 'auto', threads: int = 0, precision: str = 'auto'
) -> Localizer:
    """
    Return the localiser of a mode: 'tracked', 'detector' or 'nearest'.

    'tracked' searches with the detector where its weights are installed, else at the nearest
    surfaces. Raises WeightsError where weights cannot be used, or 'detector' has none.
    """
    if roi_mode == 'detector' or (roi_mode == 'tracked' and detector_is_installed()):
        from .detector import HandDetector, MOST_PROPOSED, PROPOSED_SCORE  # only where wanted

        return HandDetector.load(
            _DETECTOR,
            backend,
            threads,
            min_score=PROPOSED_SCORE,
            max_hands=MOST_PROPOSED,
            precision=precision,
        )
    return NearestSurfaces()


def detector_is_installed() -> bool:
    """Say whether the package came with the weights of a detector."""
    return (MODELS_DIR / f'{_DETECTOR}.safetensors').exists()
