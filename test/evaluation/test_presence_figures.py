# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a verdict against brute force and hand-made opinions."""

from dense_hand_pose.evaluation.presence import (
    area,
    describe_side,
    Opinions,
    presence_tables,
    summarise_presence,
    threshold_at,
)
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

SCORES = st.lists(st.integers(0, 12).map(lambda n: n / 12.0), min_size=1, max_size=60)


@given(SCORES, SCORES)
def test_area_counts_the_pairs(hands: list[float], others: list[float]) -> None:
    pairs = [float(a > b) + 0.5 * (a == b) for a in hands for b in others]
    assert area(np.array(hands), np.array(others)) == pytest.approx(np.mean(pairs))


@given(SCORES, st.sampled_from([0.0, 0.01, 0.1, 0.5]))
def test_no_more_than_the_share_reach_the_threshold(scores: list[float], share: float) -> None:
    values = np.array(scores)
    threshold = threshold_at(values, share)
    assert (values >= threshold).mean() <= share
    reached = values[values >= np.nextafter(threshold, -np.inf)]
    assert len(reached) > share * len(values), 'a lower threshold lets too many through'


def test_figures_of_a_side() -> None:
    figures = describe_side(np.array([0.9, -0.8, 0.1, -0.7]), np.array([1, -1, -1, 1.0]), 0.5)
    assert figures['accuracy'] == 0.5
    assert figures['unknown'] == 0.25
    assert figures['accuracy_of_known'] == pytest.approx(2 / 3)


def test_tables_name_every_kind_and_camera() -> None:
    columns = {
        'presence': [0.9, 0.2, 0.8, 0.1], 'side': [0.9, -0.9, 0.0, 0.0],
        'mirrored_side': [-0.8, -0.9, 0.0, 0.0],
        'confidence': [0.6, 0.5, 0.2, 0.1], 'bend': [2.0, 2.0, 0.0, 0.0],
        'true_side': [1.0, -1.0, 0.0, 0.0],
    }  # fmt: skip
    opinions = Opinions(
        **{name: np.array(values) for name, values in columns.items()},
        kind=np.array([-1, -1, 0, 3]),
        camera=np.array([0, 1, 0, 1]),
    )
    summary = summarise_presence(opinions)
    verdict, confidence = summary['presence'].values()
    assert (verdict['recall'], verdict['false_positives']) == (0.5, 0.5)
    assert (verdict['area'], confidence['area']) == (0.75, 1.0)
    assert confidence['recall_of_cameras'] == {'kinect': 1.0, 'creative': 1.0}
    assert verdict['false_positives_of_kinds'] == {'forearm': 1.0, 'torso': 0.0}
    assert [row['accuracy'] for row in summary['side'].values()] == [1.0, 0.5]
    assert summary['flipped_by_the_mirror'] == 0.5
    tables = presence_tables(summary)
    assert '2 held-out crops of hands, 2 of other places' in tables
    assert '| forearm | 100.0% | 0.0% |' in tables
    assert '| creative | 0.0% | 100.0% |' in tables
