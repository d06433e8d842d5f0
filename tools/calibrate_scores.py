# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Choose what the scores of a pose network mean, for the header of its weight file.

The detector's neutral score and weight decide in how many scenes without a hand a search finds
one, and how many hands it finds; the calibration turns scores into probabilities
(network/score_settings.py). The scenes are rendered from seeds of which no training and no
evaluation has any; run it before `evaluate`, not after:

    .venv/bin/python -m tools.calibrate_scores [--model default] [--share 0.008] [--write]
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
import math
from multiprocessing import get_context
from pathlib import Path
import time
from typing import Final, NamedTuple

from dense_hand_pose.cli import export
from dense_hand_pose.estimator import EstimatorConfig, HandPose, HandPoseEstimator
from dense_hand_pose.evaluation.metrics.calibration import (
    expected_calibration_error,
    reliability_bins,
)
from dense_hand_pose.evaluation.metrics.matching import score_frame
from dense_hand_pose.network.score_settings import log_odds, ScoreMap, ScoreSettings
from dense_hand_pose.network.weight_file import locate_weights, write_notes
from dense_hand_pose.synthesis.scenes.full_scene import (
    FullScene,
    render_full_frame,
    sample_full_scene,
)  # fmt: skip
from dense_hand_pose.synthesis.seeds import CALIBRATION as SEEDS
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

_STREAM = 7
_NAMED_SHARE = 0.5
"""Share of scenes of a named kind (synthesis/scenes/situations.py)."""
_FAR_M = 1.6
_PART = 25
_LEAST_NEUTRAL = 1e-6
_ASKED = EstimatorConfig()
_PATTERN: Final = (0, 1, 0, 2, 0, 1)
"""Hands of the scenes in turn."""
_WEIGHTS: Final = (1.0, 0.8, 0.6, 0.4)
"""Weights of the detector that are tried."""
_SLOPE_SD, _OFFSET_SD = 0.5, 3.0
"""The prior of a map: standard deviations of the slope's logarithm and of the offset."""


class Scored(NamedTuple):
    """
    What a search found: whether it is a hand, and the network's log odds of it.

    detector: what the detector's scores add with a weight of 1 and a neutral score of 0.5;
    followed: the network's log odds in the frame after it, None where it was lost.
    """

    right: bool
    network: float
    detector: float
    followed: float | None

    def odds(self, settings: ScoreSettings) -> float:
        """Return the log odds of network and detector together."""
        neutral = log_odds(settings.neutral_score)
        return self.network + settings.detector_weight * (self.detector - neutral)


class SceneScores(NamedTuple):
    """A scene: hands drawn, hands that must be found, and what was found, unsettled hands not."""

    asked: int
    present: int
    found: tuple[Scored, ...]

    def reported(self, settings: ScoreSettings) -> list[Scored]:
        """Return what is reported as a new hand."""
        return [one for one in self.found if one.odds(settings) >= LEAST]


LEAST: Final = log_odds(_ASKED.min_new_score)


def scene_scores(model: str, first: int, count: int) -> list[SceneScores]:
    """Search ``count`` scenes from number ``first`` on, each by itself, and follow one frame."""
    config = EstimatorConfig(
        depth_max_m=_FAR_M, max_hands=2, min_confidence=0.0, min_score=0.0, min_new_score=0.0
    )
    estimator = HandPoseEstimator.load(model, config=config, threads=1)
    out = []
    for index in range(first, first + count):
        rng = np.random.default_rng([SEEDS[index], _STREAM])
        scene = sample_full_scene(rng, _PATTERN[index % len(_PATTERN)], _NAMED_SHARE)
        depth_m = render_full_frame(scene, rng)
        estimator.reset()
        searched = estimator.estimate_hands(depth_m, scene.intrinsics)
        followed = estimator.estimate_hands(depth_m, scene.intrinsics)
        found = _scored(scene, searched, followed, estimator.scores)
        present = sum(hand.present for hand in scene.hands)
        out.append(SceneScores(_PATTERN[index % len(_PATTERN)], present, found))
    return out


def _scored(
    scene: FullScene,
    searched: Sequence[HandPose],
    followed: Sequence[HandPose],
    settings: ScoreSettings,
) -> tuple[Scored, ...]:
    """Return what was found but for hands that need not be."""
    sure = [one for one in searched if one.confidence.mean() >= _ASKED.min_confidence]
    score = score_frame(
        [hand.joints_m.mean(axis=0) for hand in scene.hands],
        [hand.present for hand in scene.hands],
        [one.joints.mean(axis=0) for one in sure],
    )
    later = {one.hand_id: log_odds(one.raw_score) for one in followed}
    right = {place: True for _, place in score.pairs} | dict.fromkeys(score.false, False)
    neutral = log_odds(settings.neutral_score)
    return tuple(
        Scored(
            is_right,
            log_odds(one.raw_score) - one.detector_log_odds,
            one.detector_log_odds / settings.detector_weight + neutral,
            later.get(one.hand_id),
        )
        for one, is_right in ((sure[place], is_right) for place, is_right in sorted(right.items()))
    )


def with_share(
    scenes: Sequence[SceneScores], share: float, settings: ScoreSettings
) -> ScoreSettings:
    """
    Return settings with the neutral score by which a share of the empty scenes shows a hand.

    ValueError where fewer scenes than are wanted have anything.
    """
    best = [
        max((one.odds(settings) for one in scene.found), default=-math.inf)
        for scene in scenes
        if not scene.asked
    ]
    ordered = sorted(best, reverse=True)
    at = ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else -math.inf
    if not math.isfinite(at):
        raise ValueError(f'fewer than {share:.1%} of the scenes show anything: use more scenes')
    odds = log_odds(settings.neutral_score) + (at - LEAST) / settings.detector_weight
    limited = min(max(_score(odds), _LEAST_NEUTRAL), 1.0 - _LEAST_NEUTRAL)
    return replace(settings, neutral_score=limited)


def best_settings(
    scenes: Sequence[SceneScores], share: float, settings: ScoreSettings
) -> ScoreSettings:
    """Return the settings of the weights by which most hands are found with a share as above."""
    tried = [
        with_share(scenes, share, replace(settings, detector_weight=weight)) for weight in _WEIGHTS
    ]
    return max(tried, key=lambda one: (rates(scenes, one)[1], one.detector_weight))


def fit_map(odds: Sequence[float], right: Sequence[bool]) -> ScoreMap:
    """
    Return the map of log odds (N,) to probabilities that makes right (N,) likeliest.

    Newton's method for slope and offset, with a prior about the identity that decides where there
    are few examples, or of one kind only.
    """
    x, y = np.asarray(odds, np.float64), np.asarray(right, np.float64)
    at = np.zeros(2)  # logarithm of the slope, offset
    precision = np.array([_SLOPE_SD**-2, _OFFSET_SD**-2])
    for _ in range(100):
        slope = np.exp(at[0])
        p = 1.0 / (1.0 + np.exp(-np.clip(slope * x + at[1], -50.0, 50.0)))
        ways = np.stack([slope * x, np.ones_like(x)])
        gradient = ways @ (p - y) + precision * at
        curvature = (ways * (p * (1.0 - p))) @ ways.T + np.diag(precision)
        step = np.clip(np.linalg.solve(curvature, gradient), -0.5, 0.5)
        at -= step
        if np.abs(step).max() < 1e-10:
            break
    return ScoreMap(float(np.exp(at[0])), float(at[1]))


def calibrated(scenes: Sequence[SceneScores], settings: ScoreSettings) -> ScoreSettings:
    """
    Return settings with the maps that belong to them.

    They are fitted to what is found; the map of followed hands to what is reported as new ones.
    """
    found = [one for scene in scenes for one in scene.found]
    kept = [
        (one.followed, one.right)
        for scene in scenes
        for one in scene.reported(settings)
        if one.followed is not None
    ]
    return replace(
        settings,
        fused=fit_map([one.odds(settings) for one in found], [one.right for one in found]),
        network=fit_map([odds for odds, _ in kept], [right for _, right in kept]),
    )


def calibration_error(
    scenes: Sequence[SceneScores], settings: ScoreSettings
) -> tuple[float, float]:
    """Return the expected calibration errors of reported hands: searched, and followed."""
    shown = [one for scene in scenes for one in scene.reported(settings)]
    searched = [(settings.fused(_score(one.odds(settings))), one.right) for one in shown]
    followed = [
        (settings.network(_score(one.followed)), one.right)
        for one in shown
        if one.followed is not None and one.followed >= log_odds(_ASKED.min_score)
    ]
    return _error(searched), _error(followed)


def _error(pairs: Sequence[tuple[float, bool]]) -> float:
    bins = reliability_bins([one for one, _ in pairs], [right for _, right in pairs])
    return expected_calibration_error(bins)


def _score(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-odds))


def rates(scenes: Sequence[SceneScores], settings: ScoreSettings) -> tuple[float, float, float]:
    """Return the shares of empty scenes with a hand, of hands found, of both of two found."""
    reported = [(scene, scene.reported(settings)) for scene in scenes]
    found = [(scene, sum(one.right for one in shown)) for scene, shown in reported]
    empty = [bool(shown) for scene, shown in reported if not scene.asked]
    hands = sum(scene.present for scene in scenes)
    both = [count == scene.present for scene, count in found if scene.asked == 2]
    return _mean(empty), sum(count for _, count in found) / max(hands, 1), _mean(both)


def _mean(values: Sequence[bool] | npt.NDArray[np.bool_]) -> float:
    return float(np.mean(values)) if len(values) else float('nan')


def write_settings(path: Path, settings: ScoreSettings) -> None:
    """Write settings into a weight file's header; an exported graph beside it is renewed."""
    write_notes(path, settings.to_note())
    print(f'{path}: written {settings}', flush=True)
    if path.with_suffix('.openvino.zip').exists():
        export.run(argparse.Namespace(model=str(path), out=None))


def main() -> int:
    """Print rates and settings for the share that is wanted; write them where that is asked."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--model', default='default', help='model name or .safetensors file')
    parser.add_argument('--scenes', type=int, default=1000)
    parser.add_argument('--minutes', type=float, default=7.0, help='fewer scenes after this time')
    parser.add_argument('--share', type=float, help='of empty scenes that may show a hand; '
                        'without it neutral score and weight stay')  # fmt: skip
    parser.add_argument('--processes', type=int, default=1)
    parser.add_argument('--write', action='store_true', help='into the header of the weights')
    options = parser.parse_args()
    path = locate_weights(options.model)
    before = ScoreSettings.read(path)
    scenes = _searched(options.model, options.scenes, options.processes, 60.0 * options.minutes)
    print(f'{len(scenes)} scenes, half of them empty')
    print(f'before: {_row(scenes, before)}')
    for share in (0.004, 0.008, 0.016):
        print(f'{share:.1%}: {_row(scenes, best_settings(scenes, share, before))}')
    kept = options.share is None
    after = calibrated(scenes, before if kept else best_settings(scenes, options.share, before))
    print(f'after: {_row(scenes, after)}')
    if options.write:
        write_settings(path, after)
    return 0


def _searched(model: str, count: int, processes: int, limit_s: float) -> list[SceneScores]:
    """Return the scenes that are searched within a time, the first ones first."""
    firsts = range(0, count, _PART)
    counts = [min(_PART, count - first) for first in firsts]
    end_s = time.monotonic() + limit_s
    scenes: list[SceneScores] = []
    with ProcessPoolExecutor(processes, get_context('spawn')) as pool:
        parts = pool.map(scene_scores, [model] * len(counts), firsts, counts)
        for part in tqdm(parts, total=len(counts), unit='part', disable=None):
            scenes += part
            if time.monotonic() > end_s:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return scenes


def _row(scenes: Sequence[SceneScores], settings: ScoreSettings) -> str:
    false, hands, both = rates(scenes, settings)
    searched, followed = calibration_error(scenes, settings)
    return (
        f'neutral {settings.neutral_score:.3f}, weight {settings.detector_weight:.1f}: '
        f'empty {false:.2%}, hands {hands:.1%}, both {both:.1%}; '
        f'calibration error {searched:.3f} searched, {followed:.3f} followed'
    )


if __name__ == '__main__':
    raise SystemExit(main())
