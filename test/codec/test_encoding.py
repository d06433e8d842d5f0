# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The target maps against their definitions in loops, and decoded again."""

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.decoding import decode
from dense_hand_pose.codec.encoding import DenseMaps, encode, SupportRadius
from dense_hand_pose.codec.map_geometry import Cube, lift, reduce_depth
from dense_hand_pose.synthesis.crops import CropBatch, render_crops
import numpy as np
import pytest
from support import dense_reference as reference
import torch

REACH = SupportRadius()
HANDS = 1000


@pytest.fixture(scope='module')
def hands() -> CropBatch:
    return render_crops(seed=515, count=HANDS)


def tensors(batch: CropBatch, part: slice) -> tuple[torch.Tensor, torch.Tensor, Cube]:
    """Return reduced depth (B, 1, 32, 32), joints and cubes of a part of the hands."""
    depth = reduce_depth(torch.from_numpy(batch.depth[part]).unsqueeze(1))
    cube = Cube(torch.from_numpy(batch.center_m[part]), torch.from_numpy(batch.cube_size_m[part]))
    return depth, torch.from_numpy(batch.joints_m[part]), cube


def test_maps_are_their_definitions(hands: CropBatch) -> None:
    depth, joints, cube = tensors(hands, slice(0, 2))
    maps = encode(joints, lift(depth, cube), cube, REACH)
    for b in range(2):
        for j in range(0, 21, 3):
            r, s, v = reference.target_maps(
                hands.joints_m[b, j].astype(np.float64), depth[b, 0].numpy(),
                hands.center_m[b].astype(np.float64), float(hands.cube_size_m[b]),
            )  # fmt: skip
            np.testing.assert_allclose(maps.heat_2d[b, j], r, rtol=0.0, atol=2e-5)
            np.testing.assert_allclose(maps.heat_3d[b, j], s, rtol=0.0, atol=2e-5)
            # A direction from a point close by turns with the last digit of its coordinates.
            np.testing.assert_allclose(maps.direction[b, j], v, rtol=0.0, atol=2e-3)


@pytest.mark.parametrize('weighted', [True, False])
def test_ground_truth_decodes_to_itself(hands: CropBatch, weighted: bool) -> None:
    """The joints with at least K pixels within theta come back within 0.1 mm, of 1,000 hands."""
    config = DecodingConfig(method='mean_shift', weighted=weighted)
    worst_mm, tested = 0.0, 0
    for begin in range(0, HANDS, 250):
        depth, joints, cube = tensors(hands, slice(begin, begin + 250))
        surface = lift(depth, cube)
        maps = encode(joints, surface, cube, REACH)
        decoded = decode(maps, surface, cube, REACH, config)
        offset = joints[:, :, :, None, None] - surface.points_m[:, None]
        within = offset.norm(dim=2) <= REACH.theta_of(cube).view(-1, 1, 1, 1)
        pixels = (within & (surface.foreground > 0)).sum(dim=(2, 3))
        error_mm = 1000.0 * (decoded.joints_m - joints).norm(dim=2)[pixels >= config.candidates]
        worst_mm, tested = max(worst_mm, float(error_mm.max())), tested + error_mm.numel()
    assert tested > 0.95 * 21 * HANDS
    assert worst_mm <= 0.1


def test_the_printed_sign_of_equation_2_would_miss(hands: CropBatch) -> None:
    depth, joints, cube = tensors(hands, slice(0, 50))
    surface = lift(depth, cube)
    maps = encode(joints, surface, cube, REACH)
    flipped = maps._replace(direction=-maps.direction)
    decoded = decode(flipped, surface, cube, REACH, DecodingConfig()).joints_m
    assert float((decoded - joints).norm(dim=2).mean()) > 0.01


def test_a_joint_on_a_pixel_and_one_out_of_reach() -> None:
    cube = Cube(torch.tensor([[0.0, 0.0, 0.5]]), torch.tensor([0.3]))
    surface = lift(torch.zeros(1, 1, 32, 32), cube)
    on_pixel = surface.points_m[0, :, 10, 20]
    joints = torch.stack([on_pixel, torch.tensor([5.0, 0.0, 0.5])])[None]
    maps = encode(joints, surface, cube, REACH)
    assert float(maps.heat_2d[0, 0, 10, 20]) == pytest.approx(1.0, abs=1e-5)
    assert float(maps.heat_3d[0, 0, 10, 20]) == pytest.approx(1.0, abs=1e-5)
    for part in maps:
        assert torch.isfinite(part).all()
        assert not part[0, 1].any()


def test_nothing_is_near_in_an_empty_crop() -> None:
    cube = Cube(torch.tensor([[0.0, 0.0, 0.5]]), torch.tensor([0.3]))
    surface = lift(torch.ones(1, 1, 32, 32), cube)
    maps = encode(torch.tensor([[[0.0, 0.0, 0.6]]]), surface, cube, REACH)
    assert not maps.heat_3d.any()
    assert not maps.direction.any()
    assert maps.heat_2d.max() > 0.8, 'R says where the joint projects, whatever is seen there'


def test_theta_grows_with_the_cube() -> None:
    cube = Cube(torch.zeros(2, 3), torch.tensor([0.3, 0.15]))
    torch.testing.assert_close(REACH.theta_of(cube), torch.tensor([0.08, 0.04]))


def test_channels_split_in_order() -> None:
    channels = torch.arange(2 * 15 * 4.0).view(2, 15, 2, 2)
    maps = DenseMaps.from_channels(channels, 3)
    torch.testing.assert_close(maps.heat_2d, channels[:, :3])
    torch.testing.assert_close(maps.heat_3d, channels[:, 3:6])
    torch.testing.assert_close(maps.direction[:, 1, 2], channels[:, 6 + 3 + 2])
