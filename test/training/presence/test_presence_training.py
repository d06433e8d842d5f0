# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the presence head: settings, data, the head alone changes, and the files."""

from dataclasses import replace
import json
from pathlib import Path

from dense_hand_pose.camera.crop import CropWindow
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.cli import main
from dense_hand_pose.evaluation.presence import mirrored
from dense_hand_pose.network.detector import DetectorNet
from dense_hand_pose.network.presence import PresenceHead
from dense_hand_pose.network.weights import load_weights, save_weights, WeightsError
from dense_hand_pose.synthesis.crops import render_crop, sample_scene, Scene
from dense_hand_pose.synthesis.objects.shapes import Mesh
from dense_hand_pose.synthesis.scenes.full_scene import SceneHand
from dense_hand_pose.training.mining.proposals import labels, mined_features
from dense_hand_pose.training.presence.config import (
    load_presence_config,
    PresenceConfig,
    trains_presence,
)
from dense_hand_pose.training.presence.features import (
    pool_crops,
    PresenceFeatures,
    rendered_features,
)
from dense_hand_pose.training.presence.train import add_section, fit_head, TITLE, with_presence
import numpy as np
import pytest
from support.tiny import TINY, tiny_network
import torch

SHIPPED = Path(__file__).parents[3] / 'config' / 'train' / 'presence.yaml'
SMALL = PresenceConfig(hands=3, others=2, epochs=2, threads=1)


def fresh_head() -> PresenceHead:
    torch.manual_seed(0)
    return PresenceHead(replace(TINY, verdict=True))


def toy(count: int = 600) -> PresenceFeatures:
    """Return features of which one tells of presence, one of the side, and one is dead."""
    generator = torch.Generator().manual_seed(1)
    head = fresh_head()
    pooled = torch.randn(count, head.hidden.in_features, generator=generator)
    present = (torch.arange(count) % 2).float()
    side = torch.where(torch.arange(count) % 4 == 1, 1.0, -1.0) * present
    pooled[:, 100] = 100.0 + 7.0 * (2.0 * present - 1.0) + pooled[:, 100]
    pooled[:, 5] = 0.2 * (3.0 * side + pooled[:, 5])
    pooled[:, 101] = 0.0
    return PresenceFeatures(pooled.half(), present, side)


def test_shipped_settings_are_of_a_presence_head() -> None:
    assert trains_presence(SHIPPED)
    assert not trains_presence(SHIPPED.with_name('default.yaml'))
    assert not trains_presence(SHIPPED.with_name('no.yaml'))
    assert load_presence_config(SHIPPED).hands >= 10_000


@pytest.mark.parametrize(
    ('text', 'words'),
    [('hands: 0', 'hands = 0'), ('dropout: 1.0', 'dropout = 1.0'), ('hands: 2.5', 'hands = 2.5'),
     ('weight_decay: -1.0', 'weight_decay'), ('colour: red', 'colour'), ('seed: -1', 'seed = -1'),
     ('scenes: -1', 'scenes = -1'), ('scene_weight: 0', 'scene_weight = 0'),
     ('hidden: 0', 'hidden = 0'),
     ('learning_rate: .inf', 'learning_rate'), ('precision: float16', "precision = 'float16'")],
)  # fmt: skip
def test_wrong_settings_are_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / 'v.yaml'
    path.write_text(f'learns: verdict\n{text}\n')
    with pytest.raises(ValueError, match=words):
        load_presence_config(path)


def test_the_head_learns_and_its_standardisation_is_folded() -> None:
    judged, head = toy(), fresh_head()
    settings = PresenceConfig(epochs=8, batch_size=32, dropout=0.1, learning_rate=1e-2)
    means = fit_head(head, judged, settings)
    assert means[-1] < 0.25 * means[0]
    fresh = toy(800)
    with torch.no_grad():
        presence, side = (odds[600:] for odds in head.logits(fresh.pooled.float()))
    there = fresh.present[600:] > 0
    assert ((presence > 0) == there).float().mean() > 0.85
    assert (torch.sign(side[there]) == fresh.side[600:][there]).float().mean() > 0.9


def test_the_data_are_hands_and_others() -> None:
    network, head = tiny_network().for_inference(), fresh_head()
    judged = rendered_features(network, head, SMALL)
    assert judged.present.tolist() == [1.0] * 3 + [0.0] * 2
    assert judged.side[:3].abs().tolist() == [1.0] * 3
    assert judged.side[3:].tolist() == [0.0, 0.0]
    assert torch.isfinite(judged.pooled).all()
    assert judged.pooled.shape == (5, head.hidden.in_features)
    again = rendered_features(network, head, replace(SMALL, workers=2))
    torch.testing.assert_close(again.pooled, judged.pooled)


def test_crops_are_named_by_what_is_at_their_centre() -> None:
    rng = np.random.default_rng(3)
    joints = rng.normal((0.1, 0.0, 0.6), 0.05, (21, 3))
    middle = joints.mean(axis=0)
    aside = np.array([0.5, 0.0, 0.0])
    hidden = SceneHand(joints + aside, 1, 0.2)
    hands = (SceneHand(joints, -1, 0.9), hidden)
    away = rng.normal(size=3)
    away /= np.linalg.norm(away)
    centers = np.array([middle + gap * away for gap in (0.0, 0.049, 0.051, 0.099, 0.101)])
    present, side = labels(np.vstack([centers, centers + aside]), hands)
    nan = np.nan
    np.testing.assert_array_equal(present, [1, 1, nan, nan, 0, nan, nan, nan, nan, 0])
    np.testing.assert_array_equal(side, [-1, -1, *[0] * 8])


def test_a_search_of_scenes_teaches_too(tmp_path: Path) -> None:
    # A detector that believes in hands everywhere: every scene has places to look at.
    detector = DetectorNet(replace(TINY, task='detector'))
    with torch.no_grad():
        detector.maps.bias[0] = 2.0
    save_weights(detector, tmp_path / 'd.safetensors', {})
    settings = replace(SMALL, scenes=3, detector=str(tmp_path / 'd.safetensors'))
    network, head = tiny_network().for_inference(), fresh_head()
    judged = mined_features(network, head, settings)
    assert judged is not None and len(judged.pooled) > 10
    assert len(judged.pooled) == len(judged.present) == len(judged.side)
    assert set(judged.present.tolist()) <= {0.0, 1.0}
    assert ((judged.side != 0.0) == (judged.present == 1.0)).all()
    assert torch.isfinite(judged.pooled).all()
    again = mined_features(network, head, replace(settings, workers=2))
    torch.testing.assert_close(again, judged)
    with pytest.raises(WeightsError, match='nowhere'):
        mined_features(network, head, replace(settings, detector='nowhere'))


@pytest.mark.parametrize('seed', range(3))
def test_a_mirrored_crop_is_that_of_the_mirrored_scene(seed: int) -> None:
    scene = sample_scene(np.random.default_rng([8, seed]))
    camera, k = scene.camera, scene.intrinsics
    middle = Intrinsics(k.fx, k.fy, (camera.width - 1) / 2, k.cy)
    x, y, z = (float(v) for v in scene.joints_m.mean(axis=0))
    flip = np.array([-1.0, 1.0, 1.0], np.float32)
    meshes = [Mesh(mesh.vertices_m * flip, mesh.triangles) for mesh in scene.meshes]
    crop = render_crop(Scene(camera, middle, scene.meshes), CropWindow((x, y, z), 0.3, middle))
    other = render_crop(Scene(camera, middle, meshes), CropWindow((-x, y, z), 0.3, middle))
    flipped = mirrored(torch.from_numpy(crop)[None, None])[0, 0].numpy()
    assert (crop < 1.0).any()
    # A pixel's ray may fall on either side of a triangle's edge.
    assert (np.abs(flipped - other) > 1e-3).mean() < 2e-3


def test_the_network_itself_is_left_as_it_was() -> None:
    network = tiny_network()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    crops = torch.rand(2, 1, 128, 128)
    head = fresh_head()
    pooled = pool_crops(network, head, crops)
    with_presence(network, head)
    after = network.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    torch.testing.assert_close(pool_crops(network, head, crops), pooled, rtol=0.0, atol=0.0)
    assert network.config.verdict


def write_settings(folder: Path) -> Path:
    path = folder / 'presence.yaml'
    path.write_text('learns: presence\nhands: 8\nothers: 8\nhidden: 24\nepochs: 1\nthreads: 1\n')
    return path


def test_the_command_writes_weights_card_and_figures(tmp_path: Path) -> None:
    init, out = tmp_path / 'w.safetensors', tmp_path / 'out'
    save_weights(tiny_network(), init, {'steps': '7'})
    init.with_suffix('.md').write_text('# Model card: w\n\nAs it was.\n')
    config = str(write_settings(tmp_path))
    assert main(['train', '--config', config, '--init', str(init), '--out', str(out)]) == 0
    loaded, before = load_weights(out / 'weights.safetensors'), load_weights(init).state_dict()
    assert loaded.verdict is not None
    assert loaded.config.verdict_hidden == 24
    assert all(torch.equal(loaded.state_dict()[name], t) for name, t in before.items())
    card = (out / 'weights.md').read_text()
    assert 'As it was.' in card
    assert card.count(TITLE) == 1
    figures = json.loads((out / 'metrics.json').read_text())
    assert figures['hands'] == figures['others'] == 8
    again = ['evaluate', 'presence', '--crops', '8']
    weights = str(out / 'weights.safetensors')
    assert main([*again, '--model', weights, '--out', str(tmp_path / 'e')]) == 0
    assert json.loads((tmp_path / 'e' / 'metrics.json').read_text()) == figures


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [([], 'add --init'), (['--init', 'w', '--resume'], '--resume does not go'),
     (['--init', '/nowhere/w.safetensors'], '/nowhere/w.safetensors')],
)  # fmt: skip
def test_wrong_arguments_are_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    config, out = str(write_settings(tmp_path)), str(tmp_path / 'out')
    assert main(['train', '--config', config, '--out', out, *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count('\n') == 1


def test_weights_without_a_presence_head_cannot_be_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_weights(tiny_network(), tmp_path / 'w.safetensors', {})
    model = str(tmp_path / 'w.safetensors')
    assert main(['evaluate', 'presence', '--model', model, '--crops', '1']) == 2
    assert 'have no presence head' in capsys.readouterr().err


def test_a_former_section_is_replaced() -> None:
    once = add_section('# A\n\ntext\n', f'{TITLE}\n\nold\n')
    twice = add_section(f'{once}\n## B\n\nmore\n', f'{TITLE}\n\nnew\n')
    assert twice == f'# A\n\ntext\n\n## B\n\nmore\n\n{TITLE}\n\nnew\n'
