# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Choose the detector's neutral score (detection/detector.py) for the weights that ship.

It decides in how many scenes without a hand a search finds one. They are rendered from seeds of
which no training and no evaluation has any; look at it before `evaluate` is run, not after:

    .venv/bin/python -m tools.choose_neutral_score [--scenes 2400] [--share 0.008]
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
import math
from multiprocessing import get_context

from dense_hand_pose.detection.detector import EVIDENCE, NEUTRAL_SCORE
from dense_hand_pose.estimator import EstimatorConfig, HandPoseEstimator
from dense_hand_pose.synthesis.scenes.full_scene import render_full_frame, sample_full_scene
from dense_hand_pose.synthesis.seeds import NEUTRAL_SCORE as SEEDS
import numpy as np

_STREAM = 7
_FAR_M = 1.6
_NOTHING = -math.inf
_PART = 50
_ASKED = EstimatorConfig()


def log_odds(probability: float) -> float:
    """Return the log odds of a probability, limited to those of 1e-9."""
    limited = min(max(probability, 1e-9), 1.0 - 1e-9)
    return math.log(limited / (1.0 - limited))


def surest(first: int, count: int) -> list[float]:
    """Return the log odds of the surest hand in each of ``count`` scenes that have none."""
    config = EstimatorConfig(
        depth_max_m=_FAR_M, max_hands=2, min_confidence=0.0, min_score=0.0, min_new_score=0.0
    )
    estimator = HandPoseEstimator.load(config=config, threads=1)
    best = []
    for index in range(first, first + count):
        rng = np.random.default_rng([SEEDS[index], _STREAM])
        scene = sample_full_scene(rng, 0)
        estimator.reset()
        poses = estimator.estimate_hands(render_full_frame(scene, rng), scene.intrinsics)
        sure = [one for one in poses if one.confidence.mean() >= _ASKED.min_confidence]
        best.append(max((log_odds(one.score) for one in sure), default=_NOTHING))
    return best


def neutral_score(best: Sequence[float], share: float, neutral: float, evidence: float) -> float:
    """
    Return the neutral score with which a share of scenes shows a hand.

    best: the surest hands' log odds with the score ``neutral``. ValueError where fewer scenes than
    are wanted have one.
    """
    ordered = sorted(best, reverse=True)
    at = ordered[min(int(share * len(ordered)), len(ordered) - 1)]
    if not math.isfinite(at):
        raise ValueError(f'fewer than {share:.1%} of the scenes show anything: use more scenes')
    odds = log_odds(neutral) + (at - log_odds(_ASKED.min_new_score)) / evidence
    return 1.0 / (1.0 + math.exp(-odds))


def main() -> int:
    """Print how many scenes show a hand now, and the score for the share that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--scenes', type=int, default=2400)
    parser.add_argument('--share', type=float, default=0.008, help='that may show a hand')
    parser.add_argument('--processes', type=int, default=2)
    options = parser.parse_args()
    firsts = range(0, options.scenes, _PART)
    counts = [min(_PART, options.scenes - first) for first in firsts]
    with ProcessPoolExecutor(options.processes, get_context('spawn')) as pool:
        best = [one for part in pool.map(surest, firsts, counts) for one in part]
    shown = np.mean(np.array(best) >= log_odds(_ASKED.min_new_score))
    print(f'{len(best)} scenes; with {NEUTRAL_SCORE} {shown:.2%} show a hand')
    for share in sorted({options.share / 2, options.share, 2 * options.share}):
        print(f'{share:.2%}: {neutral_score(best, share, NEUTRAL_SCORE, EVIDENCE):.3f}')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
