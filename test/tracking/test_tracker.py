# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Tracks of hands whose truth is known: a look sees the hand that is nearest to its cube."""

from collections.abc import Sequence
from dataclasses import dataclass

from dense_hand_pose.tracking.tracker import (
    FRAME_S,
    GATE_M,
    REMEMBERED_S,
    SAME_HAND_M,
    Tracker,
)  # fmt: skip
from hypothesis import assume, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

CUBE_HALF_M = 0.15


@dataclass(frozen=True)
class Target:
    """A hand that is truly there."""

    center_m: np.ndarray
    name: int = 0
    side_log_odds: float = 0.0


def look(places: Sequence[np.ndarray], hands: Sequence[Target]) -> list[Target | None]:
    """See in each cube the hand that is nearest to its centre."""
    seen: list[Target | None] = []
    for place in places:
        inside = [hand for hand in hands if abs(hand.center_m - place).max() < CUBE_HALF_M]
        away = [float(np.linalg.norm(hand.center_m - place)) for hand in inside]
        seen.append(inside[int(np.argmin(away))] if inside else None)
    return seen


def frame(
    tracker: Tracker[Target],
    hands: Sequence[Target],
    max_hands: int = 2,
    stamp_s: float | None = None,
    search: bool = True,
) -> dict[int, int]:
    """Take a frame as the estimator does; return the true hand of each number."""
    living = tracker.predict(stamp_s).active
    followed = tracker.associate(living, look([track.expected_m for track in living], hands))
    followed = tracker.spawn(hands if search else [], followed, max_hands)
    numbers = [one.track.hand_id for one in followed]
    assert numbers == sorted(set(numbers))
    assert set(numbers) <= set(range(max_hands))
    assert sorted(numbers) == sorted(track.hand_id for track in tracker.tracks().active)
    names = [one.observation.name for one in followed]
    assert len(set(names)) == len(names), 'two tracks on one hand'
    return {one.track.hand_id: one.observation.name for one in followed}


def at(*center_m: float) -> np.ndarray:
    return np.array(center_m)


def test_what_may_not_begin_a_track_may_take_up_a_lost_one() -> None:
    tracker: Tracker[Target] = Tracker()
    hand, elsewhere = Target(at(0.0, 0.0, 0.5)), Target(at(0.4, 0.0, 0.5))
    tracker.predict()
    assert tracker.spawn([hand], [], 2, lambda _: False) == []
    assert len(tracker.spawn([hand], [], 2)) == 1
    tracker.predict()
    assert tracker.associate(tracker.tracks().active, [None]) == []
    tracker.predict()
    (back,) = tracker.spawn([elsewhere, hand], [], 2, lambda _: False)
    assert (back.observation, back.track.frames) == (hand, 2)


VECTOR = st.tuples(*[st.floats(-1.0, 1.0)] * 3).map(np.array)


@given(VECTOR, VECTOR, VECTOR, st.floats(0.15, 0.4), st.floats(20.0, 60.0), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_hands_that_cross_15_cm_apart_keep_their_numbers(
    way: np.ndarray, other_way: np.ndarray, apart: np.ndarray, nearest_m: float, rate_hz: float,
    seed: int,
) -> None:  # fmt: skip
    """Constant velocities up to 1.7 m/s; joints tremble; the nearest point comes in the middle."""
    relative = way - other_way
    aside = np.cross(relative, apart)
    assume(np.linalg.norm(aside) > 1e-3)
    aside *= nearest_m / np.linalg.norm(aside)  # across the relative motion: never nearer
    rng = np.random.default_rng(seed)
    tracker: Tracker[Target] = Tracker()
    first: dict[int, int] = {}
    for step in range(-20, 21):
        t_s = step / rate_hz
        hands = [Target(at(0.0, 0.0, 0.6) + way * t_s + rng.normal(0.0, 0.002, 3), 0),
                 Target(at(0.0, 0.0, 0.6) + aside + other_way * t_s, 1)]  # fmt: skip
        numbers = frame(tracker, hands, stamp_s=100.0 + t_s, search=step == -20)
        first = first or numbers
        assert numbers == first
    assert len(first) == 2


@given(st.lists(st.lists(st.tuples(*[st.floats(-0.3, 0.3)] * 3), max_size=5), max_size=12),
       st.integers(1, 4), st.lists(st.floats(-0.1, 1.0), min_size=12, max_size=12))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_whatever_hands_do_no_two_tracks_share_one(
    places: list[list[tuple[float, float, float]]], max_hands: int, steps_s: list[float]
) -> None:
    tracker: Tracker[Target] = Tracker()
    now_s = 0.0
    for frame_places, step_s in zip(places, steps_s, strict=False):
        now_s += step_s
        hands = [Target(np.array(place), name) for name, place in enumerate(frame_places)]
        frame(tracker, hands, max_hands, now_s)
        centers = [track.center_m for track in tracker.tracks().active]
        for number, center in enumerate(centers):
            for other in centers[:number]:
                assert np.linalg.norm(center - other) >= SAME_HAND_M


def test_a_hand_is_expected_where_its_velocity_takes_it() -> None:
    tracker: Tracker[Target] = Tracker()
    velocity = at(0.9, -0.3, 0.3)
    for step in range(12):
        frame(tracker, [Target(at(0.0, 0.0, 0.5) + velocity * step / 20.0)], stamp_s=step / 20.0)
    tracker.predict(12 / 20.0)
    expected = at(0.0, 0.0, 0.5) + velocity * 12 / 20.0
    np.testing.assert_allclose(tracker.tracks().active[0].expected_m, expected, atol=1e-5)


def test_without_stamps_frames_are_a_thirtieth_of_a_second_apart() -> None:
    with_stamps: Tracker[Target] = Tracker()
    without: Tracker[Target] = Tracker()
    for step in range(8):
        hands = [Target(at(0.01 * step**1.5, 0.0, 0.5))]
        frame(with_stamps, hands, stamp_s=7.0 + step * FRAME_S)
        frame(without, hands)
    (first,), (second,) = with_stamps.tracks().active, without.tracks().active
    np.testing.assert_allclose(first.velocity, second.velocity)


def test_time_that_stands_or_falls_back_stops_the_hands() -> None:
    tracker: Tracker[Target] = Tracker()
    for stamp_s in (1.0, 1.03, 1.06):
        frame(tracker, [Target(at(stamp_s, 0.0, 0.5))], stamp_s=stamp_s)
    assert np.linalg.norm(tracker.tracks().active[0].velocity) > 0.5
    tracker.predict(0.5)
    np.testing.assert_allclose(tracker.tracks().active[0].expected_m, at(1.06, 0.0, 0.5))


@pytest.mark.parametrize(('gap_s', 'resumed'), [(REMEMBERED_S * 0.8, True), (1.0, False)])
def test_a_lost_hand_is_taken_up_near_its_expected_place_for_a_while(
    gap_s: float, resumed: bool
) -> None:
    tracker: Tracker[Target] = Tracker()
    frame(tracker, [Target(at(0.0, 0.0, 0.5), 0), Target(at(0.3, 0.0, 0.5), 1)], stamp_s=0.0)
    steps = np.arange(0.05, gap_s, 0.05)
    for t_s in steps:
        assert frame(tracker, [Target(at(0.0, 0.0, 0.5), 0)], stamp_s=float(t_s)) == {0: 0}
    frames = [track.frames for track in tracker.tracks().lost]
    hands = [Target(at(0.0, 0.0, 0.5), 0), Target(at(0.33, 0.0, 0.5), 1)]
    assert frame(tracker, hands, stamp_s=gap_s) == {0: 0, 1: 1}
    assert frames == ([1] if resumed else [])
    assert tracker.tracks().active[1].frames == (2 if resumed else 1)


def test_a_new_hand_gets_a_number_that_no_remembered_hand_has() -> None:
    tracker: Tracker[Target] = Tracker()
    frame(tracker, [Target(at(0.0, 0.0, 0.5))], max_hands=3)
    assert frame(tracker, [Target(at(0.5, 0.0, 0.5), 7)], max_hands=3) == {1: 7}
    back = [Target(at(0.5, 0.0, 0.5), 7), Target(at(0.0, 0.0, 0.5), 0)]
    assert frame(tracker, back, max_hands=3) == {1: 7, 0: 0}


def test_a_single_number_goes_to_the_new_hand_which_is_new() -> None:
    tracker: Tracker[Target] = Tracker()
    for _ in range(3):
        frame(tracker, [Target(at(0.0, 0.0, 0.5))], max_hands=1)
    assert frame(tracker, [Target(at(0.5, 0.0, 0.5), 7)], max_hands=1) == {0: 7}
    assert [track.frames for track in tracker.tracks().active] == [1]


def test_of_two_tracks_on_one_hand_the_one_that_expected_it_lives() -> None:
    tracker: Tracker[Target] = Tracker()
    hands = [Target(at(0.0, 0.0, 0.5), 0), Target(at(0.11, 0.0, 0.5), 1)]
    frame(tracker, hands)
    assert frame(tracker, hands[1:], search=False) == {1: 1}, 'hand 0 hides: its cube shows hand 1'
    assert [track.hand_id for track in tracker.tracks().lost] == [0]


def test_a_hand_that_jumps_is_another_hand_or_found_by_a_search() -> None:
    tracker: Tracker[Target] = Tracker()
    frame(tracker, [Target(at(0.0, 0.0, 0.5))])
    far = Target(at(GATE_M + 0.02, 0.0, 0.5), 1)
    assert frame(tracker, [far], search=False) == {}
    assert frame(tracker, [far]) == {0: 1}, 'lost a frame ago, and near'


def test_a_side_is_what_all_frames_say() -> None:
    """Complaint 13 of users: handedness that flips from frame to frame."""
    tracker: Tracker[Target] = Tracker()
    beliefs = []
    for step in range(40):
        wrong = step > 10 and step % 3 == 0
        frame(tracker, [Target(at(0.0, 0.0, 0.5), side_log_odds=-2.0 if wrong else 2.0)])
        beliefs.append(tracker.tracks().active[0].side_log_odds)
    assert min(beliefs) > 0.0
    for _ in range(12):
        frame(tracker, [Target(at(0.0, 0.0, 0.5), side_log_odds=-2.0)])
    assert tracker.tracks().active[0].side_log_odds < -2.0, 'but it does not believe for ever'


def test_reset_forgets() -> None:
    tracker: Tracker[Target] = Tracker()
    frame(tracker, [Target(at(0.0, 0.0, 0.5))], stamp_s=5.0)
    tracker.reset()
    assert not tracker.tracks().active
    assert not tracker.tracks().lost


def strayed(tracker: Tracker[Target], still: bool) -> None:
    """Follow a hand that moves by 1 cm a frame, or rests, then six frames of doubt at its end."""
    place = at(0.0, 0.0, 0.6)
    for number in range(12):
        place = at(0.0 if still else 0.01 * number, 0.0, 0.6)
        frame(tracker, [Target(place)])
    for _ in range(6):
        living = tracker.predict().active
        tracker.associate(living, [Target(place, name=1)] * len(living), sure=())


def test_a_hand_that_comes_out_from_behind_a_thing_takes_its_track_back() -> None:
    for max_hands in (1, 2):
        tracker: Tracker[Target] = Tracker()
        strayed(tracker, still=False)
        thing, hand = Target(at(0.11, 0.0, 0.6), 1), Target(at(0.175, 0.0, 0.6), 2)
        living = tracker.predict().active
        matches = tracker.associate(living, [thing], sure=())
        matches = tracker.spawn([hand], matches, max_hands)
        assert [(one.track.hand_id, one.observation.name) for one in matches] == [(0, 2)]
        assert matches[0].track.unsure_s == 0.0


def test_a_second_hand_beside_one_in_doubt_is_a_second_hand() -> None:
    for max_hands, expected in ((1, [(0, 1)]), (2, [(0, 1), (1, 2)])):
        tracker: Tracker[Target] = Tracker()
        strayed(tracker, still=True)
        living = tracker.predict().active
        matches = tracker.associate(living, [Target(at(0.0, 0.0, 0.6), 1)], sure=())
        matches = tracker.spawn([Target(at(0.1, 0.0, 0.6), 2)], matches, max_hands)
        assert [(one.track.hand_id, one.observation.name) for one in matches] == expected


def test_a_hand_in_doubt_takes_over_no_track() -> None:
    tracker: Tracker[Target] = Tracker()
    strayed(tracker, still=False)
    living = tracker.predict().active
    matches = tracker.associate(living, [Target(at(0.11, 0.0, 0.6), 1)], sure=())
    found = [Target(at(0.175, 0.0, 0.6), 2)]
    matches = tracker.spawn(found, matches, 1, lambda _: False)
    assert [one.observation.name for one in matches] == [1]
