# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The tool that chooses the detector's neutral score: the share that was asked for comes out."""

import math

from dense_hand_pose.estimator import EstimatorConfig
import numpy as np
import pytest

from tools.choose_neutral_score import log_odds, neutral_score, surest

LEAST = log_odds(EstimatorConfig().min_new_score)


@pytest.mark.parametrize('evidence', [0.5, 1.0, 2.0])
@pytest.mark.parametrize('share', [0.01, 0.1, 0.5])
def test_with_the_chosen_score_the_share_of_scenes_shows_a_hand(
    share: float, evidence: float
) -> None:
    own = np.random.default_rng(3).normal(-3.0, 3.0, 1000)
    chosen = neutral_score([float(one) for one in own], share, 0.3, evidence)
    odds = own + evidence * (log_odds(0.3) - log_odds(chosen))
    assert np.mean(odds > LEAST + 1e-9) == pytest.approx(share, abs=1e-9)


def test_scenes_that_show_nothing_choose_nothing() -> None:
    with pytest.raises(ValueError, match=r'fewer than 1\.0%'):
        neutral_score([-math.inf] * 1000, 0.01, 0.3, 1.0)


def test_scenes_are_the_same_whoever_renders_them() -> None:
    both = surest(0, 2)
    assert both == [*surest(0, 1), *surest(1, 1)]
