# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Which hand of a frame is which hand of the frames before, and where each is to be expected.

A track moves on with constant velocity. It follows the hand that is seen in the cube around its
expected place, unless that lies too far away or is another track's hand. A lost track is
remembered for a moment: a hand that is found near its expected place takes it up again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from .handedness import believe

Point = npt.NDArray[np.float64]

SAME_HAND_M = 0.05
"""Mean joints that are nearer to each other are one hand: even folded hands are as far apart."""
JUMP_M = 0.12
"""A hand is not farther from its expected place: at 30 Hz that takes 20 g from rest."""
REMEMBERED_S = 0.5
FRAME_S = 1.0 / 30.0
"""The time between frames without stamps."""
_DRIFT_M_PER_S = 0.6
_COAST_S = 0.2
"""A velocity says nothing about a place that is reached later than this."""
_MAX_SPEED_M_PER_S = 5.0
_VELOCITY_SHARE = 0.6
"""The weight of the newest velocity: joints tremble by millimetres, hands turn within 0.1 s."""


class Sighting(Protocol):
    """A hand in one frame: where it is, and the log odds of a right hand."""

    @property
    def center_m(self) -> Point:
        """Return the place (3,) in metres."""
        ...

    @property
    def side_log_odds(self) -> float:
        """Return how likely the hand is a right one."""
        ...


@dataclass
class Track:
    """
    A hand over time; metres and seconds.

    hand_id: its number; frames: in how many it was seen; lost_s: for how long it has not been
    seen; side_log_odds: what all its frames together say of its side.
    """

    hand_id: int
    center_m: Point
    velocity: Point
    expected_m: Point
    frames: int = 1
    lost_s: float = 0.0
    since_s: float = 0.0
    side_log_odds: float = 0.0

    def coast(self, step_s: float) -> None:
        """Expect the hand where its velocity takes it within ``step_s`` more seconds."""
        self.since_s += step_s
        if self.lost_s > 0.0:
            self.lost_s += step_s
        self.expected_m = self.center_m + self.velocity * min(self.since_s, _COAST_S)

    def see(self, sighting: Sighting) -> None:
        """Go to where the hand is seen."""
        center = np.asarray(sighting.center_m, dtype=np.float64)
        newest = (center - self.center_m) / self.since_s if self.since_s > 0.0 else self.velocity
        share = _VELOCITY_SHARE if self.since_s <= _COAST_S else 0.0
        self.velocity = _limited(self.velocity + share * (newest - self.velocity))
        self.center_m = self.expected_m = center
        self.since_s = self.lost_s = 0.0
        self.frames += 1
        self.side_log_odds = believe(self.side_log_odds, sighting.side_log_odds)

    def reach_m(self) -> float:
        """Return how far from its expected place the hand may be."""
        return JUMP_M + _DRIFT_M_PER_S * self.lost_s


S = TypeVar('S', bound=Sighting)


@dataclass(frozen=True)
class Followed(Generic[S]):
    """A track and what was seen of its hand in the newest frame."""

    track: Track
    sighting: S


class Tracker(Generic[S]):
    """
    Keep the tracks of hands: advance(), follow() with all living tracks, add() in each frame.

    Numbers are 0 to max_hands - 1; one that is in use, or remembered, goes to no other hand while
    another number is free.
    """

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._time_s: float | None = None

    @property
    def living(self) -> list[Track]:
        """Return the tracks of hands that were seen last time, by number."""
        return [track for track in self._tracks if track.lost_s == 0.0]

    @property
    def lost(self) -> list[Track]:
        """Return the tracks that are remembered."""
        return [track for track in self._tracks if track.lost_s > 0.0]

    def reset(self) -> None:
        """Forget everything."""
        self._tracks, self._time_s = [], None

    def limit(self, max_hands: int) -> None:
        """Forget the hands beyond a number."""
        self._tracks = [track for track in self._tracks if track.hand_id < max_hands]

    def forget(self, track: Track) -> None:
        """Forget one hand, whose number is free again."""
        self._tracks = [one for one in self._tracks if one is not track]

    def advance(self, stamp_s: float | None = None) -> None:
        """
        Go on to a frame; without its time in seconds, by 1/30 s.

        Time that does not rise begins anew with what it knows: places hold, velocities do not.
        """
        before = self._time_s
        self._time_s = (before or 0.0) + FRAME_S if stamp_s is None else stamp_s
        step_s = FRAME_S if before is None else self._time_s - before
        for track in self._tracks:
            if step_s <= 0.0:
                track.velocity = np.zeros(3)
            track.coast(max(step_s, 0.0))
        self._tracks = [track for track in self._tracks if track.lost_s <= REMEMBERED_S]

    def follow(self, tracks: Sequence[Track], seen: Sequence[S | None]) -> list[Followed[S]]:
        """
        Take what was seen around the expected places of tracks; None for no hand.

        Of two tracks that see one hand only that goes on which expected it nearer by.
        """
        close: list[tuple[float, Track, S]] = []
        for track, sighting in zip(tracks, seen, strict=True):
            if sighting is not None:
                away_m = float(np.linalg.norm(sighting.center_m - track.expected_m))
                if away_m <= track.reach_m():
                    close.append((away_m, track, sighting))
        close.sort(key=lambda one: (one[0], one[1].hand_id))
        followed: list[Followed[S]] = []
        for _, track, sighting in close:
            if not _is_among(sighting, followed):
                followed.append(Followed(track, sighting))
        for one in followed:
            one.track.see(one.sighting)
        kept = {one.track.hand_id for one in followed}
        for track in tracks:
            if track.hand_id not in kept and track.lost_s == 0.0:
                track.lost_s = max(track.since_s, FRAME_S)
        return followed

    def add(
        self,
        found: Iterable[S],
        followed: Sequence[Followed[S]],
        max_hands: int,
        may_begin: Callable[[S], bool] = lambda _: True,
    ) -> list[Followed[S]]:
        """
        Take hands that a search found, the likeliest first; return all that are followed now.

        Each takes up a track that was lost near by, or begins a new one where it may. None of them
        is where a hand is followed already, and of those that are one hand the first counts.
        """
        now = list(followed)
        for sighting in found:
            if len(now) >= max_hands:
                break
            if _is_among(sighting, now):
                continue
            track = self._take_up(sighting)
            if track is None and may_begin(sighting):
                track = self._begin(sighting, max_hands)
            if track is not None:
                now.append(Followed(track, sighting))
        self._tracks.sort(key=lambda track: track.hand_id)
        return sorted(now, key=lambda one: one.track.hand_id)

    def _take_up(self, sighting: S) -> Track | None:
        """Return the lost track that the hand continues."""
        away_m = [
            (float(np.linalg.norm(sighting.center_m - track.expected_m)), place)
            for place, track in enumerate(self._tracks)
            if track.lost_s > 0.0
        ]
        if away_m:
            distance_m, place = min(away_m)
            if distance_m <= self._tracks[place].reach_m():
                self._tracks[place].see(sighting)
                return self._tracks[place]
        return None

    def _begin(self, sighting: S, max_hands: int) -> Track:
        """Begin a track under a number that is free, or else that of the longest lost hand."""
        used = {track.hand_id for track in self._tracks}
        free = [number for number in range(max_hands) if number not in used]
        if not free:
            oldest = max(self.lost, key=lambda track: (track.lost_s, -track.hand_id))
            self._tracks.remove(oldest)
            free = [oldest.hand_id]
        center = np.array(sighting.center_m, dtype=np.float64)
        belief = believe(0.0, sighting.side_log_odds)
        track = Track(free[0], center, np.zeros(3), center, side_log_odds=belief)
        self._tracks.append(track)
        return track


def _is_among(sighting: Sighting, followed: Iterable[Followed[S]]) -> bool:
    return any(
        np.linalg.norm(sighting.center_m - one.sighting.center_m) < SAME_HAND_M for one in followed
    )


def _limited(velocity: Point) -> Point:
    speed = float(np.linalg.norm(velocity))
    return velocity if speed <= _MAX_SPEED_M_PER_S else velocity * (_MAX_SPEED_M_PER_S / speed)
