# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Several hands in one frame: a network that knows the truth, then the shipped one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.detection import factory
from dense_hand_pose.detection.nearest_surface import NearestSurfaces
from dense_hand_pose.detection.proposals import Candidate, TileCandidates, TileSet, WHOLE
from dense_hand_pose.estimation.config import EstimatorConfig
from dense_hand_pose.estimator import HandPose, HandPoseEstimator
from dense_hand_pose.network.weights import MODELS_DIR, WeightsError
from dense_hand_pose.runtimes.base import Array
from dense_hand_pose.synthesis.hand.hands import sample_hand
from dense_hand_pose.synthesis.hand_stream import GestureSequence, Side
import numpy as np
import pytest

K = Intrinsics(120.0, 120.0, 79.5, 59.5)
HALF_CUBE_M = 0.15
RIGHT = next(
    hand.joints_m - hand.joints_m.mean(axis=0)
    for hand in (sample_hand(np.random.default_rng([1, i])) for i in range(20))
    if hand.side == 1
)


@dataclass
class Truth:
    """A hand that is there: the mean of its joints, its side, and whether it is a hand at all."""

    center_m: np.ndarray
    side: int = 1
    confidence: float = 0.7
    name: int = 0

    @property
    def joints_m(self) -> np.ndarray:
        """Return its joints (21, 3): one shape, mirrored for a left hand."""
        joints: np.ndarray = RIGHT * [self.side, 1.0, 1.0] + self.center_m
        return joints


class Knowing:
    """A backend that sees the nearest true hand in a cube, and else believes in nothing."""

    name, precision = 'knowing', 'float32'

    def __init__(self) -> None:
        self.hands: Sequence[Truth] = ()
        self.batches: list[int] = []
        self.centers: list[Array] = []

    def run(self, crops: Array, centers: Array, _: Array, decoding: DecodingConfig) -> Result:
        """Answer from the truth."""
        self.batches.append(len(crops))
        self.centers.append(centers)
        joints = np.repeat((RIGHT[None] * 0.2).astype(np.float32), len(crops), axis=0)
        joints += centers[:, None]
        confidence = np.full((len(crops), 21), 0.1, np.float32)
        for row, center in enumerate(centers):
            near = [h for h in self.hands if abs(h.center_m - center).max() < HALF_CUBE_M]
            if near:
                hand = min(near, key=lambda h: float(np.linalg.norm(h.center_m - center)))
                joints[row], confidence[row] = hand.joints_m, hand.confidence
        nothing = np.zeros((len(crops), 21), np.float32)
        votes = np.repeat(joints[:, :, None], decoding.candidates, axis=2)
        return Result(joints, confidence, nothing, votes, nothing[:, :, None] * votes[..., 0])


class Told:
    """A localiser that proposes what it is told, and counts."""

    check_every, tile_count, missing_log_odds = 0, 0, 0.0

    def __init__(self) -> None:
        self.centers: list[np.ndarray] = []
        self.evidence: list[float] = []
        self.score = 1.0
        self.views: list[TileSet] = []
        self.calls = 0

    def search(self, *asked: object) -> list[TileCandidates]:
        """Return the places, with log odds where there are any."""
        self.calls += 1
        self.views += [one for one in asked if isinstance(one, TileSet)]
        evidence = [*self.evidence, *[0.0] * len(self.centers)]
        told = zip(self.centers, evidence, strict=False)
        found = [Candidate(center, self.score, one) for center, one in told]
        return [TileCandidates(WHOLE, lambda _: True, found)]

    def fuse(self, found: Sequence[TileCandidates]) -> list[Candidate]:
        """Return the candidates as they are."""
        return [one for tile in found for one in tile.candidates]


class NodeFixture:
    """An estimator before a wall, with hands that are known."""

    def __init__(self, **settings: object) -> None:
        self.backend, self.localizer = Knowing(), Told()
        chosen = {'max_hands': 2, 'fit': None, **settings}
        config = EstimatorConfig(**chosen)  # type: ignore[arg-type]
        self.estimator = HandPoseEstimator(self.backend, config, self.localizer)
        self.depth = np.full((120, 160), 0.6, np.float32)

    def frame(self, *hands: Truth, stamp_s: float | None = None) -> list[HandPose]:
        """Take a frame in which exactly these hands are."""
        self.backend.hands = hands
        self.localizer.centers = [hand.center_m + at(0.03, 0.0) for hand in hands]
        return self.estimator.estimate_hands(self.depth, K, stamp_s=stamp_s)


def at(x: float, z: float = 0.6) -> np.ndarray:
    return np.array([x, 0.0, z])


def test_two_hands_are_found_in_one_frame_and_followed_in_one_batch() -> None:
    rig = NodeFixture()
    left, right = Truth(at(-0.15), -1), Truth(at(0.15), 1)
    first = rig.frame(left, right)
    assert [pose.hand_id for pose in first] == [0, 1]
    assert {round(float(pose.joints[:, 0].mean()), 2) for pose in first} == {-0.15, 0.15}
    rig.backend.batches.clear()
    searches = rig.localizer.calls
    for step in range(1, 30):
        left.center_m, right.center_m = at(-0.15 + 0.004 * step), at(0.15 + 0.004 * step)
        poses = rig.frame(left, right)
        assert [pose.hand_id for pose in poses] == [0, 1]
        moved = first[0].joints + at(0.004 * step, 0.0)
        np.testing.assert_allclose(poses[0].joints, moved, atol=1e-6)
        assert [pose.frames_seen for pose in poses] == [step + 1] * 2
    assert rig.backend.batches == [2] * 29, 'one batch a frame'
    assert rig.localizer.calls == searches == rig.estimator.searches


def test_sides_are_those_of_the_hands_and_a_mirror_flips_them() -> None:
    for side, name in ((1, 'right'), (-1, 'left')):
        rig = NodeFixture()
        poses = [rig.frame(Truth(at(0.0), side))[0] for _ in range(4)]
        assert {pose.side for pose in poses} <= {name, 'unknown'}
        assert poses[-1].side == name
        scores = [pose.side_score for pose in poses]
        assert scores == sorted(scores)
        assert 0.0 <= scores[0] <= scores[-1] <= 1.0


def test_a_hand_that_is_hidden_for_a_moment_keeps_its_number() -> None:
    rig = NodeFixture(search_every=1000)
    first, second = Truth(at(-0.15), confidence=0.75), Truth(at(0.15))
    rig.frame(first, second)
    for _ in range(6):
        assert [pose.hand_id for pose in rig.frame(second)] == [1]
    back = rig.frame(first, second)
    assert [pose.hand_id for pose in back] == [0, 1], 'looked at where it was, without a search'
    assert back[0].frames_seen == 2


def test_what_is_no_hand_is_not_reported_and_not_followed() -> None:
    rig = NodeFixture()
    doubtful = Truth(at(0.0), confidence=0.2)
    assert rig.frame(doubtful) == []
    rig.estimator.config = replace(rig.estimator.config, min_confidence=0.0)
    (pose,) = NodeFixture(min_confidence=0.0, min_score=0.0, min_new_score=0.0).frame(doubtful)
    rig.estimator.config = replace(rig.estimator.config, min_score=pose.score + 0.01)
    assert rig.frame(doubtful) == []
    passing = {'min_score': pose.score - 0.01, 'min_new_score': pose.score + 0.01}
    rig.estimator.config = replace(rig.estimator.config, **passing)
    assert rig.frame(doubtful) == [], 'good enough to be followed, not to be found'
    rig.estimator.config = replace(rig.estimator.config, min_new_score=0.0)
    assert len(rig.frame(doubtful)) == 1
    rig.estimator.config = replace(rig.estimator.config, **passing)
    assert len(rig.frame(doubtful)) == 1, 'it is followed now'


def test_a_hand_is_followed_by_its_stamps() -> None:
    """At 0.9 m/s and 5 Hz it leaves its reach and its cube: only its velocity finds it."""
    rig = NodeFixture(max_hands=1, search_every=1000)
    rig.depth[:] = 1.0
    t_s, searches = 0.0, []
    for _ in range(8):
        rig.frame(Truth(at(-0.6 + 0.9 * t_s, 1.0)), stamp_s=50.0 + t_s)
        searches.append(rig.localizer.calls)
        t_s += 0.1
    for _ in range(2):
        t_s += 0.1  # a frame is left out
        assert len(rig.frame(Truth(at(-0.6 + 0.9 * t_s, 1.0)), stamp_s=50.0 + t_s)) == 1
        t_s += 0.1
    assert rig.localizer.calls == searches[3], 'never lost once its velocity was known'


def test_one_hand_of_several_is_hand_0() -> None:
    rig = NodeFixture()
    rig.backend.hands = [Truth(at(-0.15)), Truth(at(0.15), confidence=0.8)]
    rig.localizer.centers = [hand.center_m for hand in rig.backend.hands]
    pose = rig.estimator.estimate(rig.depth, K)
    assert pose is not None
    assert pose.hand_id == 0
    assert pose.joints[:, 0].mean() == pytest.approx(0.15), 'the likeliest'


@pytest.mark.parametrize('roi_mode', ['nearest', 'detector'])
def test_modes_without_memory_search_every_frame_and_keep_numbers(roi_mode: str) -> None:
    rig = NodeFixture(roi_mode=roi_mode)
    hands = [Truth(at(-0.15), name=0), Truth(at(0.15), confidence=0.8, name=1)]
    numbers = []
    for step in range(6):
        hands[0].confidence = 0.9 - 0.05 * step  # now the one is likelier, now the other
        poses = rig.frame(*hands)
        numbers.append([round(float(pose.joints[:, 0].mean()), 2) for pose in poses])
    assert rig.localizer.calls == 6
    assert numbers == [numbers[0]] * 6


def test_the_detector_serves_where_its_weights_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(factory.make_localizer('nearest'), NearestSurfaces)
    monkeypatch.setattr(factory, 'detector_is_installed', lambda: False)
    assert isinstance(factory.make_localizer('tracked'), NearestSurfaces)
    monkeypatch.setattr(factory, '_DETECTOR', 'a_detector_that_nobody_shipped')
    for mode in ('tracked', 'detector'):
        monkeypatch.setattr(factory, 'detector_is_installed', lambda: True)
        with pytest.raises(WeightsError, match='choose another roi'):
            factory.make_localizer(mode)
    with pytest.raises(WeightsError, match='a_detector_that_nobody_shipped'):
        HandPoseEstimator.load(config=EstimatorConfig(roi_mode='detector'))


def own_score(confidence: float) -> float:
    """Return the score of a hand of a confidence without evidence."""
    (pose,) = NodeFixture(min_confidence=0.0, min_score=0.0, min_new_score=0.0).frame(
        Truth(at(0.0), confidence=confidence)
    )
    return pose.score


@pytest.mark.parametrize('evidence', [-2.0, 0.0, 1.5])
def test_what_the_localiser_knows_adds_to_the_log_odds(evidence: float) -> None:
    own = own_score(0.45)
    rig = NodeFixture(min_confidence=0.0, min_score=0.0, min_new_score=0.0)
    rig.localizer.evidence = [evidence]
    (pose,) = rig.frame(Truth(at(0.0), confidence=0.45))
    odds = own / (1.0 - own) * np.exp(evidence)
    assert pose.score == pytest.approx(odds / (1.0 + odds))
    (pose,) = rig.frame(Truth(at(0.0), confidence=0.45))
    assert pose.score == pytest.approx(own), 'followed, it must stand by itself'


def test_of_many_places_the_evidence_chooses() -> None:
    rig = NodeFixture(max_hands=1, min_confidence=0.0, min_score=0.0, min_new_score=0.0)
    hands = [Truth(at(-0.18), confidence=0.5), Truth(at(0.18), confidence=0.45)]
    rig.backend.hands = hands
    rig.localizer.centers = [hand.center_m for hand in hands]
    for evidence, x in (([0.0, 0.0], -0.18), ([0.0, 3.0], 0.18)):
        rig.localizer.evidence = evidence
        rig.estimator.reset()
        (pose,) = rig.estimator.estimate_hands(rig.depth, K)
        assert pose.joints[:, 0].mean() == pytest.approx(x)


@pytest.mark.parametrize(('evidence', 'looks'), [(-2.0, 1), (0.0, 3)])
def test_a_doubted_place_that_shows_nothing_is_not_looked_at_again(
    evidence: float, looks: int
) -> None:
    rig = NodeFixture()
    rig.localizer.evidence = [evidence]
    rig.localizer.centers = [at(0.1)]
    assert rig.estimator.estimate_hands(rig.depth, K) == []
    assert len(rig.backend.batches) == looks


def test_a_hand_that_was_lost_is_looked_for_where_it_was() -> None:
    rig = NodeFixture(max_hands=1)
    hand = Truth(at(0.1))
    rig.frame(hand)
    for _ in range(3):
        assert rig.frame() == []
    rig.backend.hands = [hand]
    rig.localizer.centers = []
    (pose,) = rig.estimator.estimate_hands(rig.depth, K)
    assert pose.frames_seen == 2
    rig.frame()
    rig.backend.hands = [hand]
    rig.estimator.config = replace(rig.estimator.config, depth_min_m=0.7)
    assert rig.estimator.estimate_hands(rig.depth, K) == [], 'out of range'


FILM_K = Intrinsics(237.5, 237.5, 159.5, 119.5)
SHIPPED = MODELS_DIR / 'default.safetensors'
APART_PX = 70
SIDES: tuple[tuple[int, Side], ...] = ((3, 'right'), (4, 'left'))


def film(frames: int) -> Iterator[tuple[np.ndarray, list[tuple[str, np.ndarray]]]]:
    """Yield depth (240, 320) with a right hand beside a left one, and side and place of each."""
    streams = [GestureSequence(seed, side, FILM_K, 320, 240) for seed, side in SIDES]
    for step in range(frames):
        depths, truth = [], []
        for stream, shift in zip(streams, (-APART_PX, APART_PX), strict=True):
            shown = stream.frame(step / 30.0)
            depth = np.roll(shown.depth_mm.astype(np.float32) / 1000.0, shift, axis=1)
            depths.append(np.where(depth == 0.0, 9.0, depth))
            center = shown.joints_m.mean(axis=0)
            center[0] += shift * center[2] / FILM_K.fx
            truth.append((stream.side, center))
        yield np.minimum(*depths), truth


@pytest.mark.skipif(not SHIPPED.exists(), reason=f'{SHIPPED} is not there')
def test_the_shipped_network_follows_a_right_and_a_left_hand() -> None:
    config = EstimatorConfig(max_hands=2, depth_max_m=0.8)
    estimator = HandPoseEstimator.load('default', 'cpu', config, precision='float32')
    mirrored = HandPoseEstimator.load('default', 'cpu', config, precision='float32')
    owners: dict[int, set[str]] = {0: set(), 1: set()}
    for step, (depth, truth) in enumerate(film(10)):
        poses = estimator.estimate_hands(depth, FILM_K, stamp_s=step / 30.0)
        for pose in poses:
            away = [np.linalg.norm(pose.joints.mean(axis=0) - center) for _, center in truth]
            assert min(away) < 0.04
            side = truth[int(np.argmin(away))][0]
            owners[pose.hand_id].add(side)
            assert pose.side in (side, 'unknown')
        flipped = mirrored.estimate_hands(depth[:, ::-1], FILM_K, stamp_s=step / 30.0)
    assert sorted(map(sorted, owners.values())) == [['left'], ['right']], 'numbers never switch'
    sides = {pose.side: pose.joints[:, 0].mean() for pose in poses}
    other = {pose.side: pose.joints[:, 0].mean() for pose in flipped}
    assert sides['right'] < sides['left']
    assert set(sides) == set(other) == {'left', 'right'}
    assert other['left'] == pytest.approx(-sides['right'], abs=0.03)
