# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""3D hand joints from single depth frames, by dense per-pixel 3D regression."""

from importlib import import_module
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from .camera.intrinsics import Intrinsics
    from .estimator import EstimatorConfig, HandPose, HandPoseEstimator

__version__ = '0.1.0'
__all__ = ['EstimatorConfig', 'HandPose', 'HandPoseEstimator', 'Intrinsics', '__version__']

_HOME = {
    'EstimatorConfig': '.estimator',
    'HandPose': '.estimator',
    'HandPoseEstimator': '.estimator',
    'Intrinsics': '.camera.intrinsics',
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that the package itself loads at once."""
    if name not in _HOME:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(_HOME[name], __name__), name)
