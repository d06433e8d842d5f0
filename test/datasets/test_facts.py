# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The facts of the data sets agree with each other and with the official axes."""

from dense_hand_pose.datasets.facts import DatasetFacts, DATASETS, ICVL, MSRA, NYU
import numpy as np
import pytest

ALL = pytest.mark.parametrize('facts', DATASETS.values(), ids=DATASETS)


@ALL
def test_the_numbers_belong_together(facts: DatasetFacts) -> None:
    assert DATASETS[facts.name] is facts
    assert (facts.intrinsics.cx, facts.intrinsics.cy) == (facts.width / 2, facts.height / 2)
    assert sum(facts.parts) == (facts.test_frames or 0)
    assert (facts.test_frames or facts.total_frames) is not None


def test_the_joint_sets_are_those_of_the_literature() -> None:
    assert [len(facts.skeleton) for facts in (NYU, ICVL, MSRA)] == [14, 16, 21]


@ALL
def test_axes_turn_there_and_back(facts: DatasetFacts) -> None:
    points_m = np.array([[0.1, -0.2, 0.7], [0.0, 0.3, 0.4]])
    annotated = facts.annotated_from_optical_mm(points_m)
    assert np.abs(annotated) == pytest.approx(1000.0 * np.abs(points_m))
    assert facts.optical_from_annotated_m(annotated) == pytest.approx(points_m)


def test_up_is_up_where_the_annotation_says_so() -> None:
    above_m = [0.0, -0.1, 0.5]  # the optical y axis points down
    assert NYU.annotated_from_optical_mm(above_m) == pytest.approx([0.0, 100.0, 500.0])
    assert ICVL.annotated_from_optical_mm(above_m) == pytest.approx([0.0, -100.0, 500.0])
    assert MSRA.annotated_from_optical_mm(above_m) == pytest.approx([0.0, 100.0, -500.0])
    assert [facts.y_sign for facts in (NYU, ICVL, MSRA)] == [-1, 1, -1]
