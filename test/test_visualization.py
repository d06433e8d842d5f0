# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Drawing: what is drawn lies where the projection says, and nothing else changes."""

from dense_hand_pose.camera.crop import CropWindow
from dense_hand_pose.camera.distortion import Distortion
from dense_hand_pose.camera.intrinsics import Intrinsics, project
from dense_hand_pose.skeleton import FINGER_COLOURS, HAND_21
from dense_hand_pose.visualization import (
    contact_sheet,
    depth_range_m,
    depth_to_bgr,
    draw_crop_box,
    draw_pose,
    draw_text,
    zoom,
)
import numpy as np
import pytest

K = Intrinsics(475.0, 470.0, 160.0, 120.0)
BLANK = np.zeros((240, 320, 3), dtype=np.uint8)


def spread_hand() -> np.ndarray:
    """Return 21 joints (metres) that lie far apart in the image of K, in rows of five."""
    joints = np.zeros((21, 3))
    joints[:, 0] = 0.03 * (np.arange(21) % 5 - 2)
    joints[:, 1] = 0.03 * (np.arange(21) // 5 - 2)
    joints[:, 2] = 0.5
    return joints


def test_depth_colours_near_bright_far_dark_and_invalid_apart() -> None:
    depth = np.array([[0.3, 0.6, 0.9, 0.0, 5.0]], dtype=np.float32)
    colours = depth_to_bgr(depth, 0.3, 0.9)[0]
    brightness = colours.sum(axis=1).astype(int)
    assert brightness[0] > brightness[1] > brightness[2]
    assert brightness[4] == brightness[2]
    assert not np.array_equal(colours[3], colours[2])


def test_depth_to_bgr_takes_nan_and_infinity() -> None:
    odd = np.array([[np.nan, np.inf, -1.0, 0.0]], dtype=np.float32)
    colours = depth_to_bgr(odd, 0.2, 1.0)
    assert (colours == colours[0, 3]).all()


def test_depth_to_bgr_refuses_an_empty_range() -> None:
    with pytest.raises(ValueError, match='near_m < far_m'):
        depth_to_bgr(np.ones((2, 2), np.float32), 1.0, 1.0)


def test_depth_range_holds_most_valid_depths() -> None:
    depth = np.zeros((100, 100), dtype=np.float32)
    depth[:50] = 0.4
    depth[50:90] = 0.8
    near, far = depth_range_m(depth)
    assert near == pytest.approx(0.4)
    assert far == pytest.approx(0.8)
    assert depth_range_m(np.zeros((4, 4), np.float32)) == (0.0, 1.0)


@pytest.mark.parametrize('metres', [1e-40, 0.5, 65.5, 3.4e38])
def test_a_picture_can_be_drawn_of_any_one_depth(metres: float) -> None:
    depth = np.full((4, 4), metres, np.float32)
    assert depth_to_bgr(depth, *depth_range_m(depth)).shape == (4, 4, 3)


def test_each_joint_has_the_colour_of_its_finger_where_it_projects() -> None:
    image = draw_pose(BLANK, spread_hand(), K)
    assert not BLANK.any(), 'the input was drawn into'
    for (u, v), finger in zip(project(spread_hand(), K), HAND_21.fingers, strict=True):
        blue, green, red = image[round(v), round(u)]
        assert (red, green, blue) == FINGER_COLOURS[finger]


def test_an_uncertain_joint_is_paler() -> None:
    confidence = np.ones(21)
    confidence[8] = 0.0
    u, v = project(spread_hand(), K)[8]
    sure = draw_pose(BLANK, spread_hand(), K)[round(v), round(u)].astype(float)
    unsure = draw_pose(BLANK, spread_hand(), K, confidence)[round(v), round(u)].astype(float)
    assert np.ptp(unsure) < np.ptp(sure)


def test_the_nearer_joint_covers_the_farther_one() -> None:
    joints = spread_hand()
    joints[4] = joints[8] * 0.8  # the same pixel, nearer
    u, v = project(joints, K)[8]
    blue, green, red = draw_pose(BLANK, joints, K)[round(v), round(u)]
    assert (red, green, blue) == FINGER_COLOURS['thumb']


def test_joints_that_do_not_project_are_left_out() -> None:
    joints = spread_hand()
    joints[3] = np.nan
    joints[7, 2] = -0.1
    joints[11] = (1e9, 0.0, 1e-6)
    assert draw_pose(BLANK, joints, K).any()
    assert not draw_pose(BLANK, np.full((21, 3), np.nan), K).any()


def test_the_crop_box_encloses_the_cube() -> None:
    window = CropWindow((0.02, -0.01, 0.5), 0.1, K)
    rows, columns = np.nonzero(draw_crop_box(BLANK, window).any(axis=2))
    u, v = project(np.array([0.02, -0.01, 0.5]), K)
    half_u, half_v = 0.05 * K.fx / 0.5, 0.05 * K.fy / 0.5
    assert (columns.min(), columns.max()) == pytest.approx((u - half_u, u + half_u), abs=1.5)
    assert (rows.min(), rows.max()) == pytest.approx((v - half_v, v + half_v), abs=1.5)


LENS = Distortion('plumb_bob', (-0.28, 0.09, 0.0011, -0.0017, -0.015))


@pytest.mark.parametrize('lens', [None, LENS])
@pytest.mark.parametrize('size_px', [64, 128, 300])
def test_zoom_shows_a_point_where_its_intrinsics_say(
    size_px: int, lens: Distortion | None
) -> None:
    camera = Intrinsics(200.0, 198.0, 160.0, 120.0, lens)
    window = CropWindow((0.2, 0.1, 0.5), 0.2, camera)
    point = np.array([0.23, 0.12, 0.52])
    u, v = np.rint(project(point, camera)).astype(int)
    image = BLANK.copy()
    rows, columns = slice(v - 2, v + 3), slice(u - 2, u + 3)
    image[rows, columns] = 255
    tile, intrinsics = zoom(image, window, size_px)
    assert tile.shape == (size_px, size_px, 3)
    rows, columns = np.nonzero(tile[:, :, 0])
    pixel_px = size_px / (0.2 * camera.fx / 0.5)
    expected = project(point, intrinsics)
    tolerance = pixel_px + 0.5
    assert (columns.mean(), rows.mean()) == pytest.approx(tuple(expected), abs=tolerance)


def test_contact_sheet_keeps_every_picture() -> None:
    pictures = [np.full((10, 20, 3), 50 * place, dtype=np.uint8) for place in range(1, 6)]
    sheet = contact_sheet(pictures, columns=3, gap_px=2)
    assert sheet.shape == (2 * 12 + 2, 3 * 22 + 2, 3)
    for place in range(1, 6):
        assert (sheet == 50 * place).all(axis=2).sum() == 200
    with pytest.raises(ValueError, match='0 images'):
        contact_sheet([], 3)


def test_text_is_drawn_on_a_copy() -> None:
    assert draw_text(BLANK, 'abc').any()
    assert not BLANK.any()
