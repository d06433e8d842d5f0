# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""CameraInfo, as plain objects, to intrinsics: P or K, region, binning, lens."""

from types import SimpleNamespace
from typing import Any

from dense_hand_pose.camera.camera_info import intrinsics_of, is_rectified
from dense_hand_pose.camera.distortion import Distortion
from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.camera.intrinsics import Intrinsics, project
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

BENT = (-0.2, 0.05, 0.001, -0.002, 0.0)


def info(**changes: Any) -> Any:
    """Return a camera of 64 x 48 pixels whose P differs from K, with a lens."""
    values: dict[str, Any] = {
        'width': 64,
        'height': 48,
        'distortion_model': 'plumb_bob',
        'd': BENT,
        'k': (50.0, 0.0, 31.0, 0.0, 51.0, 23.0, 0.0, 0.0, 1.0),
        'p': (40.0, 0.0, 32.0, 0.0, 0.0, 41.0, 24.0, 0.0, 0.0, 0.0, 1.0, 0.0),
        'binning_x': 0,
        'binning_y': 0,
        'roi': SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0, do_rectify=False),
    }
    return SimpleNamespace(**{**values, **changes})


@pytest.mark.parametrize(
    ('topic', 'rectified'),
    [
        ('/camera/image_rect', True),
        ('/camera/camera/depth/image_rect_raw', True),
        ('/depth_registered/image_rect', True),
        ('/camera/aligned_depth_to_color/image_raw', False),
        ('/depth/image_raw', False),
        ('/rectified/depth', False),
    ],
)
def test_the_topic_says_whether_an_image_is_rectified(topic: str, rectified: bool) -> None:
    assert is_rectified(topic) is rectified
    assert is_rectified(topic, 'rectified')
    assert not is_rectified(topic, 'raw')


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'cooked'.*auto, rectified, raw"):
        is_rectified('/image', 'cooked')


def test_p_for_rectified_images_and_k_with_the_lens_for_raw_ones() -> None:
    assert intrinsics_of(info(), 64, 48, rectified=True) == Intrinsics(40.0, 41.0, 32.0, 24.0)
    lens = Distortion('plumb_bob', BENT)
    assert intrinsics_of(info(), 64, 48, rectified=False) == Intrinsics(50, 51, 31, 23, lens)


def test_k_stands_in_for_a_p_that_is_not_set() -> None:
    assert intrinsics_of(info(p=(0.0,) * 12), 64, 48) == Intrinsics(50.0, 51.0, 31.0, 23.0)


@pytest.mark.parametrize('model', ['plumb_bob', 'rational_polynomial', '', 'unheard_of'])
@pytest.mark.parametrize('d', [(), (0.0,) * 5])
def test_no_distortion_needs_no_model(model: str, d: tuple[float, ...]) -> None:
    straight = info(distortion_model=model, d=d)
    assert intrinsics_of(straight, 64, 48, rectified=False).distortion is None


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'distortion_model': 'unheard_of'}, "K and D of camera_info: .*'unheard_of'"),
        ({'d': (float('nan'),)}, 'finite'),
        ({'k': (0.0,) * 9}, 'K and D of camera_info'),
    ],
)
def test_what_describes_no_camera_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        intrinsics_of(info(**changes), 64, 48, rectified=False)
    assert caught.value.cause == 'bad_camera_info'


def test_a_rectified_image_does_not_care_for_the_lens() -> None:
    assert intrinsics_of(info(distortion_model='unheard_of'), 64, 48).distortion is None


def test_sizes_that_disagree_are_refused() -> None:
    with pytest.raises(InputError, match=r'32 x 24 pixels.*describes 64 x 48') as caught:
        intrinsics_of(info(), 32, 24)
    assert caught.value.cause == 'size_mismatch'


@given(
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 20),
    st.integers(0, 20),
    st.booleans(),
)
def test_a_point_keeps_its_place_under_region_and_binning(
    bin_x: int, bin_y: int, x: int, y: int, rectified: bool
) -> None:
    """REP 104: cut the region out of the full image, then bin; the lens bends before both."""
    roi = SimpleNamespace(x_offset=x, y_offset=y, width=40, height=24, do_rectify=False)
    cut = info(roi=roi, binning_x=bin_x, binning_y=bin_y)
    k = intrinsics_of(cut, 40 // bin_x, 24 // bin_y, rectified)
    point = np.array([0.05, -0.04, 0.4])
    whole = project(point, intrinsics_of(info(), 64, 48, rectified))
    np.testing.assert_allclose(project(point, k), (whole - (x, y)) / (bin_x, bin_y), atol=1e-9)
