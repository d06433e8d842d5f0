# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The detector's scenes, targets, loss and training."""

import csv
from dataclasses import replace
from pathlib import Path

from dense_hand_pose.camera.intrinsics import project
from dense_hand_pose.camera.letterbox import Letterbox, MAP_HEIGHT, MAP_WIDTH
from dense_hand_pose.codec.detector_input import encode_letterbox
from dense_hand_pose.detection.detections import decode_detections
from dense_hand_pose.detection.proposals import TileSet
from dense_hand_pose.detection.tiles import CORNERS, tiles_of
from dense_hand_pose.network.config import NetworkConfig
from dense_hand_pose.network.detector import activated, DetectorNet
from dense_hand_pose.network.weights import (
    load_detector,
    load_weights,
    save_weights,
    WeightsError,
)
from dense_hand_pose.synthesis.scenes.full_scene import render_full_frame, sample_full_scene
from dense_hand_pose.training.config import load_config, TrainingConfig
from dense_hand_pose.training.data.detector_scenes import (
    ABSENT,
    hand_center,
    IGNORED,
    Look,
    make_scene_batch,
    PRESENT,
    render_letterbox,
    SceneBatch,
    sees,
)
from dense_hand_pose.training.loop import Trainer
from dense_hand_pose.training.objectives.detector import (
    make_joint_targets,
    make_targets,
    SceneMethod,
    Targets,
    validate_scenes,
)
import numpy as np
import pytest
from safetensors import safe_open
import torch
from torch import nn, Tensor

TINY = NetworkConfig(
    stacks=1, stem='folded', widths=(8, 8, 8, 8, 8), head='shared', task='detector'
)
CONFIG = TrainingConfig(
    network=TINY, samples=8, batch_size=2, validation_samples=3, warmup_steps=2, threads=1,
    checkpoint_every=2, seed=4,
)  # fmt: skip

NOWHERE = torch.zeros(1, 2, 21, 2)


@pytest.fixture(scope='module')
def batch() -> SceneBatch:
    return make_scene_batch(77, 24)


def as_maps(targets: Targets) -> Tensor:
    """Return ideal maps with plain values (B, 5, H, W)."""
    z = 0.7 * torch.exp2(targets.values[:, 2:3])
    return torch.cat(
        [targets.score[:, None], targets.values[:, :2], z, targets.values[:, 3:]], dim=1
    )


def as_outputs(targets: Targets) -> Tensor:
    """Return what a network that has learnt the targets puts out."""
    score = torch.logit(targets.score.clamp(1e-6, 1 - 1e-6))
    return torch.cat([score[:, None], targets.values[:, :3], 8.0 * targets.values[:, 3:]], dim=1)


def test_the_network_sees_in_training_what_it_sees_of_the_whole_frame() -> None:
    for seed in range(6):
        scene = sample_full_scene(np.random.default_rng([51, seed]))
        small = render_letterbox(scene, Look.at(scene))
        whole = render_full_frame(scene)
        letterbox = Letterbox.of(whole.shape[1], whole.shape[0])
        seen = encode_letterbox(letterbox.sample(whole, 1.0), letterbox, scene.intrinsics)
        np.testing.assert_array_equal(small, seen)


def test_it_sees_of_a_part_what_a_search_sees_of_it() -> None:
    for seed in range(6):
        scene = sample_full_scene(np.random.default_rng([53, seed]))
        whole = render_full_frame(scene)
        every = TileSet(whole=False, tiles=tuple(range(len(CORNERS))))
        for tile in tiles_of(*whole.shape[::-1], scene.intrinsics, every):
            look, depth = Look.at(scene, tile.number), tile.cut(whole)
            letterbox = Letterbox.of(*depth.shape[::-1])
            seen = encode_letterbox(letterbox.sample(depth, 1.0), letterbox, tile.intrinsics)
            np.testing.assert_array_equal(render_letterbox(scene, look), seen)
            assert look.intrinsics == tile.intrinsics


def test_a_part_shows_the_hands_that_lie_in_it() -> None:
    states = []
    for seed in range(40):
        scene = sample_full_scene(np.random.default_rng([54, seed]))
        whole = sees(scene, Look.at(scene))[0]
        for part in range(len(CORNERS)):
            look = Look.at(scene, part)
            seen, step, joints = sees(scene, look)
            assert step == pytest.approx(look.letterbox.step_px * 4 / scene.intrinsics.fx)
            for i, hand in enumerate(scene.hands):
                pixels = project(hand.joints_m, scene.intrinsics) - look.area[:2]
                inside = ((pixels > 0.0) & (pixels < look.area[2:])).all(axis=1)
                np.testing.assert_allclose(
                    look.letterbox.from_map(joints[i]), pixels, rtol=1e-4, atol=0.05
                )
                if inside.all():
                    assert seen[i, 4] == whole[i, 4]
                if inside.mean() < 0.2:
                    assert seen[i, 4] == IGNORED
                assert seen[i, 4] == IGNORED or whole[i, 4] == PRESENT
                states.append(int(seen[i, 4]))
    assert min(states.count(PRESENT), states.count(IGNORED)) > 20


def test_about_half_of_a_training_is_parts() -> None:
    whole, mixed = make_scene_batch(78, 40), make_scene_batch(78, 40, parts_share=0.5)
    same = np.isclose(whole.ray_step, mixed.ray_step)
    assert 10 <= same.sum() <= 30
    smaller = (mixed.ray_step / whole.ray_step)[~same]
    assert ((smaller > 0.65) & (smaller < 0.75)).all()
    assert torch.equal(make_scene_batch(78, 8, 32, 0.5).hands, mixed.hands[32:])


def test_ideal_maps_give_the_centres_back() -> None:
    found = 0
    for seed in range(40):
        scene = sample_full_scene(np.random.default_rng([52, seed]))
        look = Look.at(scene)
        letterbox = look.letterbox
        hands, step, joints = sees(scene, look)
        one = SceneBatch(
            torch.zeros(1),
            torch.from_numpy(hands[None]),
            torch.tensor([step], dtype=torch.float),
            torch.from_numpy(joints[None]),
        )
        maps = as_maps(make_targets(one))[0].numpy()
        hits = decode_detections(maps, letterbox, scene.intrinsics, 0.5, 4)
        for hand in scene.hands:
            if not hand.present:
                continue
            center = hand_center(hand.joints_m, scene.intrinsics)
            place = letterbox.to_map(project(center, scene.intrinsics))
            if (place < -0.5).any() or (place > [MAP_WIDTH - 0.5, MAP_HEIGHT - 0.5]).any():
                continue
            best = min(hits, key=lambda hit: float(np.linalg.norm(hit.center_m - center)))
            assert np.linalg.norm(best.center_m - center) < 0.005
            assert best.side_score * hand.side > 0.0
            found += 1
        assert len(hits) <= sum(hand.present for hand in scene.hands)
    assert found > 15


def test_hands_that_are_hardly_seen_count_neither_way() -> None:
    hands = torch.tensor([[[20.0, 10.0, 0.6, 1.0, IGNORED], [0.0, 0.0, 0.0, 0.0, ABSENT]]])
    step = torch.tensor([0.03])
    ignored = make_targets(SceneBatch(torch.zeros(1), hands, step, NOWHERE))
    assert ignored.counts[0, 10, 20] == 0.0 and ignored.counts[0, 25, 40] == 1.0
    assert ignored.score.max() == 0.0 and ignored.near.max() == 0.0
    hands[0, 0, 4] = PRESENT
    present = make_targets(SceneBatch(torch.zeros(1), hands, step, NOWHERE))
    assert present.counts.min() == 1.0
    assert present.score[0, 10, 20] == 1.0 and (present.score == 1.0).sum() == 1


def test_every_joint_of_a_hand_has_a_peak_where_it_is() -> None:
    rng = np.random.default_rng(8)
    hands = torch.zeros(3, 2, 5)
    hands[:, :, 4] = torch.tensor([[PRESENT, PRESENT], [IGNORED, PRESENT], [ABSENT, ABSENT]])
    joints = torch.from_numpy(rng.uniform((-6.0, -6.0), (54.0, 38.0), (3, 2, 21, 2)))
    made = make_joint_targets(SceneBatch(torch.zeros(3), hands, torch.ones(3), joints))
    peaks, counts = (tensor.numpy() for tensor in made)
    row, column = np.mgrid[:MAP_HEIGHT, :MAP_WIDTH]
    for frame, joint in np.ndindex(3, 21):
        reach = {PRESENT: np.zeros(row.shape), IGNORED: np.zeros(row.shape)}
        for (x, y), state in zip(joints[frame, :, joint].numpy(), hands[frame, :, 4], strict=True):
            if int(state) == ABSENT:
                continue
            bell = np.exp(-((column - x) ** 2 + (row - y) ** 2) / 2.0)
            bell[(np.rint(x) == column) & (np.rint(y) == row)] = 1.0
            reach[int(state)] = np.maximum(reach[int(state)], bell)
        np.testing.assert_allclose(peaks[frame, joint], reach[PRESENT], atol=1e-6)
        hidden = (reach[IGNORED] >= 0.1) & (reach[IGNORED] >= reach[PRESENT])
        np.testing.assert_array_equal(counts[frame, joint], ~hidden)


def test_joints_teach_and_are_not_shipped(batch: SceneBatch, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = DetectorNet(TINY)
    heat, maps = network(batch.crop)
    assert heat.shape == (24, 21, MAP_HEIGHT, MAP_WIDTH)
    wanted, _ = make_joint_targets(batch)
    ideal = torch.logit(wanted.clamp(1e-6, 1 - 1e-6))
    method = SceneMethod()
    untaught, taught = (method.loss([one, maps], batch) for one in (heat, ideal))
    assert taught.joints < 0.5 * untaught.joints
    gap = (taught.joints - untaught.joints).item()
    assert (taught.total - untaught.total).item() == pytest.approx(gap, rel=1e-4)
    assert len(network.train()(batch.crop[:1])) == 2
    assert len(network.eval()(batch.crop[:1])) == 1
    path = tmp_path / 'one.safetensors'
    save_weights(network, path, {})
    with safe_open(path, framework='pt') as file:
        assert not [name for name in file.keys() if 'joints' in name]  # noqa: SIM118
    loaded = load_detector(path)
    torch.testing.assert_close(
        loaded(batch.crop[:2])[0], network(batch.crop[:2])[0], atol=0.02, rtol=0.02
    )


def test_a_detector_without_its_maps_is_refused(tmp_path: Path) -> None:
    network = DetectorNet(TINY)
    del network.maps
    save_weights(network, tmp_path / 'one.safetensors', {})
    with pytest.raises(WeightsError, match='maps'):
        load_detector(tmp_path / 'one.safetensors')


def test_the_loss_is_least_where_the_maps_are_ideal(batch: SceneBatch) -> None:
    method, ideal = SceneMethod(), as_outputs(make_targets(batch))
    heat = torch.zeros(24, 21, MAP_HEIGHT, MAP_WIDTH)
    best = method.loss([heat, ideal], batch)
    # A peak's flanks are no hands: the score cannot reach 0 where they are told from the top.
    assert best.offset < 1e-6 and best.depth < 1e-6 and best.side < 1e-4
    for channel, part in ((0, 'score'), (1, 'offset'), (2, 'offset'), (3, 'depth'), (4, 'side')):
        for change in (-20.0, 20.0) if channel == 0 else (-0.5, 0.5):
            worse = ideal.clone()
            worse[:, channel] += change if channel < 4 else 16.0 * change * worse[:, 4].sign()
            if channel == 4 and change > 0.0:
                continue
            assert getattr(method.loss([heat, worse], batch), part) > getattr(best, part) + 1e-3


def test_gradients_lead_to_hands(batch: SceneBatch) -> None:
    torch.manual_seed(0)
    few = SceneBatch(*(tensor[:6] for tensor in batch))
    network, method = DetectorNet(TINY), SceneMethod()
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(10):
        optimiser.zero_grad()
        loss = method.loss(network(few.crop), few)
        loss.total.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(float(loss.total.detach()))
    assert losses[-1] < 0.8 * losses[0]


class Oracle(nn.Module):
    """Puts out what it was given, in turn."""

    def __init__(self, outputs: list[Tensor]) -> None:
        super().__init__()
        self.outputs = iter(outputs)

    def forward(self, _: Tensor) -> list[Tensor]:
        """Put out the next."""
        return [next(self.outputs)]


def test_validation_tells_right_from_wrong(batch: SceneBatch) -> None:
    ideal = as_outputs(make_targets(batch))
    right = validate_scenes(Oracle([ideal]), [batch])
    assert right.recall == 1.0 and right.false_positives == 0.0 and right.side == 1.0
    assert right.recall_at_1_percent == 1.0 and right.center_mm < 1.0
    blind = ideal.clone()
    blind[:, 0] = -20.0
    assert validate_scenes(Oracle([blind]), [batch]).recall == 0.0
    everywhere = ideal.clone()
    everywhere[:, 0] = 20.0
    assert validate_scenes(Oracle([everywhere]), [batch]).false_positives == 1.0
    mirrored = ideal.clone()
    mirrored[:, 4] *= -1.0
    assert validate_scenes(Oracle([mirrored]), [batch]).side == 0.0
    beside = ideal.clone()
    beside[:, 3] += np.log2(1.2)
    assert validate_scenes(Oracle([beside]), [batch]).recall < 0.5


def test_values_of_maps_are_in_range(batch: SceneBatch) -> None:
    network = DetectorNet(TINY).eval()
    maps = activated(network(batch.crop)[0])
    assert maps.shape == (24, 5, MAP_HEIGHT, MAP_WIDTH) and torch.isfinite(maps).all()
    assert ((maps[:, 0] >= 0.0) & (maps[:, 0] <= 1.0)).all() and (maps[:, 3] > 0.0).all()
    assert maps[:, 4].abs().max() <= 1.0
    # Untrained, the depth is that of the nearest surface around: of the scale of the scene.
    assert 0.1 < maps[:, 3].median() < 4.0


def test_a_training_of_a_detector_is_resumed_and_writes_weights(tmp_path: Path) -> None:
    Trainer(CONFIG, tmp_path / 'run').run()
    Trainer(replace(CONFIG, samples=12), tmp_path / 'run', resume=True).run()
    names = sorted(path.name for path in (tmp_path / 'run').iterdir())
    assert names == ['checkpoint.safetensors', 'log.csv', 'weights.md', 'weights.safetensors']
    with (tmp_path / 'run' / 'log.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [row['samples'] for row in rows] == ['8', '12']
    assert all(value for value in rows[-1].values()), 'a column without a value'
    weights = tmp_path / 'run' / 'weights.safetensors'
    assert load_detector(weights).config == TINY
    with pytest.raises(WeightsError, match="task = 'detector'"):
        load_weights(weights)
    assert '| 12 |' in (tmp_path / 'run' / 'weights.md').read_text()


def test_the_configuration_that_ships_is_small_enough() -> None:
    config = load_config(Path(__file__).parents[3] / 'config' / 'train' / 'detector.yaml')
    network = DetectorNet(config.network).eval()
    operations = 0

    def count(module: nn.Module, _: object, output: Tensor) -> None:
        nonlocal operations
        assert isinstance(module, nn.Conv2d)
        operations += output[0].numel() * module.weight[0].numel()

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(count)
    network(torch.zeros(1, 3, 128, 192))
    assert 0.05e9 < operations <= 0.3e9
    assert sum(p.numel() for p in network.parameters()) * 2 <= 4e6
