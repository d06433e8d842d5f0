# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The turns of a frame's parts: all at first, then each as often as the others."""

from collections import Counter

from dense_hand_pose.detection.proposals import Views, WHOLE
from dense_hand_pose.estimation.rota import Rota
import pytest


def test_all_views_at_first_then_the_parts_in_turn() -> None:
    rota = Rota(4)
    for _ in range(2):
        assert rota.thorough() == Views(parts=(0, 1, 2, 3))
        later = [rota.thorough() for _ in range(8)]
        assert [views.parts for views in later] == [(0,), (1,), (2,), (3,)] * 2
        assert all(views.whole for views in later)
        rota.reset()


def test_beside_other_work_one_view_at_a_time_the_whole_every_other() -> None:
    rota = Rota(4)
    taken = [rota.quick() for _ in range(16)]
    assert taken[::2] == [WHOLE] * 8
    assert all(not views.whole for views in taken[1::2])
    assert Counter(views.parts for views in taken[1::2]) == {(n,): 2 for n in range(4)}


@pytest.mark.parametrize('calls', [1, 5])
def test_without_parts_it_is_always_the_whole(calls: int) -> None:
    rota = Rota(0)
    assert [rota.thorough() for _ in range(calls)] == [WHOLE] * calls
    assert [rota.quick() for _ in range(calls)] == [WHOLE] * calls
