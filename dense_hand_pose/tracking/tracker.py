# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Multi-hand tracking: prediction, gating and association by distance.

A track moves with constant velocity. It is associated with the hand that is estimated in the cube
around its predicted place, unless that hand is outside the gate or belongs to another track. A
lost track is kept for REMEMBERED_S: a hand that is found near its predicted place continues it.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from .handedness import fuse_log_odds

Point = npt.NDArray[np.float64]

SAME_HAND_M = 0.05
"""Means of joints nearer to each other than this are one hand; folded hands are as far apart."""
GATE_M = 0.12
"""Association gate; exceeding it within 1/30 s would take 20 g."""
REMEMBERED_S = 0.5
FRAME_S = 1.0 / 30.0
"""The time between frames without stamps."""
_DRIFT_M_PER_S = 0.6
"""Growth of the gate of a lost track."""
_UNSURE_M_PER_S = 1.5
"""Growth of the gate of an observation that is not sure: 5 cm in 1/30 s."""
UNSURE_S = 0.5
"""A track without a sure observation for this time is removed."""
_COAST_S = 0.2
"""The longest time over which a velocity is extrapolated."""
_HIDDEN_S = 0.4
"""The longest time over which the motion before an unsure observation is extrapolated."""
_MAX_SPEED_M_PER_S = 5.0
_VELOCITY_SHARE = 0.6
"""Weight of the newest velocity: joints tremble by millimetres, hands turn within 0.1 s."""


class Observation(Protocol):
    """A hand in one frame: its place, and the log odds of a right hand."""

    @property
    def center_m(self) -> Point:
        """Return the mean of the joints (3,), metres."""
        ...

    @property
    def side_log_odds(self) -> float:
        """Return the log odds of a right hand."""
        ...


@dataclass
class Track:
    """
    A hand over time; metres and seconds.

    frames: number of frames with an observation; lost_s: time since the first frame without one,
    0 for an active track; unsure_s: time since the last sure observation, which was at sure_m with
    sure_velocity; side_log_odds: the side, fused over all frames.
    """

    hand_id: int
    center_m: Point
    velocity: Point
    expected_m: Point
    frames: int = 1
    lost_s: float = 0.0
    since_s: float = 0.0
    unsure_s: float = 0.0
    side_log_odds: float = 0.0
    sure_m: Point = field(default_factory=lambda: np.zeros(3))
    sure_velocity: Point = field(default_factory=lambda: np.zeros(3))

    def predict(self, step_s: float) -> None:
        """Extrapolate the place by ``step_s`` seconds."""
        self.since_s += step_s
        if self.lost_s > 0.0:
            self.lost_s += step_s
        self.expected_m = self.center_m + self.velocity * min(self.since_s, _COAST_S)

    def update(self, observation: Observation, sure: bool = True) -> None:
        """Move to an observation."""
        self.unsure_s = 0.0 if sure else self.unsure_s + self.since_s
        center = np.asarray(observation.center_m, dtype=np.float64)
        newest = (center - self.center_m) / self.since_s if self.since_s > 0.0 else self.velocity
        share = _VELOCITY_SHARE if self.since_s <= _COAST_S else 0.0
        self.velocity = _limited(self.velocity + share * (newest - self.velocity))
        self.center_m = self.expected_m = center
        self.since_s = self.lost_s = 0.0
        self.frames += 1
        if sure:
            self.sure_m, self.sure_velocity = self.center_m, self.velocity
        self.side_log_odds = fuse_log_odds(self.side_log_odds, observation.side_log_odds)

    @property
    def sure_expected_m(self) -> Point:
        """Return the place (3,) to which the motion until the last sure observation leads."""
        place: Point = self.sure_m + self.sure_velocity * min(self.unsure_s, _HIDDEN_S)
        return place

    def gate_m(self, sure: bool = True) -> float:
        """
        Return the largest distance of an observation from the predicted place.

        An observation that is not sure is not followed far: it may be another thing than the hand.
        """
        if sure:
            return GATE_M + _DRIFT_M_PER_S * self.lost_s
        return min(GATE_M, _UNSURE_M_PER_S * max(self.since_s, FRAME_S))


class TrackSet(NamedTuple):
    """The tracks of a frame by number: those observed in the frame before, and the lost ones."""

    active: list[Track]
    lost: list[Track]


O = TypeVar('O', bound=Observation)  # noqa: E741


@dataclass(frozen=True)
class TrackMatch(Generic[O]):
    """A track and its observation in the newest frame."""

    track: Track
    observation: O


class Tracker(Generic[O]):
    """
    The tracks of hands: predict(), associate() the active tracks, spawn() in each frame.

    Numbers are 0 to max_hands - 1. A new track gets the number of a remembered one only if no
    other number is free.
    """

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._time_s: float | None = None

    def tracks(self) -> TrackSet:
        """Return the tracks, active and lost, by number."""
        return TrackSet(
            [track for track in self._tracks if track.lost_s == 0.0],
            [track for track in self._tracks if track.lost_s > 0.0],
        )

    def reset(self) -> None:
        """Remove all tracks."""
        self._tracks, self._time_s = [], None

    def keep_first(self, max_hands: int) -> None:
        """Remove the tracks whose number is max_hands or more."""
        self._tracks = [track for track in self._tracks if track.hand_id < max_hands]

    def remove(self, track: Track) -> None:
        """Remove one track; its number is free again."""
        self._tracks = [one for one in self._tracks if one is not track]

    def predict(self, stamp_s: float | None = None) -> TrackSet:
        """
        Advance to a frame and return the tracks; without a stamp in seconds, by 1/30 s.

        Where stamps do not rise, places stay and velocities become 0.
        """
        before = self._time_s
        self._time_s = (before or 0.0) + FRAME_S if stamp_s is None else stamp_s
        step_s = FRAME_S if before is None else self._time_s - before
        for track in self._tracks:
            if step_s <= 0.0:
                track.velocity = np.zeros(3)
            track.predict(max(step_s, 0.0))
        self._tracks = [track for track in self._tracks if track.lost_s <= REMEMBERED_S]
        return self.tracks()

    def associate(
        self,
        tracks: Sequence[Track],
        observations: Sequence[O | None],
        sure: Container[int] | None = None,
    ) -> list[TrackMatch[O]]:
        """
        Update tracks by what was observed at their predicted places, None for no hand.

        sure: numbers of the tracks whose observation a search would report as a new hand; all if
        None. Of two tracks that observe one hand the one with the nearer prediction keeps it; a
        track without an observation is lost, and one without a sure one for UNSURE_S is removed.
        """
        close: list[tuple[float, Track, O]] = []
        for track, observation in zip(tracks, observations, strict=True):
            if observation is not None:
                away_m = float(np.linalg.norm(observation.center_m - track.expected_m))
                if away_m <= track.gate_m(sure is None or track.hand_id in sure):
                    close.append((away_m, track, observation))
        close.sort(key=lambda one: (one[0], one[1].hand_id))
        matches: list[TrackMatch[O]] = []
        for _, track, observation in close:
            if not _is_among(observation, matches):
                matches.append(TrackMatch(track, observation))
        for match in matches:
            match.track.update(match.observation, sure is None or match.track.hand_id in sure)
        kept = {match.track.hand_id for match in matches}
        for track in tracks:
            if track.hand_id not in kept and track.lost_s == 0.0:
                track.lost_s = max(track.since_s, FRAME_S)
        removed = [track for track in tracks if track.unsure_s >= UNSURE_S]
        for track in removed:
            self.remove(track)
        return [match for match in matches if match.track.unsure_s < UNSURE_S]

    def spawn(
        self,
        found: Iterable[O],
        matches: Sequence[TrackMatch[O]],
        max_hands: int,
        may_begin: Callable[[O], bool] = lambda _: True,
    ) -> list[TrackMatch[O]]:
        """
        Add found hands, the best first, to the matches of a frame; return all, by number.

        A hand continues a track that was lost near by, or begins a new one if it may. A sure hand
        takes over a track that is on another thing: one with an unsure observation farther from
        where its sure ones lead. Hands that are one with a matched hand or with a better one are
        left out.
        """
        now = list(matches)
        for observation in found:
            if _is_among(observation, now):
                continue
            sure = may_begin(observation)
            strayed = _strayed(observation, now) if sure else None
            if strayed is not None:
                now[strayed].track.update(observation)
                now[strayed] = TrackMatch(now[strayed].track, observation)
                continue
            if len(now) >= max_hands:
                continue
            track = self._continued(observation, sure)
            if track is None and sure:
                track = self._begin(observation, max_hands)
            if track is not None:
                now.append(TrackMatch(track, observation))
        self._tracks.sort(key=lambda track: track.hand_id)
        return sorted(now, key=lambda match: match.track.hand_id)

    def _continued(self, observation: O, sure: bool) -> Track | None:
        """Update and return the lost track that a hand continues."""
        away_m = [
            (float(np.linalg.norm(observation.center_m - track.expected_m)), place)
            for place, track in enumerate(self._tracks)
            if track.lost_s > 0.0
        ]
        if away_m:
            distance_m, place = min(away_m)
            if distance_m <= self._tracks[place].gate_m(sure):
                self._tracks[place].update(observation, sure)
                return self._tracks[place]
        return None

    def _begin(self, observation: O, max_hands: int) -> Track:
        """Begin a track with a free number, or with that of the track that was lost longest."""
        used = {track.hand_id for track in self._tracks}
        free = [number for number in range(max_hands) if number not in used]
        if not free:
            oldest = max(self.tracks().lost, key=lambda track: (track.lost_s, -track.hand_id))
            self._tracks.remove(oldest)
            free = [oldest.hand_id]
        center = np.array(observation.center_m, dtype=np.float64)
        side_log_odds = fuse_log_odds(0.0, observation.side_log_odds)
        track = Track(
            free[0], center, np.zeros(3), center, side_log_odds=side_log_odds, sure_m=center
        )
        self._tracks.append(track)
        return track


def _is_among(observation: Observation, matches: Iterable[TrackMatch[O]]) -> bool:
    return any(
        np.linalg.norm(observation.center_m - match.observation.center_m) < SAME_HAND_M
        for match in matches
    )


def _strayed(observation: O, matches: Sequence[TrackMatch[O]]) -> int | None:
    """Return the place of the match whose track an observation takes over, None for none."""
    for place, match in enumerate(matches):
        track = match.track
        if track.unsure_s > 0.0:
            away_m, own_m = (
                float(np.linalg.norm(one.center_m - track.sure_expected_m))
                for one in (observation, match.observation)
            )
            if away_m < own_m and away_m <= GATE_M:
                return place
    return None


def _limited(velocity: Point) -> Point:
    speed = float(np.linalg.norm(velocity))
    return velocity if speed <= _MAX_SPEED_M_PER_S else velocity * (_MAX_SPEED_M_PER_S / speed)
