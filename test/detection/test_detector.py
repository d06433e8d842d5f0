# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The hand detector on its runtimes: any frame, the same hands, clear errors."""

import argparse
from collections.abc import Mapping
import contextlib
import io
from pathlib import Path

from dense_hand_pose.camera.intrinsics import Intrinsics, project
from dense_hand_pose.camera.letterbox import Letterbox, MAP_HEIGHT, MAP_WIDTH
from dense_hand_pose.cli import export
from dense_hand_pose.detection.detections import Detection
from dense_hand_pose.detection.detector import fused_log_odds, HandDetector
from dense_hand_pose.detection.proposals import TileSet
from dense_hand_pose.evaluation.scenes.detection import render_scene
from dense_hand_pose.network.config import CONFIGURATIONS, NetworkConfig
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.detector import DetectorNet
from dense_hand_pose.network.score_settings import ScoreSettings
from dense_hand_pose.network.weight_file import MODELS_DIR, WeightsError
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.runtimes.base import Array
from dense_hand_pose.runtimes.openvino.runtime import offered_precisions
from dense_hand_pose.runtimes.precision import DETECTOR_INPUT, DETECTOR_OUTPUT, probe_letterboxes
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import pytest
from support.scenes import ball, wall
import torch

CAMERA = Intrinsics(475.0, 475.0, 319.5, 239.5)
TINY = NetworkConfig(
    stacks=1, stem='folded', widths=(8, 8, 8, 8, 8), head='shared', task='detector'
)


@pytest.fixture(scope='module')
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a detector that nobody trained and that sees hands everywhere."""
    torch.manual_seed(3)
    network = DetectorNet(TINY)
    torch.nn.init.normal_(network.maps.weight, std=0.1)
    torch.nn.init.ones_(network.maps.bias[:1])  # type: ignore[index]
    path = tmp_path_factory.mktemp('detector') / 'tiny.safetensors'
    save_weights(network, path, {})
    return path


@pytest.fixture(scope='module')
def exported(weights: Path) -> str:
    """Export its graph, which takes most of these tests' time; return what the command says."""
    parser = argparse.ArgumentParser()
    export.add_arguments(parser)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert export.run(parser.parse_args([str(weights)])) == 0
    return said.getvalue()


@pytest.fixture(scope='module')
def both(weights: Path, exported: str) -> list[HandDetector]:
    """Load it on OpenVINO, from the exported graph, and on PyTorch."""
    assert exported
    return [
        HandDetector.load(str(weights), backend, min_score=0.05, precision='float32')
        for backend in ('openvino', 'cpu')
    ]


class Fixed:
    """A runtime that knows the answer: hands at map places, each x, y, z, score, side."""

    name, precision = 'fixed', 'float32'

    def __init__(self, *hands: tuple[float, float, float, float, float]) -> None:
        self.hands = hands

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return maps with one pixel for each hand."""
        assert np.isfinite(inputs[DETECTOR_INPUT]).all()
        maps = np.zeros((5, MAP_HEIGHT, MAP_WIDTH), np.float32)
        for x, y, z, score, side in self.hands:
            column, row = round(x), round(y)
            maps[:, row, column] = score, x - column, y - row, z, side
        return {DETECTOR_OUTPUT: maps[None]}


def found(detector: HandDetector, depth: np.ndarray, unit_m: float = 1.0) -> list[Detection]:
    return detector.detect(depth, unit_m, CAMERA, 0.15, 1.5)


@pytest.mark.parametrize(
    ('height', 'width'), [(480, 640), (480, 848), (640, 480), (60, 80), (1, 1)]
)
def test_centres_lie_where_the_maps_say(height: int, width: int) -> None:
    letterbox = Letterbox.of(width, height)
    middle = letterbox.to_map([(width - 1) / 2, (height - 1) / 2])
    runtime = Fixed((middle[0], middle[1], 0.6, 0.9, -0.5))
    (one,) = found(HandDetector(runtime), np.ones((height, width), np.float32))
    np.testing.assert_allclose(
        project(one.center_m, CAMERA),
        [(width - 1) / 2, (height - 1) / 2],
        atol=1e-3 * width + 0.01,
    )
    assert one.center_m.dtype == np.float64 and one.center_m[2] == pytest.approx(0.6)
    assert (one.score, one.side_score) == pytest.approx((0.9, -0.5))


def test_hands_out_of_range_do_not_take_the_place_of_others() -> None:
    hands = [(10.0, 10.0, 1.8, 0.9, 1.0), (30.0, 20.0, 0.5, 0.8, 1.0), (40.0, 5.0, 0.1, 0.7, 1.0)]
    detector = HandDetector(Fixed(*hands), max_detections=1)
    (one,) = found(detector, np.ones((480, 640), np.float32))
    assert one.score == pytest.approx(0.8)


def test_a_low_score_is_no_hand_and_no_more_than_asked_for_are_reported() -> None:
    hands = [(8.0 * i + 2, 9.0, 0.6, 0.95 - 0.1 * i, 1.0) for i in range(6)]
    depth = np.ones((480, 640), np.float32)
    assert len(found(HandDetector(Fixed(*hands)), depth)) == 4
    assert len(found(HandDetector(Fixed(*hands), min_score=0.9), depth)) == 1
    assert len(found(HandDetector(Fixed(*hands), max_detections=2), depth)) == 2
    proposals = HandDetector(Fixed(*hands)).propose(depth, 1.0, CAMERA, 0.15, 1.5)
    assert [round(proposal.score, 2) for proposal in proposals] == [0.95, 0.85, 0.75, 0.65]


def test_a_proposal_says_what_its_score_is_worth() -> None:
    scores = (0.999, 0.8, 0.6, 0.55)
    hands = [(8.0 * i + 2, 9.0, 0.6, score, 1.0) for i, score in enumerate(scores)]
    depth = np.ones((480, 640), np.float32)
    proposals = HandDetector(Fixed(*hands)).propose(depth, 1.0, CAMERA, 0.15, 1.5)
    evidence = [proposal.log_odds for proposal in proposals]
    assert evidence == [fused_log_odds([proposal.score]) for proposal in proposals]
    assert sorted(evidence, reverse=True) == evidence and len(set(evidence)) == 4
    # Odds, to one power: what doubles them adds as much anywhere.
    one, two = ([fused_log_odds([k * odds / (1 + k * odds)]) for odds in (0.1, 1.0, 10.0)]
                for k in (1, 2))  # fmt: skip
    steps = np.subtract(two, one)
    np.testing.assert_allclose(steps, steps[0])
    assert steps[0] > 0.0 and np.isfinite([fused_log_odds([0.0]), fused_log_odds([1.0])]).all()
    # Views count alike.
    both = (fused_log_odds([0.9]) + fused_log_odds([0.3])) / 2.0
    assert fused_log_odds([0.9, 0.3]) == pytest.approx(both)


def test_openvino_and_pytorch_find_the_same(both: list[HandDetector]) -> None:
    frame = np.random.default_rng(0).integers(500, 1200, (480, 640)).astype(np.uint16)
    frame[:, 300:], frame[::7] = 700, 0
    assert [detector.backend_name for detector in both] == ['openvino', 'cpu']
    for probe in probe_letterboxes():
        maps = [
            detector._runtime.run({DETECTOR_INPUT: probe[None]})[DETECTOR_OUTPUT]
            for detector in both
        ]
        np.testing.assert_allclose(maps[0], maps[1], atol=2e-3)
    ours, theirs = (found(detector, frame, 0.001) for detector in both)
    assert len(ours) == len(theirs) > 0
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.center_m, b.center_m, atol=2e-3)
    # Metres as float32 are the same frame.
    metres = frame.astype(np.float32) / 1000.0
    again = found(both[0], metres)
    np.testing.assert_allclose([d.center_m for d in again], [d.center_m for d in ours], atol=1e-4)


def test_bfloat16_is_chosen_where_the_cpu_has_it_and_finds_the_same() -> None:
    if 'bfloat16' not in offered_precisions():
        pytest.skip('this CPU does not compute in bfloat16')
    detectors = [
        HandDetector.load('detector', 'openvino', min_score=0.05, precision=precision)
        for precision in ('float32', 'auto')
    ]
    assert [one.precision for one in detectors] == ['float32', 'bfloat16']
    hands = 0
    for index in range(12):
        scene = render_scene(index)
        near = [one.detect(scene.depth_m, 1.0, scene.intrinsics, 0.15, 1.6) for one in detectors]
        for ours in near[0]:
            theirs = min(near[1], key=lambda one: np.linalg.norm(one.center_m - ours.center_m))
            if ours.score >= 0.5:
                assert np.linalg.norm(theirs.center_m - ours.center_m) < 0.01
                assert abs(fused_log_odds([theirs.score]) - fused_log_odds([ours.score])) < 0.2
                hands += 1
    assert hands >= 5


@settings(max_examples=25, deadline=None)
@given(
    depth=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 40), st.integers(1, 40)),
        elements=st.floats(width=32),
    )
)
def test_nothing_that_a_frame_may_hold_makes_nan(
    both: list[HandDetector], depth: np.ndarray
) -> None:
    for one in both[0].detect(depth, 1.0, CAMERA, 0.0, 100.0):
        assert np.isfinite(one.center_m).all() and one.center_m[2] > 0.0
        assert 0.0 < one.score <= 1.0 and -1.0 <= one.side_score <= 1.0


def test_frames_that_are_none_are_refused(weights: Path) -> None:
    detector = HandDetector(Fixed())
    with pytest.raises(ValueError, match='shape'):
        found(detector, np.ones((2, 3, 4), np.float32))
    with pytest.raises(ValueError, match='unit_m'):
        found(detector, np.ones((4, 4), np.float32), 0.0)
    with pytest.raises(ValueError, match='min_score'):
        HandDetector(Fixed(), min_score=0.0)
    with pytest.raises(ValueError, match='max_detections'):
        HandDetector(Fixed(), max_detections=0)
    with pytest.raises(ValueError, match='backend'):
        HandDetector.load(str(weights), 'gpu')


def test_missing_and_foreign_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r'hand detector: .*nowhere.*detector\.yaml'):
        HandDetector.load('nowhere')
    with pytest.raises(WeightsError, match='no hand detector'):
        HandDetector.load('default')
    poses = tmp_path / 'poses.safetensors'
    save_weights(DenseRegressionNet(CONFIGURATIONS['default']), poses, {})
    with pytest.raises(WeightsError, match='no hand detector'):
        HandDetector.load(str(poses))


def test_the_shipped_detector_loads_or_says_what_is_missing() -> None:
    if (MODELS_DIR / 'detector.safetensors').exists():
        assert HandDetector.load().backend_name in ('openvino', 'cpu')
    else:
        with pytest.raises(WeightsError, match="'detector'"):
            HandDetector.load()


def test_the_export_command_writes_a_graph_beside_the_weights(
    weights: Path, exported: str, both: list[HandDetector]
) -> None:
    graph = weights.with_suffix('.openvino.zip')
    assert str(graph) in exported and 'scores up to 0.0' in exported
    assert graph.stat().st_size < 2 * weights.stat().st_size + 500_000
    assert both[0].backend_name == 'openvino'


def test_the_nearest_surfaces_are_candidates_without_a_detection() -> None:
    depth = ball(ball(wall(1.1), (-0.15, 0.0, 0.5), 0.05), (0.2, 0.05, 0.65), 0.05)
    detector = HandDetector(Fixed((5.0, 9.0, 0.6, 0.9, 1.0)), surfaces=2)
    plain = HandDetector(Fixed((5.0, 9.0, 0.6, 0.9, 1.0)))
    whole = detector.propose(depth, 1.0, CAMERA, 0.15, 1.5)
    (only,) = plain.propose(depth, 1.0, CAMERA, 0.15, 1.5)
    detected, *places = whole
    assert (detected.score, detected.log_odds) == (only.score, only.log_odds)
    assert [one.score for one in places] == [0.0, 0.0]
    assert all(one.log_odds == detector.missing_log_odds for one in places)
    nearest = [one.center_m for one in places]
    assert min(abs(center[2] - 0.5) for center in nearest) < 0.06
    tiles = TileSet(whole=False, tiles=(0, 1))
    assert all(one.score > 0.0 for one in detector.propose(depth, 1.0, CAMERA, 0.15, 1.5, tiles))


def test_a_surface_at_a_detection_is_that_detection() -> None:
    depth = ball(wall(1.1), (0.0, 0.0, 0.5), 0.05)
    alone = HandDetector(Fixed(), surfaces=2).propose(depth, 1.0, CAMERA, 0.15, 1.5)
    x, y, z = alone[0].center_m
    letterbox = Letterbox.of(640, 480)
    u, v = letterbox.to_map(project(np.array([x, y, z]), CAMERA))
    both = HandDetector(Fixed((u, v, z, 0.8, 1.0)), surfaces=2)
    candidates = both.propose(depth, 1.0, CAMERA, 0.15, 1.5)
    at_ball = [one for one in candidates if np.linalg.norm(one.center_m - [x, y, z]) < 0.025]
    assert [round(one.score, 2) for one in at_ball] == [0.8]


@pytest.mark.parametrize('weight', [0.4, 1.0])
def test_weight_and_neutral_score_of_the_weights_decide_what_a_score_adds(weight: float) -> None:
    settings = ScoreSettings(neutral_score=0.9, detector_weight=weight)
    assert fused_log_odds([0.9, 0.9], settings) == pytest.approx(0.0)
    plain = ScoreSettings(neutral_score=0.5)
    odds = fused_log_odds([0.7], plain) - fused_log_odds([0.9], plain)
    assert fused_log_odds([0.7], settings) == pytest.approx(weight * odds)
    detector = HandDetector(Fixed((5.0, 9.0, 0.6, 0.9, 1.0)), scores=settings)
    (one,) = detector.propose(np.ones((480, 640), np.float32), 1.0, CAMERA, 0.15, 1.5)
    assert one.log_odds == pytest.approx(0.0, abs=1e-6)
