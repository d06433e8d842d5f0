# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""10,000 messages of any content: each is read or refused by its cause, and nothing else."""

from types import SimpleNamespace
from typing import Any

from dense_hand_pose.camera.camera_info import intrinsics_of
from dense_hand_pose.camera.depth_image import depth_from_image, to_metres
from dense_hand_pose.camera.input_error import InputError
from hypothesis import given, HealthCheck, settings
from hypothesis import strategies as st
import numpy as np

CAUSES = {
    'unknown_encoding', 'empty_image', 'bad_step', 'short_data',
    'size_mismatch', 'bad_camera_info',
}  # fmt: skip
MANY = settings(max_examples=5000, suppress_health_check=list(HealthCheck))

SIZES = st.integers(0, 6) | st.sampled_from([640, 2**16, 2**31, 2**32 - 1])
NUMBERS = st.floats() | st.sampled_from([0.0, -0.0, 1e-300, 1e300, 2.5])
REGION = st.integers(0, 8) | st.just(2**32 - 1)
SOUND_P = [240.0, 0.0, 2.0, 0.0, 0.0, 240.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]

IMAGE_CHANGES = st.one_of(
    st.tuples(st.sampled_from(['width', 'height', 'step']), SIZES),
    st.tuples(st.just('step'), st.integers(0, 40)),
    st.tuples(st.just('encoding'), st.sampled_from(['32FC1', 'mono16', 'bgr8', '', '\0'])),
    st.tuples(st.just('is_bigendian'), st.sampled_from([1, 255])),
    st.tuples(st.just('data'), st.binary(max_size=80)),
)
INFO_CHANGES = st.one_of(
    st.tuples(st.sampled_from(['width', 'height']), SIZES),
    st.tuples(st.sampled_from(['binning_x', 'binning_y']), REGION),
    st.tuples(st.sampled_from(['x_offset', 'y_offset', 'roi_width', 'roi_height']), REGION),
    st.tuples(st.sampled_from(['k', 'p']), st.tuples(st.integers(0, 8), NUMBERS)),
    st.tuples(st.just('d'), st.lists(st.floats(-0.3, 0.3) | NUMBERS, max_size=15)),
    st.tuples(
        st.just('distortion_model'),
        st.sampled_from(['rational_polynomial', 'equidistant', '', 'fisheye', '\udc80']),
    ),
)


def image_with(changes: list[tuple[str, Any]]) -> Any:
    """Return a sound image of 4 x 3 pixels with some fields changed."""
    image = SimpleNamespace(
        width=4, height=3, encoding='16UC1', step=8, data=bytes(range(48)), is_bigendian=0
    )
    for name, value in changes:
        setattr(image, name, value)
    return image


def info_with(changes: list[tuple[str, Any]]) -> Any:
    """Return a sound camera_info of 4 x 3 pixels with some fields changed."""
    info = SimpleNamespace(
        width=4, height=3, binning_x=0, binning_y=0, distortion_model='plumb_bob', d=[0.0] * 5,
        k=[240.0, 0.0, 2.0, 0.0, 240.0, 1.0, 0.0, 0.0, 1.0], p=list(SOUND_P),
        roi=SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0),
    )  # fmt: skip
    for name, value in changes:
        if name in ('k', 'p'):
            getattr(info, name)[value[0]] = value[1]
        elif hasattr(info, name):
            setattr(info, name, value)
        else:
            setattr(info.roi, name.removeprefix('roi_'), value)
    return info


@MANY
@given(st.lists(IMAGE_CHANGES, max_size=4))
def test_an_image_is_read_or_refused_by_its_cause(changes: list[tuple[str, Any]]) -> None:
    image = image_with(changes)
    try:
        depth, unit_m = depth_from_image(image)
    except InputError as error:
        assert error.cause in CAUSES
        assert str(error)
        return
    assert depth.shape == (image.height, image.width)
    assert depth.dtype in (np.uint16, np.float32)
    assert unit_m in (0.001, 1.0)
    # What is no depth is 0 from here on: nothing downstream meets NaN or Inf.
    depth_m = to_metres(depth, unit_m)
    assert np.isfinite(depth_m).all()
    assert (depth_m >= 0.0).all()


@MANY
@given(st.lists(INFO_CHANGES, max_size=4), st.booleans())
def test_a_camera_info_is_read_or_refused_by_its_cause(
    changes: list[tuple[str, Any]], rectified: bool
) -> None:
    image, info = image_with([]), info_with(changes)
    try:
        camera = intrinsics_of(info, image.width, image.height, rectified)
    except InputError as error:
        assert error.cause in CAUSES
        assert str(error)
        return
    assert np.isfinite([camera.fx, camera.fy, camera.cx, camera.cy]).all()
    assert camera.fx > 0.0
    assert camera.fy > 0.0
