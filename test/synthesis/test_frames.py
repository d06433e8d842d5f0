# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Whole frames of random scenes, against the crops that training renders from the same scenes."""

from dense_hand_pose.camera.crop import crop_depth
from dense_hand_pose.synthesis.crops import render_crop, sample_window
from dense_hand_pose.synthesis.frames import render_depth, render_frame
from dense_hand_pose.synthesis.scenes.hand_scene import sample_scene
from dense_hand_pose.synthesis.sensor.cameras import CAMERAS
from dense_hand_pose.synthesis.sensor.noise import NoiseLevel
import numpy as np
import pytest


@pytest.mark.parametrize('seed', range(6))
def test_the_crop_of_a_frame_is_the_rendered_crop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scene = sample_scene(rng)
    window = sample_window(rng, scene)
    frame = render_depth(scene)
    assert frame.shape == (scene.camera.height, scene.camera.width)
    assert np.array_equal(crop_depth(frame, window), render_crop(scene, window))


def test_a_frame_depends_on_its_seed_alone() -> None:
    first, again, other = render_frame(7), render_frame(7), render_frame(8)
    assert np.array_equal(first.depth_m, again.depth_m)
    assert np.array_equal(first.joints_m, again.joints_m)
    assert (first.intrinsics, first.camera, first.side) == (
        again.intrinsics, again.camera, again.side,
    )  # fmt: skip
    assert not np.array_equal(first.joints_m, other.joints_m)


def test_frames_are_what_a_camera_publishes() -> None:
    frames = [render_frame(seed) for seed in range(12)]
    cameras = {camera.name: camera for camera in CAMERAS}
    for frame in frames:
        assert frame.depth_m.dtype == np.float32
        camera = cameras[frame.camera]
        assert frame.depth_m.shape == (camera.height, camera.width)
        assert np.isfinite(frame.depth_m).all()
        assert frame.depth_m.min() == 0.0 < frame.depth_m.max()
        units = [frame.depth_m.astype(np.float64) / unit_m for unit_m in camera.units_m]
        assert min(np.abs(whole - np.rint(whole)).max() for whole in units) < 2e-3
    assert {frame.side for frame in frames} == {'left', 'right'}


def test_holes_take_as_much_of_a_frame_as_of_a_crop() -> None:
    # 640 x 480 pixels are 19 crops: without a remedy a frame would lose 1/19 of that.
    lost = np.mean([lost_to_holes(seed, holes=8.0) for seed in range(16)], axis=0)
    assert lost[1] > 0.004
    assert 0.6 < lost[0] / lost[1] < 1.4


def lost_to_holes(seed: int, holes: float) -> np.ndarray:
    """Return the shares of the measured pixels that a whole frame and a crop lose to holes."""
    rng = np.random.default_rng(seed)
    scene = sample_scene(rng)
    window = sample_window(rng, scene)
    shares = []
    for count in (0.0, holes):
        level = NoiseLevel(holes=count, flying=0.0, dropouts=(0.0, 0.0, 0.0))
        frame = render_depth(scene, level, np.random.default_rng(seed))
        crop = render_crop(scene, window, level, np.random.default_rng(seed))
        shares.append([(frame > 0).mean(), (crop < 1).mean()])
    without, with_holes = np.array(shares)
    return 1.0 - with_holes / without


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match='seed = -1'):
        render_frame(-1)
