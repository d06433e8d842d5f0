# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
How well hands are followed: misses, false tracks, switches, re-acquisition and jitter.

Pure functions over the frames of one sequence, in order. Pairs follow CLEAR MOT (Bernardin and
Stiefelhagen 2008): a pair of the frame before stays one while it is within the gate, and only the
rest is matched anew. A hand is in one of three states: seen (it must be found), partly seen (it
may be found), hidden (out of the image or behind something).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby, pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from .matching import distances_m, GATE_M, IGNORE_M, match_hands, Pairs

Floats = npt.NDArray[np.float64]
LEAST_SEEN: Final = 4
"""A hand that was in sight for fewer frames came too shortly to be found in time."""


class HandVisibility(Enum):
    """How much of a hand is to be seen."""

    HIDDEN = 'hidden'
    PARTLY = 'partly'
    SEEN = 'seen'


@dataclass(frozen=True)
class TrackFrame:
    """
    A frame: hands of the scene, always all of them and in one order, and what was found.

    true_m (T, 3) and found_m (F, 3): means of the joints in metres; sight (T,); found_ids (F,).
    """

    true_m: Floats
    sight: tuple[HandVisibility, ...]
    found_m: Floats
    found_ids: tuple[int, ...]

    def __post_init__(self) -> None:
        """Check that the parts belong together."""
        if len(self.sight) != len(self.true_m) or len(self.found_ids) != len(self.found_m):
            raise ValueError(
                f'{len(self.sight)} states of {len(self.true_m)} hands, {len(self.found_ids)} ids '
                f'of {len(self.found_m)} found: expected one each'
            )
        if len(set(self.found_ids)) != len(self.found_ids):
            raise ValueError(f'found_ids = {self.found_ids}: two hands of one frame share an id')


@dataclass(frozen=True)
class TrackCounts:
    """
    The figures of one sequence.

    seen: frames times hands that must be found, of which ``missed`` were not. false_positives:
    found hands without a true one; false_tracks: ids never on a hand. switches: changes of
    id while a hand is in sight; renamed: changes over a time in which it was hidden; handed_over:
    an id that goes from one hand to another. reacquired: for every time that a hand comes (back)
    into sight the frames until it is found, 0 at once, None for never.
    """

    frames: int
    seen: int
    missed: int
    false_positives: int
    false_tracks: int
    switches: int
    renamed: int
    handed_over: int
    first_found: tuple[int | None, ...]
    reacquired: tuple[int | None, ...]


def pair_tracks(frames: Sequence[TrackFrame], gate_m: float = GATE_M) -> list[Pairs]:
    """Return the pairs of each frame, those with hands that need not be found included."""
    last: dict[int, int] = {}
    out = []
    for frame in frames:
        between = distances_m(frame.true_m, frame.found_m)
        place = {identity: f for f, identity in enumerate(frame.found_ids)}
        kept = [
            (hand, place[identity])
            for hand, identity in last.items()
            if identity in place and between[hand, place[identity]] <= gate_m
        ]
        hands = _others(len(frame.true_m), (hand for hand, _ in kept))
        found = _others(len(frame.found_m), (f for _, f in kept))
        fresh = match_hands(frame.true_m[hands], frame.found_m[found], gate_m)
        pairs = sorted([*kept, *((hands[t], found[f]) for t, f in fresh)])
        last = {hand: frame.found_ids[f] for hand, f in pairs}
        out.append(pairs)
    return out


def count_tracks(frames: Sequence[TrackFrame], gate_m: float = GATE_M) -> TrackCounts:
    """Return the figures of a sequence; ValueError where the number of hands changes."""
    if len({len(frame.true_m) for frame in frames}) > 1:
        raise ValueError('the number of hands changes: give hidden ones in every frame, too')
    pairs = pair_tracks(frames, gate_m)
    false = [_false(frame, found) for frame, found in zip(frames, pairs, strict=True)]
    on_a_hand = {f.found_ids[i] for f, found in zip(frames, pairs, strict=True) for _, i in found}
    hands = range(len(frames[0].true_m) if frames else 0)
    comings = [_comings(frames, pairs, hand) for hand in hands]
    found_of_seen = [
        hand in dict(found)
        for frame, found in zip(frames, pairs, strict=True)
        for hand in hands
        if frame.sight[hand] is HandVisibility.SEEN
    ]
    return TrackCounts(
        frames=len(frames),
        seen=len(found_of_seen),
        missed=found_of_seen.count(False),
        false_positives=sum(map(len, false)),
        false_tracks=len(set().union(*false) - on_a_hand),
        **_changes(frames, pairs),
        first_found=tuple(delay for delays in comings for delay in delays[:1]),
        reacquired=tuple(delay for delays in comings for delay in delays[1:]),
    )


def jitter_m(errors_m: Sequence[Floats | None]) -> list[float]:
    """
    Return the jitter of each step between two neighbouring frames with a hand, metres.

    errors_m: for each frame the difference of estimated and true joints (J, 3), or None. Motion
    and constant errors cancel: noise of a standard deviation s a joint, in all three directions
    together, has a root mean square of s here.
    """
    return [
        float(np.sqrt(0.5 * ((now - before) ** 2).sum(axis=1).mean()))
        for before, now in pairwise(errors_m)
        if before is not None and now is not None
    ]


def _others(count: int, taken: Iterable[int]) -> list[int]:
    """Return the numbers below count that are not taken."""
    used = set(taken)
    return [i for i in range(count) if i not in used]


def _false(frame: TrackFrame, pairs: Pairs) -> set[int]:
    """Return the ids of what is no hand; what is near a hand that need not be found is let be."""
    may = [sight is not HandVisibility.SEEN for sight in frame.sight]
    near = np.any(distances_m(frame.true_m, frame.found_m)[may] <= IGNORE_M, axis=0).tolist()
    free = _others(len(frame.found_m), (f for _, f in pairs))
    return {frame.found_ids[f] for f in free if not near[f]}


def _comings(frames: Sequence[TrackFrame], pairs: Sequence[Pairs], hand: int) -> list[int | None]:
    """Return, for each time that a hand comes into sight, the frames until it is found."""
    delays: list[int | None] = []
    places = range(len(frames))
    for hidden, run in groupby(places, lambda i: frames[i].sight[hand] is HandVisibility.HIDDEN):
        period = list(run)
        seen = [i for i in period if frames[i].sight[hand] is HandVisibility.SEEN]
        if hidden or len(seen) < LEAST_SEEN:
            continue
        found = [i for i in period if hand in dict(pairs[i])]
        delays.append(max(found[0] - seen[0], 0) if found else None)
    return delays


def _changes(frames: Sequence[TrackFrame], pairs: Sequence[Pairs]) -> dict[str, int]:
    """Return how often the id on a hand changed, in sight or over a gap, and changed its hand."""
    counts = {'switches': 0, 'renamed': 0, 'handed_over': 0}
    of_hand: dict[int, int] = {}
    of_id: dict[int, int] = {}
    gap: set[int] = set()
    for frame, found in zip(frames, pairs, strict=True):
        gap |= {hand for hand, sight in enumerate(frame.sight) if sight is HandVisibility.HIDDEN}
        for hand, i in found:
            identity = frame.found_ids[i]
            if of_hand.get(hand, identity) != identity:
                counts['renamed' if hand in gap else 'switches'] += 1
            if of_id.get(identity, hand) != hand:
                counts['handed_over'] += 1
            of_hand[hand], of_id[identity] = identity, hand
            if frame.sight[hand] is not HandVisibility.HIDDEN:
                gap.discard(hand)
    return counts
