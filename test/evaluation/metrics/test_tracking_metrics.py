# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of followed hands: sequences of known outcome, and all sequences against a count."""

from dense_hand_pose.evaluation.metrics.tracking import (
    count_tracks,
    HandVisibility,
    jitter_m,
    pair_tracks,
    TrackFrame,
)
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

FAR_M = 0.5
LETTERS = {'s': HandVisibility.SEEN, 'p': HandVisibility.PARTLY, 'h': HandVisibility.HIDDEN}


def frame(sights: str, found: dict[int, tuple[int, float]]) -> TrackFrame:
    """Return a frame of hands FAR_M apart; found: id to the hand it is on and by how much off."""
    true = np.array([[FAR_M * hand, 0.0, 0.6] for hand in range(len(sights))]).reshape(-1, 3)
    at = [[FAR_M * hand + off, 0.0, 0.6] for hand, off in found.values()]
    states = tuple(LETTERS[letter] for letter in sights)
    return TrackFrame(true, states, np.array(at).reshape(-1, 3), tuple(found))


def one_hand(sights: str, ids: str) -> list[TrackFrame]:
    """Return the frames of one hand; an id a frame, '-' where nothing is found."""
    return [
        frame(sight, {} if name == '-' else {int(name): (0, 0.01)})
        for sight, name in zip(sights, ids, strict=True)
    ]


def test_a_followed_hand_has_nothing_to_count() -> None:
    counts = count_tracks(one_hand('ssssss', '111111'))
    assert (counts.frames, counts.seen, counts.missed) == (6, 6, 0)
    assert (counts.switches, counts.renamed, counts.false_tracks) == (0, 0, 0)
    assert (counts.first_found, counts.reacquired) == ((0,), ())


@pytest.mark.parametrize(
    ('sights', 'ids', 'first', 'again'),
    [
        ('sssss', '--111', (2,), ()),
        ('sssss', '-----', (None,), ()),
        ('ssssphhpssss', '111----22222', (0,), (0,)),  # found when partly seen: at once
        ('sssshhssss', '1111---222', (0,), (1,)),
        ('sssshhssss', '1111------', (0,), (None,)),
        ('sssshhsss', '111111111', (0,), ()),  # three frames say nothing
        ('hhhhssss', '-----111', (1,), ()),
        ('hhhhh', '-----', (), ()),
    ],
)
def test_delays(sights: str, ids: str, first: tuple[int, ...], again: tuple[int, ...]) -> None:
    counts = count_tracks(one_hand(sights, ids))
    assert (counts.first_found, counts.reacquired) == (first, again)


@pytest.mark.parametrize(
    ('sights', 'ids', 'switches', 'renamed'),
    [
        ('ssssss', '112211', 2, 0),
        ('ssssss', '11--22', 1, 0),
        ('sshhss', '11--22', 0, 1),
        ('sphpps', '112--3', 0, 2),  # a name that it gets while hidden is of the gap, too
        ('sspps', '11122', 1, 0),
    ],
)
def test_changes_of_name(sights: str, ids: str, switches: int, renamed: int) -> None:
    counts = count_tracks(one_hand(sights, ids))
    assert (counts.switches, counts.renamed) == (switches, renamed)


def test_hands_that_exchange_their_names() -> None:
    frames = [frame('ss', {1: (0, 0.0), 2: (1, 0.0)})] * 3 + [
        frame('ss', {1: (1, 0.0), 2: (0, 0.0)})
    ] * 3
    counts = count_tracks(frames)
    assert (counts.switches, counts.handed_over) == (2, 2)
    assert (counts.missed, counts.false_positives, counts.false_tracks) == (0, 0, 0)


def test_false_positives_and_tracks() -> None:
    frames = [frame('s', {1: (0, 0.0), 7: (1, 0.0)})] * 3
    frames += [frame('s', {1: (0, 0.06), 8: (1, 0.0)})] * 2
    counts = count_tracks(frames)
    # Id 1 is 60 mm off at last: a miss and a false positive, but no false track.
    assert (counts.missed, counts.false_positives, counts.false_tracks) == (2, 3 + 2 + 2, 2)


def test_what_need_not_be_found_is_let_be() -> None:
    for sights in 'ph':
        counts = count_tracks([frame(sights, {4: (0, 0.06)})] * 2)
        assert (counts.seen, counts.missed, counts.false_positives) == (0, 0, 0)
    assert count_tracks([frame('h', {4: (0, 0.2)})]).false_positives == 1


def test_a_pair_is_kept_while_it_is_within_the_gate() -> None:
    near = TrackFrame(
        np.array([[0.0, 0.0, 0.6]]),
        (HandVisibility.SEEN,),
        np.array([[0.03, 0.0, 0.6], [0.0, 0.0, 0.6]]),
        (1, 2),
    )
    first = frame('s', {1: (0, 0.0)})
    assert pair_tracks([near]) == [[(0, 1)]]
    assert pair_tracks([first, near]) == [[(0, 0)], [(0, 0)]]


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.text('sph', min_size=2, max_size=2),
            st.dictionaries(st.integers(0, 2), st.integers(0, 2), max_size=2),
        ),
        max_size=12,
    )
)
def test_counts_are_those_of_a_plain_count(
    script: list[tuple[str, dict[int, int]]],
) -> None:
    """Hands 0 and 1, and 2 where none is; each id is exactly on what it is said to be on."""
    frames, misses, seen, false = [], 0, 0, 0
    wrong: set[int] = set()
    right: set[int] = set()
    hand_of_id: dict[int, int] = {}
    id_of_hand: dict[int, int] = {}
    changes, handed = 0, 0
    for sights, names in script:
        taken: dict[int, int] = {}  # at most one id on a hand
        for name, hand in names.items():
            if hand == 2 or hand not in taken:
                taken[hand if hand < 2 else 2] = name
        frames.append(frame(sights, {name: (hand, 0.0) for hand, name in taken.items()}))
        for hand in (0, 1):
            seen += sights[hand] == 's'
            misses += sights[hand] == 's' and hand not in taken
            if hand in taken:
                name = taken[hand]
                right.add(name)
                changes += id_of_hand.get(hand, name) != name
                handed += hand_of_id.get(name, hand) != hand
                id_of_hand[hand], hand_of_id[name] = name, hand
        if 2 in taken:
            false += 1
            wrong.add(taken[2])
    counts = count_tracks(frames)
    assert (counts.seen, counts.missed, counts.false_positives) == (seen, misses, false)
    assert counts.false_tracks == len(wrong - right)
    assert counts.switches + counts.renamed == changes
    assert counts.handed_over == handed


def test_jitter_is_the_deviation_of_noise() -> None:
    rng = np.random.default_rng(1)
    drift = np.linspace(0.0, 0.02, 4000)[:, None, None]  # a slow error is no jitter
    errors = 0.05 + drift + 0.002 * rng.standard_normal((4000, 21, 3))
    steps = np.array(jitter_m(list(errors)))
    assert np.sqrt((steps**2).mean()) == pytest.approx(0.002 * np.sqrt(3), rel=0.02)


def test_jitter_does_not_cross_gaps() -> None:
    still = np.zeros((21, 3))
    assert jitter_m([still, None, still + 1.0]) == []
    assert jitter_m([still, still + np.array([0.0, 0.003, 0.004])]) == pytest.approx(
        [0.005 / np.sqrt(2)]
    )


def test_wrong_frames_are_refused() -> None:
    with pytest.raises(ValueError, match='share an id'):
        TrackFrame(np.zeros((0, 3)), (), np.zeros((2, 3)), (1, 1))
    with pytest.raises(ValueError, match='1 states of 0 hands'):
        TrackFrame(np.zeros((0, 3)), (HandVisibility.SEEN,), np.zeros((0, 3)), ())
    with pytest.raises(ValueError, match='number of hands changes'):
        count_tracks([frame('s', {}), frame('ss', {})])
    nan = TrackFrame(np.full((1, 3), np.nan), (HandVisibility.SEEN,), np.zeros((0, 3)), ())
    with pytest.raises(ValueError, match='NaN'):
        count_tracks([nan])
    assert count_tracks([]).frames == 0
