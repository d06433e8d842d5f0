# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The score of a hand: one number from the network's presence and from the bones of its joints.

The confidence of a joint is the heat-map mass of its votes, weighed by how well they agree
(codec/decoding.py). Bones are held against the mean hand of the shape space that the training
data are drawn from (synthesis/hand/model.py: length 186 mm, standard deviation 14 mm): their
proportions, and the size of the whole. The weights are logistic regressions on the network's
answers to the nearest surfaces and the hands of random scenes (synthesis/scenes/full_scene.py),
hands and others counted alike: 2352 answers where the network has no verdict of its own, 4875
where it has. The spread of the votes added nothing and is left out.
"""

from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.skeleton import HAND_21
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_CHILD = np.arange(1, len(HAND_21))
_PARENT = np.array(HAND_21.parents)[1:]
MEAN_BONES_M = np.array([
    39.8, 46.5, 28.3, 28.0, 98.1, 35.7, 22.8, 24.9, 90.5, 45.7,
    29.1, 20.6, 87.3, 43.6, 27.1, 17.0, 86.7, 30.7, 15.9, 15.5,
]) / 1000.0  # fmt: skip
"""From its parent to each joint but the wrist: medians over 6000 hands of the shape space."""
_SHORTEST_M = 1e-4
_WITHOUT_VERDICT = (22.9, -2.85, -2.04, -7.1)
"""The weights of the mean confidence, of proportions and size, and the constant."""
_WITH_VERDICT = (9.1, -2.7, -0.85, -3.7)
_VERDICT = 0.48
"""Less than 1: on whole scenes the presence head is overconfident."""
_SUREST = 6.0
"""Log odds of presence are limited to those of 400 to 1."""


def bone_deviation(joints_m: npt.NDArray[np.floating]) -> tuple[Floats, Floats]:
    """
    Return how joints (N, 21, 3) differ from the mean hand, as logarithms of ratios.

    First the root mean square (N,) over the bones, beside the size; then the size (N,), positive
    for a hand that is too large. Both are 0 for the mean hand in any pose.
    """
    joints = joints_m.astype(np.float64)
    bones_m = np.linalg.norm(joints[:, _CHILD] - joints[:, _PARENT], axis=2)
    bones_m = np.maximum(bones_m, _SHORTEST_M)
    size = bones_m.sum(axis=1, keepdims=True) / MEAN_BONES_M.sum()
    ratios = np.log(bones_m / (MEAN_BONES_M * size))
    return np.sqrt((ratios**2).mean(axis=1)), np.log(size[:, 0])


def hand_scores(result: Result) -> Floats:
    """
    Return the score (N,) in [0, 1] of each answer as a hand.

    Where the network has a verdict of its own (presence), it has the greatest weight.
    """
    proportions, size = bone_deviation(result.joints_m)
    confidence = result.confidence.mean(axis=1).astype(np.float64)
    measures = np.stack([confidence, proportions, abs(size), np.ones_like(size)])
    if result.presence is None:
        odds = np.dot(_WITHOUT_VERDICT, measures)
    else:
        verdict = probability_log_odds(result.presence)
        odds = np.dot(_WITH_VERDICT, measures) + _VERDICT * verdict
    scores: Floats = 1.0 / (1.0 + np.exp(-odds))
    return scores


def combined_score(network_score: float, detector_log_odds: float) -> float:
    """Return the score in [0, 1] of network and localizer together."""
    if detector_log_odds == 0.0:
        return network_score
    odds = probability_log_odds(np.array(network_score)) + detector_log_odds
    return float(1.0 / (1.0 + np.exp(-odds)))


def probability_log_odds(probability: npt.NDArray[np.floating]) -> Floats:
    """Return the log odds of probabilities, limited."""
    least = 1.0 / (1.0 + np.exp(_SUREST))
    limited = np.clip(probability.astype(np.float64), least, 1.0 - least)
    odds: Floats = np.log(limited / (1.0 - limited))
    return odds
