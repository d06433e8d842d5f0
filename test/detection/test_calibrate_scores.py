# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The tool that chooses a weight file's neutral score and calibration."""

import math
from pathlib import Path

from dense_hand_pose.network.score_settings import ScoreMap, ScoreSettings
from dense_hand_pose.network.weights import save_weights
import numpy as np
import pytest
from support.tiny import tiny_network

from tools.calibrate_scores import (
    best_settings,
    calibrated,
    calibration_error,
    fit_map,
    LEAST,
    rates,
    scene_scores,
    SceneScores,
    Scored,
    with_share,
    write_settings,
)  # fmt: skip

BEFORE = ScoreSettings(neutral_score=0.3)
PLAIN = ScoreSettings(neutral_score=0.5)


@pytest.mark.parametrize('weight', [0.5, 1.0, 2.0])
@pytest.mark.parametrize('share', [0.01, 0.1, 0.5])
def test_with_the_chosen_score_the_share_of_scenes_shows_a_hand(
    share: float, weight: float
) -> None:
    own = np.random.default_rng(3).normal(-3.0, 3.0, (1000, 2)).tolist()
    scenes = [SceneScores(0, 0, (Scored(False, *one, None),)) for one in own]
    settings = ScoreSettings(neutral_score=0.3, detector_weight=weight)
    chosen = with_share(scenes, share, settings)
    shown = [one.odds(chosen) > LEAST + 1e-9 for scene in scenes for one in scene.found]
    assert np.mean(shown) == pytest.approx(share, abs=1e-9)
    assert chosen.detector_weight == weight


def test_scenes_that_show_nothing_choose_nothing() -> None:
    with pytest.raises(ValueError, match=r'fewer than 1\.0%'):
        with_share([SceneScores(0, 0, ())] * 1000, 0.01, BEFORE)


@pytest.mark.parametrize('detector', ['blind', 'good'])
def test_a_detector_that_tells_nothing_gets_the_least_weight(detector: str) -> None:
    rng = np.random.default_rng(11)
    scenes = []
    for number in range(4000):
        there = number % 2
        network = float(rng.normal(1.5 if there else -1.5, 1.5))
        seen = float(rng.normal(6.0 * (there if detector == 'good' else 0.5) - 3.0, 1.5))
        scenes.append(SceneScores(there, there, (Scored(bool(there), network, seen, None),)))
    chosen = best_settings(scenes, 0.01, BEFORE)
    assert (chosen.detector_weight == 0.4) == (detector == 'blind')
    assert rates(scenes, chosen)[0] == pytest.approx(0.01, abs=1e-3)


def test_a_map_is_recovered_from_what_it_says() -> None:
    rng = np.random.default_rng(5)
    odds = rng.normal(0.5, 2.5, 40_000)
    true = ScoreMap(0.6, -0.8)
    right = rng.random(len(odds)) < 1.0 / (1.0 + np.exp(-(true.slope * odds + true.offset)))
    found = fit_map(odds.tolist(), right.tolist())
    assert found.slope == pytest.approx(true.slope, abs=0.03)
    assert found.offset == pytest.approx(true.offset, abs=0.06)


@pytest.mark.parametrize('right', [True, False])
def test_a_few_examples_of_one_kind_do_not_make_a_map_certain(right: bool) -> None:
    found = fit_map([1.0, 2.0, 3.0], [right] * 3)
    assert 0.3 < found.slope < 3.0
    assert abs(found.offset) < 6.0
    assert fit_map([], []) == ScoreMap()


def test_settings_make_overconfident_scores_probabilities() -> None:
    rng = np.random.default_rng(7)
    odds = rng.normal(1.0, 3.0, 6000)
    right = rng.random(len(odds)) < 1.0 / (1.0 + np.exp(-(0.4 * odds - 1.0)))
    scenes = [
        SceneScores(1, 1, (Scored(bool(true), float(one), 0.0, float(one)),))
        for one, true in zip(odds, right, strict=True)
    ]
    after = calibrated(scenes, PLAIN)
    assert (after.neutral_score, after.detector_weight) == (0.5, 1.0)
    assert (after.fused.slope, after.fused.offset) == pytest.approx((0.4, -1.0), abs=0.1)
    was, now = (calibration_error(scenes, one) for one in (PLAIN, after))
    assert max(now) < 0.03 < 0.1 < min(was)


def test_rates_count_empty_scenes_hands_and_pairs() -> None:
    there, gone = (Scored(True, LEAST + gap, 0.0, None) for gap in (1.0, -1.0))
    false = Scored(False, LEAST + 2.0, 0.0, 0.0)
    scenes = [
        SceneScores(0, 0, (false,)), SceneScores(0, 0, ()), SceneScores(1, 1, (gone,)),
        SceneScores(2, 2, (there, there)), SceneScores(2, 2, (there, gone)),
    ]  # fmt: skip
    assert rates(scenes, PLAIN) == (0.5, 3 / 5, 0.5)
    assert rates(scenes, ScoreSettings(neutral_score=0.1)) == (0.5, 5 / 5, 1.0)
    assert all(math.isnan(one) for one in rates([], PLAIN)[::2])


def test_settings_are_written_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / 'weights.safetensors'
    save_weights(tiny_network(), path, {})
    write_settings(path, BEFORE)
    assert ScoreSettings.read(path) == BEFORE
    assert [one.name for one in tmp_path.iterdir()] == ['weights.safetensors']


def test_scenes_are_the_same_whoever_renders_them() -> None:
    both = scene_scores('default', 0, 2)
    assert both == [*scene_scores('default', 0, 1), *scene_scores('default', 1, 1)]
    assert [one.asked for one in both] == [0, 1]
