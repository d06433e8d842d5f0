# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Hands and an object, frame by frame, with an oracle that takes the object for half a hand."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from support.oracle import at, OracleScene, Thing

CUP = at(0.02)
GRASP = at(0.0, 0.075, 0.0)
"""A hand that holds a thing has its middle this far from the thing's."""
AWAY = at(0.0, 0.45, 0.0)
_IMAGE_M = 0.24
"""Below this height a disc at 0.6 m is in the image as a whole."""
Frame = tuple[list[Thing], list[np.ndarray]]
CUPS = [
    # score of the network, log odds of the localizer: neither is a new hand by itself
    (0.3, None), (0.5, -1.0), (0.6, -0.5), (0.6, None), (0.85, -1.1),
]  # fmt: skip


def hand(center_m: np.ndarray, name: str = 'hand') -> Thing:
    return Thing(center_m, name=name)


def way(*stops: tuple[int, np.ndarray]) -> Iterator[np.ndarray]:
    """Yield places (3,) on lines from stop to stop, each (frames from the one before, place)."""
    _, place = stops[0]
    for frames, stop in stops[1:]:
        for step in range(1, frames + 1):
            yield place + (stop - place) * (step / frames)
        place = stop


def pick_up(cup: Callable[[np.ndarray], Thing]) -> Iterator[Frame]:
    """Yield a hand that comes, holds the cup, carries and puts it down, and leaves."""
    here, there, zero = CUP, CUP + at(-0.15, 0.0, 0.0), at(0.0, 0.0, 0.0)
    for place in way((0, here + GRASP + AWAY), (20, here + GRASP)):
        yield [hand(place), cup(here)], [place]
    for shift in way((0, zero), (10, zero), (20, there - here), (10, there - here)):
        place = here + shift
        grip = place + GRASP
        yield [hand(grip), cup(place)], [grip]
    for place in way((0, there + GRASP), (20, there + GRASP + AWAY)):
        yield [hand(place), cup(there)], [place]
    for _ in range(45):
        yield [cup(there)], []


def leave(cup: Callable[[np.ndarray], Thing]) -> Iterator[Frame]:
    """Yield a hand that rests on the cup, lets go and leaves; the cup stays."""
    grip = CUP + GRASP
    for place in way((0, grip), (30, grip), (12, grip + AWAY)):
        yield [hand(place), cup(CUP)], [place]
    for _ in range(60):
        yield [cup(CUP)], []


def behind(cup: Callable[[np.ndarray], Thing]) -> Iterator[Frame]:
    """Yield a hand that passes behind the cup, which hides it for a fifth of a second."""
    for place in way((0, at(-0.2)), (40, at(0.24))):
        hidden = abs(place[0] - CUP[0]) < 0.035
        yield [cup(CUP)] if hidden else [hand(place), cup(CUP)], []


def cross(cup: Callable[[np.ndarray], Thing]) -> Iterator[Frame]:
    """Yield two hands that cross over the cup, one 16 cm nearer to the camera."""
    first = way((0, at(-0.2, 0.0, 0.6)), (45, at(0.2, 0.0, 0.6)), (45, at(-0.2, 0.0, 0.6)))
    second = way((0, at(0.2, 0.0, 0.44)), (45, at(-0.2, 0.0, 0.44)), (45, at(0.2, 0.0, 0.44)))
    for one, other in zip(first, second, strict=True):
        yield [hand(one, 'first'), hand(other, 'second'), cup(at(0.0, 0.1, 0.7))], []


def in_image(things: list[Thing]) -> list[Thing]:
    return [one for one in things if one.center_m[1] < _IMAGE_M]


def run(
    frames: Iterator[Frame], max_hands: int = 2
) -> list[tuple[list[str], list[str], list[int]]]:
    """Return for each frame the hands that are there, what is reported, and its numbers."""
    scene = OracleScene(max_hands=max_hands)
    shown = []
    for every, arms in frames:
        things = in_image(every)
        poses = scene.frame(*things, arms=arms)
        names, numbers = [], []
        for pose in sorted(poses, key=lambda pose: pose.hand_id):
            center = pose.joints.mean(axis=0)
            near = min(things, key=lambda t: float(np.linalg.norm(t.center_m - center)))
            names.append(near.name)
            numbers.append(pose.hand_id)
        shown.append(([one.name for one in things if one.name != 'cup'], names, numbers))
    return shown


def cup_of(score: float, detected: float | None) -> Callable[[np.ndarray], Thing]:
    return lambda center_m: Thing(center_m, score, detected, name='cup')


@pytest.mark.parametrize(('score', 'detected'), CUPS)
@pytest.mark.parametrize('max_hands', [1, 2])
@pytest.mark.parametrize('situation', [pick_up, leave])
def test_a_hand_is_followed_and_the_object_that_it_leaves_is_none(
    situation: Callable[[Callable[[np.ndarray], Thing]], Iterator[Frame]],
    score: float,
    detected: float | None,
    max_hands: int,
) -> None:
    shown = run(situation(cup_of(score, detected)), max_hands)
    for number, (there, names, _) in enumerate(shown[3:]):
        if there:
            assert names == there, f'frame {number}: a hand that holds a cup is the hand alone'
    gone = [names for there, names, _ in shown if not there]
    assert all(names == [] for names in gone[16:]), 'half a second after it has left'


@pytest.mark.parametrize(('score', 'detected'), [one for one in CUPS if one != (0.6, None)])
@pytest.mark.parametrize('max_hands', [1, 2])
def test_a_hand_that_passes_behind_an_object_comes_out_with_its_number(
    score: float, detected: float | None, max_hands: int
) -> None:
    shown = run(behind(cup_of(score, detected)), max_hands)
    assert shown[10] == (['hand'], ['hand'], [0])
    out = max(number for number, (there, _, _) in enumerate(shown) if not there) + 1
    after = shown[out:][3:]
    assert after == [(['hand'], ['hand'], [0])] * len(after)


@pytest.mark.parametrize(('score', 'detected'), CUPS)
def test_two_hands_that_cross_over_an_object_keep_their_numbers(
    score: float, detected: float | None
) -> None:
    shown = run(cross(cup_of(score, detected)))
    names = [tuple(names) for _, names, _ in shown[3:]]
    assert names in ([('first', 'second')] * len(names), [('second', 'first')] * len(names))


@pytest.mark.parametrize('max_hands', [1, 2])
def test_the_same_hands_without_a_past_are_reported_in_as_many_frames(max_hands: int) -> None:
    cup = cup_of(0.6, -0.5)
    for situation in (pick_up, leave, behind, cross):
        followed = run(situation(cup), max_hands)
        alone = [
            sorted(OracleScene(max_hands=max_hands).names(*in_image(things), arms=arms))
            for things, arms in situation(cup)
        ]
        complete = sum(set(there) <= set(names) for there, names, _ in followed if there)
        searched = sum(
            set(there) <= set(names)
            for (there, _, _), names in zip(followed, alone, strict=True)
            if there
        )
        assert complete >= searched - 2, 'a hand that enters may take a round to be found'
