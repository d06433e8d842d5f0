# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
How far an estimated joint is from the true one, by its confidence and the spread of its votes.

The logarithm of a coordinate's mean squared error is linear in the features below, with a constant
for each joint: a regression over rendered frames of seeds that no training and no test has
(tools/build_hand_prior.py; data/hand.npz). It belongs to the shipped weights.
"""

import numpy as np
import numpy.typing as npt

from .anatomy import read_arrays

FloatArray = npt.NDArray[np.float64]

_MM = 1000.0
_LEAST_M, _MOST_M = 0.001, 0.1
_WIDEST_M = 0.3


def features(
    confidence: npt.NDArray[np.floating], spread_m: npt.NDArray[np.floating]
) -> FloatArray:
    """Describe confidences in [0, 1] and spreads (N, 21) by six numbers each: (N, 21, 6)."""
    own = np.asarray(confidence, dtype=np.float64)
    mean = own.mean(axis=1, keepdims=True)
    out = np.empty((*own.shape, 6))
    out[..., 0], out[..., 1], out[..., 2] = own, own * own, mean
    out[..., 3], out[..., 4] = mean * mean, mean * own
    np.log1p(np.asarray(spread_m, dtype=np.float64) * _MM, out=out[..., 5])
    return out


def joint_sigma_m(
    confidence: npt.NDArray[np.floating], spread_m: npt.NDArray[np.floating]
) -> FloatArray:
    """
    Return the scale (N, 21) of each joint's error along one axis, metres, 1 mm to 10 cm.

    Confidences and spreads that are not finite, or out of their range, count as the worst.
    """
    own = np.asarray(confidence, dtype=np.float64)
    spread = np.asarray(spread_m, dtype=np.float64)
    usable = (own >= 0.0) & (own <= 1.0) & (spread >= 0.0) & (spread <= _WIDEST_M)
    if not usable.all():
        own, spread = np.where(usable, own, 0.0), np.where(usable, spread, _WIDEST_M)
    # The sum over features() times their coefficients, in a third of the time.
    a, b, c, d, e, f = _COEFFICIENTS[:6].tolist()
    mean = own.sum(axis=1, keepdims=True) / own.shape[1]
    log_variance = (own * b + (a + e * mean)) * own + mean * (c + d * mean) + _COEFFICIENTS[6:]
    log_variance += f * np.log1p(spread * _MM)
    sigma = np.exp(0.5 * log_variance) / _MM
    limited: FloatArray = np.minimum(np.maximum(sigma, _LEAST_M), _MOST_M)
    return limited


_COEFFICIENTS = read_arrays()['noise']
"""Six of the features, then one of each joint; of the logarithm of squared millimetres."""
