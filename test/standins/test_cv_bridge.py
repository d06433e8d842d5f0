# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The contract of cv_bridge. Upstream's pure-Python half converts nothing by itself."""

from collections.abc import Callable
import importlib.util
from types import ModuleType

import numpy as np
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Header

ENCODINGS = {
    '16UC1': (np.uint16, ()),
    'mono16': (np.uint16, ()),
    '32FC1': (np.float32, ()),
    'mono8': (np.uint8, ()),
    '8UC3': (np.uint8, (3,)),
    'bgr8': (np.uint8, (3,)),
    'rgb8': (np.uint8, (3,)),
    'bgra8': (np.uint8, (4,)),
}


@pytest.fixture
def cv_bridge(load: Callable[[str], ModuleType]) -> ModuleType:
    return load('cv_bridge')


@pytest.fixture
def bridge(cv_bridge: ModuleType) -> object:
    """Return a bridge that can convert, else skip."""
    if hasattr(cv_bridge, 'core') and not hasattr(cv_bridge, 'getCvType'):
        pytest.skip("upstream's compiled module cv_bridge_boost is not here")
    return cv_bridge.CvBridge()


def picture(encoding: str, height: int = 5, width: int = 7) -> np.ndarray:
    dtype, channels = ENCODINGS[encoding]
    values = np.random.default_rng(3).integers(0, 200, (height, width, *channels))
    return values.astype(dtype)


def message(
    pixels: np.ndarray, encoding: str, padding: int = 0, big_endian: bool = False
) -> Image:
    """Return an image message that was not made by cv_bridge."""
    dtype = pixels.dtype.newbyteorder('>' if big_endian else '<')
    rows = pixels.astype(dtype).reshape(len(pixels), -1)
    data = b''.join(row.tobytes() + b'\xee' * padding for row in rows)
    return Image(
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        is_bigendian=int(big_endian),
        step=len(data) // len(pixels),
        data=data,
    )


def test_error_is_a_type_error(cv_bridge: ModuleType) -> None:
    assert issubclass(cv_bridge.CvBridgeError, TypeError)


def test_array_to_message_without_encoding(cv_bridge: ModuleType) -> None:
    depth = picture('16UC1')
    result = cv_bridge.CvBridge().cv2_to_imgmsg(depth, header=Header(frame_id='camera'))
    assert (result.height, result.width, result.step) == (5, 7, 14)
    assert (result.encoding, result.is_bigendian) == ('16UC1', 0)
    assert result.header.frame_id == 'camera'
    assert bytes(result.data) == depth.astype('<u2').tobytes()


def test_a_list_is_no_image(cv_bridge: ModuleType) -> None:
    with pytest.raises(TypeError, match='not a numpy array'):
        cv_bridge.CvBridge().cv2_to_imgmsg([[1, 2], [3, 4]])


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_there_and_back(bridge: object, encoding: str) -> None:
    pixels = picture(encoding)
    sent = bridge.cv2_to_imgmsg(pixels, encoding)
    assert sent.encoding == encoding
    back = bridge.imgmsg_to_cv2(sent)
    assert back.dtype == pixels.dtype
    np.testing.assert_array_equal(back, pixels)


@pytest.mark.parametrize('encoding', ['16UC1', 'mono16', '32FC1', 'bgr8'])
@pytest.mark.parametrize('padding', [0, 12])
def test_padded_rows(bridge: object, encoding: str, padding: int) -> None:
    pixels = picture(encoding)
    result = bridge.imgmsg_to_cv2(message(pixels, encoding, padding))
    np.testing.assert_array_equal(result, pixels)


@pytest.mark.parametrize('encoding', ['16UC1', '32FC1'])
def test_big_endian(bridge: object, encoding: str) -> None:
    if hasattr(bridge, 'encoding_to_cvtype2') and np.lib.NumpyVersion(np.__version__) >= '2.0.0':
        pytest.skip('upstream calls ndarray.newbyteorder, which NumPy 2 removed')
    pixels = picture(encoding)
    result = bridge.imgmsg_to_cv2(message(pixels, encoding, big_endian=True))
    np.testing.assert_array_equal(result, pixels)
    assert result.dtype.isnative


def test_colour_order_and_grey(bridge: object) -> None:
    bgr = picture('bgr8')
    sent = message(bgr, 'bgr8')
    np.testing.assert_array_equal(bridge.imgmsg_to_cv2(sent, 'rgb8'), bgr[..., ::-1])
    grey = bridge.imgmsg_to_cv2(sent, 'mono8').astype(int)
    expected = bgr.astype(float) @ [0.114, 0.587, 0.299]
    assert grey.shape == bgr.shape[:2]
    assert np.abs(grey - expected).max() <= 1.0


def test_unknown_encoding_and_misfit_are_refused(bridge: object, cv_bridge: ModuleType) -> None:
    with pytest.raises(cv_bridge.CvBridgeError):
        bridge.imgmsg_to_cv2(message(picture('mono8'), 'no_such_encoding'))
    with pytest.raises(cv_bridge.CvBridgeError, match='incompatible type'):
        bridge.cv2_to_imgmsg(picture('16UC1'), '32FC1')


def test_too_short_data_is_refused(bridge: object) -> None:
    short = message(picture('16UC1'), '16UC1')
    short.data = short.data[:-2]
    with pytest.raises((TypeError, ValueError)):
        bridge.imgmsg_to_cv2(short)


def test_the_stand_in_says_what_it_is() -> None:
    for name in ('message_filters', 'cv_bridge', 'sensor_msgs_py'):
        path = f'ros_standins/{name}/{name}/__init__.py'
        spec = importlib.util.spec_from_file_location('standin', path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert 'Stand-in' in module.__doc__
        assert 'NOT the real package' in module.__doc__
        assert module.__version__.endswith('+standin')
