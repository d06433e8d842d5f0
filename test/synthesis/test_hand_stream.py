# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The stream of the synthetic camera: smooth, reproducible, the hand in view and in front."""

from dense_hand_pose.camera.intrinsics import Intrinsics, project
from dense_hand_pose.synthesis.hand.gestures import EVERYDAY, GESTURE_S, Motion, smooth_step
from dense_hand_pose.synthesis.hand_stream import GestureSequence
import numpy as np
import pytest


@pytest.mark.parametrize('side', ['right', 'left'])
def test_hand_is_in_view_and_before_the_wall(side: str) -> None:
    stream = GestureSequence(seed=1, side=side)
    for t in np.arange(0.0, 40.0, 2.3):
        frame = stream.frame(float(t))
        assert frame.depth_mm.shape == (480, 640)
        assert frame.depth_mm.dtype == np.uint16
        assert frame.side == side
        assert 0.35 < frame.joints_m.mean(axis=0)[2] < 0.60
        pixels = np.rint(project(frame.joints_m, frame.intrinsics)).astype(int)
        assert np.all((pixels >= 0) & (pixels < [640, 480]))
        surface = frame.depth_mm[pixels[:, 1], pixels[:, 0]] * 1e-3
        gap = frame.joints_m[:, 2] - surface
        # Most joints lie some millimetres in the flesh; those of a fist behind other fingers.
        assert 0.002 < np.median(gap[surface > 0]) < 0.035
        valid = frame.depth_mm[frame.depth_mm > 0]
        assert (frame.depth_mm > 0).mean() > 0.9
        assert np.percentile(valid, 80) > 850
        assert valid.max() < 1600


def test_frames_depend_on_seed_and_time_alone() -> None:
    stream = GestureSequence(seed=3)
    later = stream.frame(4.2)
    stream.frame(0.1)
    np.testing.assert_array_equal(stream.frame(4.2).depth_mm, later.depth_mm)
    again = GestureSequence(seed=3).frame(4.2)
    np.testing.assert_array_equal(again.depth_mm, later.depth_mm)
    assert not np.array_equal(GestureSequence(seed=4).frame(4.2).joints_m, later.joints_m)


def test_noise_differs_from_frame_to_frame() -> None:
    stream = GestureSequence(seed=3)
    first, second = stream.frame(1.0).depth_mm, stream.frame(1.033).depth_mm
    assert (first[:40] != second[:40]).mean() > 0.5


def test_left_is_the_mirror_image_of_right() -> None:
    right, left = GestureSequence(seed=2).frame(5.0), GestureSequence(2, 'left').frame(5.0)
    volume = [np.linalg.det(f.joints_m[[2, 8, 20]] - f.joints_m[0]) for f in (right, left)]
    assert volume[0] == pytest.approx(-volume[1])


def test_joints_move_smoothly() -> None:
    motion_step = 1.0 / 30.0
    stream = GestureSequence(seed=0)
    places = np.stack(
        [stream._place(n * motion_step)[1] for n in range(int(30 * 20.0))]
    )  # joints alone: no need to render
    speed = np.linalg.norm(np.diff(places, axis=0), axis=2) / motion_step
    assert speed.max() < 1.6
    assert np.median(speed) > 0.01


def test_motion_shows_everyday_gestures_palm_and_back() -> None:
    motion = Motion(7)
    names = {motion.gesture_name(n * GESTURE_S + 1.0) for n in range(len(EVERYDAY))}
    assert names == set(EVERYDAY)
    palm = [motion.at(t).rotation[2, 2] for t in np.arange(0.0, 40.0, 0.5)]
    assert min(palm) < -0.8
    assert max(palm) > 0.8


def test_smooth_step() -> None:
    assert [smooth_step(x) for x in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_other_image_sizes() -> None:
    frame = GestureSequence(
        intrinsics=Intrinsics(240.0, 240.0, 160.0, 120.0), width=320, height=240
    ).frame(3.0)
    assert frame.depth_mm.shape == (240, 320)
    pixels = project(frame.joints_m, frame.intrinsics)
    assert np.all((pixels >= 0) & (pixels < [320, 240]))


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="side='both'"):
        GestureSequence(side='both')
    with pytest.raises(ValueError, match='width=0'):
        GestureSequence(width=0)
    stream = GestureSequence(width=64, height=48)
    for t in (-1.0, float('nan'), float('inf')):
        with pytest.raises(ValueError, match='t_s'):
            stream.frame(t)
