# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Places of a search as a training's data: what they are, their files, their batches."""

from dataclasses import replace
from pathlib import Path
import shutil

from dense_hand_pose.camera.crop import BACKGROUND
from dense_hand_pose.cli import main
from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.detector import DetectorNet
from dense_hand_pose.network.presence import PresenceHead
from dense_hand_pose.network.weights import load_weights, save_weights
from dense_hand_pose.synthesis.scenes.full_scene import SceneHand
from dense_hand_pose.training.config import TrainingConfig
from dense_hand_pose.training.data.mixed import mirrored, MixedBatches, taken
from dense_hand_pose.training.data.synthetic import ABSENT, BESIDE, loader_of, make_batch, PRESENT
from dense_hand_pose.training.mining import places
from dense_hand_pose.training.mining import places as module
from dense_hand_pose.training.mining.places import (
    coded,
    decoded,
    ensure_mined_crops,
    is_mined,
    load_mined_crops,
    mine_crops,
    MinedCrops,
    state_of,
    UNKNOWN,
)
from dense_hand_pose.training.presence.train import with_presence
from dense_hand_pose.training.runs import load_average
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from support.tiny import TINY, tiny_network
import torch

SCENES = 4


@pytest.fixture(scope='module')
def searchers(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Write weights with a presence head and a detector that reports hands everywhere."""
    folder = tmp_path_factory.mktemp('searchers')
    torch.manual_seed(0)
    head = PresenceHead(replace(TINY, verdict=True))
    save_weights(with_presence(tiny_network(), head), folder / 'w.safetensors', {})
    detector = DetectorNet(replace(TINY, task='detector'))
    with torch.no_grad():
        detector.maps.bias[0] = 2.0
    save_weights(detector, folder / 'd.safetensors', {})
    return str(folder / 'w.safetensors'), str(folder / 'd.safetensors')


@pytest.fixture(scope='module')
def gathered(tmp_path_factory: pytest.TempPathFactory, searchers: tuple[str, str]) -> Path:
    folder = tmp_path_factory.mktemp('places')
    mine_crops(folder, SCENES, *searchers)
    return folder


def some_places(count: int = 40) -> MinedCrops:
    generator = torch.Generator().manual_seed(2)
    return MinedCrops(
        torch.randint(0, 256, (count, 128, 128), generator=generator, dtype=torch.uint8),
        torch.randn(count, 3, generator=generator),
        torch.randn(count, 21, 3, generator=generator).half(),
        (torch.arange(count) % 3).to(torch.uint8),
    )


def test_a_place_is_what_lies_there() -> None:
    rng = np.random.default_rng(3)
    joints_m = rng.normal((0.1, 0.0, 0.6), 0.05, (21, 3))
    aside_m = np.array([0.5, 0.0, 0.0])
    seen, hidden = SceneHand(joints_m, -1, 0.9), SceneHand(joints_m + aside_m, 1, 0.2)
    away = rng.normal(size=3)
    away /= np.linalg.norm(away)
    gaps_m = (0.0, 0.049, 0.051, 0.099, 0.101)
    at = [joints_m.mean(axis=0) + gap * away for gap in gaps_m]
    found = [state_of(place, (seen, hidden)) for place in at]
    assert [state for state, _ in found] == [PRESENT, PRESENT, BESIDE, BESIDE, ABSENT]
    assert [hand is seen for _, hand in found] == [True] * 4 + [False]
    beside = [state_of(place + aside_m, (seen, hidden))[0] for place in at]
    assert beside == [UNKNOWN] * 4 + [ABSENT]
    assert state_of(at[0], ()) == (ABSENT, None)


@given(st.integers(0, 2**32 - 1))
def test_a_crop_comes_back_from_its_bytes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    crop = rng.uniform(-1.0, 1.0, (8, 8)).astype(np.float32)
    crop[rng.random((8, 8)) < 0.3] = BACKGROUND
    again = decoded(torch.from_numpy(coded(crop))).numpy()
    assert np.abs(again - crop).max() <= 0.5 / 127 + 1e-6
    assert (again[crop == BACKGROUND] == BACKGROUND).all()
    # Half a step before the far plane, 0.6 mm, a depth may join what lies beyond it.
    assert (again < BACKGROUND)[crop < BACKGROUND - 0.51 / 127].all()


def test_what_is_gathered_is_hands_and_others_where_they_were_looked_at(gathered: Path) -> None:
    assert is_mined(gathered, SCENES) and not is_mined(gathered, module.PART + 1)
    places = load_mined_crops(gathered, SCENES)
    assert len({len(column) for column in places}) == 1 and len(places.state) > 20
    assert {ABSENT, PRESENT} <= set(places.state.tolist()) <= {ABSENT, PRESENT, BESIDE}
    gap_m = places.joints_m.float().mean(dim=1).norm(dim=1)
    absent = places.state == ABSENT
    assert (places.joints_m[absent] == 0.0).all()
    assert (gap_m[places.state == PRESENT] < 0.0501).all() and (gap_m[~absent] > 0.0).all()
    assert (gap_m[places.state == BESIDE] > 0.0499).all()
    crops = decoded(places.crops[np.arange(len(places.state))])
    assert ((crops < BACKGROUND).sum(dim=(1, 2)) >= 100).all()
    # A hand's joints lie about the surface that the crop shows: its centre is in the cube.
    middle = crops[places.state == PRESENT][:, 32:96, 32:96]
    assert ((middle < BACKGROUND).float().mean(dim=(1, 2)) > 0.05).float().mean() > 0.9


def test_places_that_are_gathered_are_not_gathered_again(
    gathered: Path, searchers: tuple[str, str], tmp_path: Path
) -> None:
    (part,) = gathered.iterdir()
    before = part.stat().st_mtime_ns
    mine_crops(gathered, SCENES, *searchers)
    assert part.stat().st_mtime_ns == before
    mine_crops(tmp_path, SCENES, *searchers)
    assert (tmp_path / part.name).read_bytes() == part.read_bytes()


def test_a_damaged_part_is_named(tmp_path: Path, gathered: Path) -> None:
    (part,) = gathered.iterdir()
    (tmp_path / part.name).write_bytes(part.read_bytes()[:1000])
    with pytest.raises(ValueError, match=part.name):
        load_mined_crops(tmp_path, SCENES)
    with pytest.raises(ValueError, match='places0000000'):
        load_mined_crops(tmp_path / 'nowhere', SCENES)
    assert not is_mined(gathered, SCENES + 1), 'fewer scenes are no part of more'


def test_scenes_without_a_place_are_a_part_like_any(
    tmp_path: Path, searchers: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.HandDetector, 'propose', lambda *_: [])
    monkeypatch.setattr(module, '_cut', lambda *_: None)
    mine_crops(tmp_path, 2, *searchers)
    places = load_mined_crops(tmp_path, 2)
    assert [len(column) for column in places] == [0] * 4
    columns = [places.crops[[]], *places[1:]]
    assert [column.dtype for column in columns] == [column.dtype for column in some_places()]
    with pytest.raises(ValueError, match='0 places with a hand and 0 without'):
        MixedBatches(places, 3, 20, 7, 0, 1)


def test_weights_without_a_presence_head_mine_nothing(
    tmp_path: Path, searchers: tuple[str, str]
) -> None:
    save_weights(tiny_network(), tmp_path / 'w.safetensors', {})
    with pytest.raises(ValueError, match='no presence head'):
        mine_crops(tmp_path / 'p', 1, str(tmp_path / 'w.safetensors'), searchers[1])


def test_easy_places_are_thinned_and_hopeful_ones_looked_at_again() -> None:
    class Fixed:
        """A backend that is as sure as it is told, and sees all joints 3 cm to the right."""

        def __init__(self, presence: float) -> None:
            self.presence, self.asked = presence, 0

        def run(self, crops: np.ndarray, centers_m: np.ndarray, *_: object) -> Result:
            self.asked += len(crops)
            joints_m = np.repeat(centers_m[:, None] + np.float32([0.03, 0.0, 0.0]), 21, axis=1)
            ones = np.ones(joints_m.shape[:2], np.float32)
            presence = np.full(len(crops), self.presence, np.float32)
            votes = np.zeros((len(crops), 21, 1, 3), np.float32)
            return Result(joints_m, ones, ones, votes, votes[..., 0], presence, presence)

    shot = next(
        shot for shot in module.load_scenes(5, 0, 30, 1) if not shot.hands and shot.depth_m.any()
    )
    rows, columns = np.nonzero((shot.depth_m > 0.3) & (shot.depth_m < 5.0))
    k = shot.intrinsics
    centers = [
        np.array([(u - k.cx) / k.fx, (v - k.cy) / k.fy, 1.0]) * float(shot.depth_m[v, u])
        for v, u in zip(rows[::97], columns[::97], strict=True)
    ][:400]
    counts = {}
    for presence in (0.001, 0.03, 0.5):
        backend = Fixed(presence)
        got = list(module._rows(shot, centers, backend, np.random.default_rng(0)))
        counts[presence] = len(got), backend.asked
        assert all(state == ABSENT for *_, state in got)
    looked = counts[0.03][1]
    assert counts[0.03] == (looked, looked), 'all are kept, none is looked at again'
    kept = counts[0.001][0] / looked
    assert kept == pytest.approx(0.35, abs=0.1) and counts[0.001][1] == looked
    assert counts[0.5][0] == counts[0.5][1] > 1.5 * looked


def test_a_batch_is_half_hands_and_half_places() -> None:
    places = some_places()
    first, second = (next(iter(MixedBatches(places, 3, 20, 7, rank, 2))) for rank in range(2))
    assert [len(batch.crop) for batch in (first, second)] == [10, 10]
    hands = make_batch(3 * 2**24 + 7, 5, 0)
    assert torch.equal(first.crop[:5], hands.crop)
    assert torch.equal(first.joints_m[:5], hands.joints_m)
    assert first.state is not None and second.state is not None
    assert (first.state[:5] == PRESENT).all()
    assert (first.state[5:] == ABSENT).sum() == 3
    assert not torch.equal(first.crop[5:], second.crop[5:])
    alone = iter(MixedBatches(places, 3, 4, 0, 0, 1))
    loader = iter(loader_of(MixedBatches(places, 3, 4, 0, 0, 1), 2))
    for _ in range(3):
        one, other = next(alone), next(loader)
        assert torch.equal(one.crop, other.crop) and torch.equal(one.joints_m, other.joints_m)
    del loader


def test_places_of_one_kind_are_refused() -> None:
    places = some_places()
    others = MinedCrops(*(column[places.state == ABSENT] for column in places))
    with pytest.raises(ValueError, match='0 places with a hand and 14 without'):
        MixedBatches(others, 3, 20, 7, 0, 1)


def test_places_come_as_they_were_gathered() -> None:
    places = some_places()
    batch = taken(places, np.array([4, 9]))
    assert torch.equal(batch.crop[:, 0], decoded(places.crops[[4, 9]]))
    from_center = batch.joints_m - batch.cube.center_m[:, None]
    torch.testing.assert_close(from_center, places.joints_m[[4, 9]].float(), atol=1e-6, rtol=0.0)
    assert batch.state is not None and batch.state.tolist() == [4 % 3, 9 % 3]


def test_a_mirrored_place_is_its_mirror_image() -> None:
    batch = taken(some_places(), np.arange(6))
    flipped = torch.tensor([True, False, True, False, True, False])
    made = mirrored(batch, flipped)
    twice = mirrored(made, flipped)
    pairs = [(batch.crop, twice.crop), (batch.joints_m, twice.joints_m)]
    pairs += zip(batch.cube, twice.cube, strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    assert torch.equal(made.crop[flipped], batch.crop[flipped].flip(3))
    assert torch.equal(made.crop[~flipped], batch.crop[~flipped])
    mirror = torch.tensor([-1.0, 1.0, 1.0])
    torch.testing.assert_close(made.joints_m[flipped], batch.joints_m[flipped] * mirror)
    torch.testing.assert_close(made.cube.center_m[flipped], batch.cube.center_m[flipped] * mirror)


def settings(folder: Path, detector: str, more: str = '') -> str:
    path = folder / 's.yaml'
    path.write_text(
        f'data: searched\nscenes: {SCENES}\ndetector: {detector}\nsamples: 16\nbatch_size: 8\n'
        f'validation_samples: 8\nthreads: 1\nprecision: float32\nseed: 0\n{more}'
        'network: {stacks: 1, stem: folded, head: shared, widths: [16, 16, 16, 16, 16]}\n'
    )
    return str(path)


def test_the_command_gathers_and_trains(tmp_path: Path, searchers: tuple[str, str]) -> None:
    weights, detector = searchers
    out, folder = tmp_path / 'out', tmp_path / 'places'
    command = ['train', '--config', settings(tmp_path, detector), '--init', weights]
    assert main([*command, '--data', str(folder), '--out', str(out)]) == 0
    assert is_mined(folder, SCENES)
    trained = load_weights(out / 'weights.safetensors')
    assert trained.verdict is None, 'of features that have changed'
    card = (out / 'weights.md').read_text()
    assert f'looks in {SCENES} rendered scenes' in card
    average, settled = load_average(out)
    assert settled.data == 'searched' and isinstance(average, DenseRegressionNet)
    assert average.there is not None
    wanted = {name: t for name, t in average.state_dict().items() if 'num_batches' not in name}
    found = trained.state_dict()
    assert set(wanted) - {n for n in wanted if n.startswith('there.')} == {
        n for n in found if 'num_batches' not in n
    }
    text = Path(command[2]).read_text().replace('samples: 16', 'samples: 32')
    Path(command[2]).write_text(text)
    assert main([*command[:3], '--data', str(folder), '--out', str(out), '--resume']) == 0
    assert '32 in 4 steps of 8' in (out / 'weights.md').read_text()
    # Once gathered, no weights are needed.
    again = ['train', '--config', settings(tmp_path, detector), '--data', str(folder)]
    assert main([*again, '--out', str(tmp_path / 'again')]) == 0


@pytest.mark.parametrize(
    ('more', 'arguments', 'words'),
    [('', [], 'add --data DIR'), ('', ['--data', 'nowhere'], 'add --init WEIGHTS'),
     ('scenes: 0\n', [], 'scenes = 0'),
     ('', ['--data', 'p', '--init', '/nowhere/w.safetensors'], '/nowhere/w.safetensors')],
)  # fmt: skip
def test_wrong_arguments_are_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    more: str, arguments: list[str], words: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    config = settings(tmp_path, 'detector')
    text = Path(config).read_text().replace(f'scenes: {SCENES}\n', more or f'scenes: {SCENES}\n')
    Path(config).write_text(text)
    assert main(['train', '--config', config, '--out', str(tmp_path / 'o'), *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count('\n') == 1


def test_a_training_that_is_resumed_needs_the_places_it_began_with(tmp_path: Path) -> None:
    config = TrainingConfig(data='searched', scenes=SCENES)
    with pytest.raises(ValueError, match='bring them back, or begin anew with --init'):
        ensure_mined_crops(tmp_path, config, None, resume=True)


def test_of_the_processes_of_torchrun_one_gathers(
    gathered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, folder = TrainingConfig(data='searched', scenes=SCENES), tmp_path / 'places'
    events: list[str] = []

    def process(rank: int) -> None:
        monkeypatch.setenv('LOCAL_RANK', str(rank))
        ensure_mined_crops(folder, config, Path('w'), resume=False)

    def gather_here(*_: object) -> None:
        events.append('gathers')
        shutil.copytree(gathered, folder)

    def sleep(_: float) -> None:
        events.append('waits')
        process(0)

    monkeypatch.setenv('TORCHELASTIC_RUN_ID', 'test')
    monkeypatch.setattr(places, 'mine_crops', gather_here)
    monkeypatch.setattr(places.time, 'sleep', sleep)
    process(1)
    assert events == ['waits', 'gathers']


def test_only_the_proposed_network_learns_from_places() -> None:
    with pytest.raises(ValueError, match="of task 'dense', not 'offset'"):
        TrainingConfig(data='searched', network=replace(TINY, task='offset'))
