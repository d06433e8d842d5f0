# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""compressedDepth of both codecs and encodings gives what was put in; noise gives an error."""

import array
import struct
from types import SimpleNamespace
from typing import Any
import zlib

from dense_hand_pose.camera import compressed_depth as module
from dense_hand_pose.camera import rvl
from dense_hand_pose.camera.compressed_depth import depth_from_compressed, is_compressed_depth
from dense_hand_pose.camera.input_error import InputError
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
import numpy as np
import pytest
from support.depth_codecs import chain, compressed_depth, encode_rvl, words

SHAPES = arrays.array_shapes(min_dims=2, max_dims=2, max_side=24)
DEPTHS = arrays.arrays(
    np.uint16,
    SHAPES,
    elements=st.sampled_from([0, 0, 0, 1, 2, 800, 801, 65535]) | st.integers(0, 65535),
)
CODECS = ('png', 'rvl')
SAMPLE = np.array([[0, 0, 700, 701], [702, 0, 0, 65535], [1, 900, 0, 0]], np.uint16)


@pytest.fixture(params=['numba', 'numpy', 'loop'])
def decoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have RVL decoded by one of its three forms."""
    forms: dict[str, Any] = {'numpy': None, 'loop': rvl._decode_loop, 'numba': rvl._compiled()}
    if request.param == 'numba' and forms['numba'] is None:
        pytest.skip('numba is not installed')
    monkeypatch.setattr(rvl, '_compiled', lambda: forms[request.param])
    return str(request.param)


@pytest.mark.parametrize('codec', CODECS)
@given(depth=DEPTHS)
def test_16_bits_come_back_as_they_were(codec: str, depth: np.ndarray) -> None:
    found, unit_m = depth_from_compressed(compressed_depth(depth, codec))
    assert unit_m == 0.001
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, depth)


@pytest.mark.usefixtures('decoder')
def test_every_form_of_rvl_decodes_the_same() -> None:
    random = np.random.default_rng(0)
    for share in (0.0, 0.02, 0.5, 0.98, 1.0):
        smooth = 800 + np.cumsum(random.integers(-3, 4, 3000))
        pixels = np.where(random.random(3000) < share, 0, smooth).astype(np.uint16)
        np.testing.assert_array_equal(rvl.decode_rvl(encode_rvl(pixels), 3000), pixels)


@pytest.mark.parametrize('codec', CODECS)
@given(depth=arrays.arrays(np.float32, SHAPES, elements=st.floats(0.1875, 9.5, width=32)))
def test_metres_come_back_to_the_step_of_inverse_depth(codec: str, depth: np.ndarray) -> None:
    depth[0, 0] = 0.0
    found, unit_m = depth_from_compressed(compressed_depth(depth, codec))
    assert unit_m == 1.0
    assert found.dtype == np.float32
    assert found[0, 0] == 0.0
    # One step of a / z, a = 10100, is z^2 / a metres: 0.1 mm at 1 m.
    limit = (depth**2 / 10100.0) * 1.02 + 1e-6
    assert (np.abs(found - depth) <= limit).all()


def test_what_has_no_depth_is_zero() -> None:
    depth = np.array([[np.nan, 0.0, 1.0, 12.0, np.inf]], np.float32)
    found, _ = depth_from_compressed(compressed_depth(depth))
    assert found[0, [0, 1, 3, 4]].tolist() == [0.0] * 4
    assert found[0, 2] == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    'text',
    ['16UC1; compressedDepth', '16UC1', '16UC1; compressedDepth png', 'mono16; compressedDepth',
     '16UC1;compressedDepth png'],
)  # fmt: skip
def test_formats_of_all_ages(text: str) -> None:
    assert is_compressed_depth(text)
    found, unit_m = depth_from_compressed(compressed_depth(SAMPLE, text=text))
    assert unit_m == 0.001
    np.testing.assert_array_equal(found, SAMPLE)


@pytest.mark.parametrize(
    'text',
    ['', 'jpeg', 'rgb8; jpeg compressed bgr8', 'rgb8; compressedDepth png',
     '16UC1; png compressed', '16UC1; compressedDepth zstd', '16UC1; compressedDepth png x',
     '\x1b[2J' * 100],
)  # fmt: skip
def test_other_formats_are_refused(text: str) -> None:
    assert not is_compressed_depth(text)
    message = compressed_depth(SAMPLE)
    message.format = text
    with pytest.raises(InputError, match='expected compressedDepth png or rvl') as caught:
        depth_from_compressed(message)
    assert caught.value.cause == 'unknown_encoding'
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_data_of_rclpy_are_read() -> None:
    message = compressed_depth(SAMPLE)
    message.data = array.array('B', message.data.tobytes())
    np.testing.assert_array_equal(depth_from_compressed(message)[0], SAMPLE)


def png(width: int, height: int, bits: int = 16, kind: int = 0, rows: bytes = b'') -> bytes:
    """Return a PNG that claims a size."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack('>I', len(content)) + name + content + struct.pack('>I', check)

    head = struct.pack('>IIBBBBB', width, height, bits, kind, 0, 0, 0)
    return (
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', head)
        + chunk(b'IDAT', zlib.compress(rows))
        + chunk(b'IEND', b'')
    )


def rvl_code(width: int, height: int, code: bytes) -> bytes:
    """Return RVL code with a size before it."""
    return struct.pack('<II', width, height) + code


@pytest.mark.parametrize(
    ('codec', 'content', 'cause'),
    [
        ('png', b'', 'short_data'),
        ('png', b'\x89PNG\r\n\x1a\n', 'undecodable_data'),
        ('png', b'\xff\xd8\xff\xe0' + bytes(100), 'undecodable_data'),
        ('png', png(4, 3), 'undecodable_data'),
        ('png', png(0, 3), 'empty_image'),
        ('png', png(1, 0x7FFFFFFF), 'undecodable_data'),
        ('png', png(13300, 13300), 'undecodable_data'),
        ('png', png(4, 3, 8, 0, bytes(15)), 'undecodable_data'),
        ('png', png(4, 3, 8, 2, bytes(39)), 'undecodable_data'),
        ('rvl', b'1234', 'short_data'),
        ('rvl', rvl_code(4, 3, b''), 'undecodable_data'),
        ('rvl', rvl_code(0, 3, bytes(8)), 'empty_image'),
        ('rvl', rvl_code(0xFFFFFFFF, 0xFFFFFFFF, bytes(8)), 'undecodable_data'),
        ('rvl', rvl_code(4, 3, words([15] * 64)), 'undecodable_data'),
        ('rvl', rvl_code(4, 3, words([0, 15, 15, 1, 2, 2])), 'undecodable_data'),
        ('rvl', rvl_code(4, 3, words([15, 15, 1])), 'undecodable_data'),
        ('rvl', rvl_code(4, 3, bytes(4000)), 'undecodable_data'),
    ],
)
@pytest.mark.usefixtures('decoder')
def test_hostile_data_are_refused(codec: str, content: bytes, cause: str) -> None:
    message = SimpleNamespace(
        format=f'16UC1; compressedDepth {codec}', data=np.frombuffer(bytes(12) + content, np.uint8)
    )
    with pytest.raises(InputError) as caught:
        depth_from_compressed(message)
    assert caught.value.cause == cause
    assert str(caught.value).isprintable()


@given(st.sampled_from(CODECS), st.binary(max_size=64), st.integers(0, 60), st.booleans())
def test_noise_gives_an_image_or_an_input_error(
    codec: str, noise: bytes, place: int, metres: bool
) -> None:
    depth = SAMPLE / np.float32(1000.0) if metres else SAMPLE
    message = compressed_depth(depth, codec)
    data = bytearray(message.data.tobytes())
    end = place + len(noise)
    data[place:end] = noise
    message.data = np.frombuffer(bytes(data), np.uint8)
    try:
        found, _ = depth_from_compressed(message)
    except InputError as error:
        assert error.cause in ('short_data', 'undecodable_data', 'empty_image')
    else:
        assert np.isfinite(found).all()
        assert (found >= 0).all()


@pytest.mark.parametrize(('a', 'b'), [(np.nan, 0.0), (-1.0, 0.0), (0.0, 0.0), (1.0, np.inf)])
def test_parameters_that_are_none_are_refused(a: float, b: float) -> None:
    message = compressed_depth(SAMPLE / np.float32(1000.0))
    data = bytearray(message.data.tobytes())
    struct.pack_into('<ff', data, 4, a, b)
    message.data = np.frombuffer(bytes(data), np.uint8)
    with pytest.raises(InputError, match='expected a > 0') as caught:
        depth_from_compressed(message)
    assert caught.value.cause == 'undecodable_data'


def test_a_long_run_takes_no_more_memory_than_the_image() -> None:
    """A few bytes of RVL stand for an image of the largest size, and for no larger one."""
    side = 4096
    assert side * side == module.LARGEST_PIXELS
    zeros = encode_rvl(np.zeros(1, np.uint16))
    assert len(zeros) == 4
    code = words([*chain(side * side), 0])
    message = SimpleNamespace(
        format='16UC1; compressedDepth rvl',
        data=np.frombuffer(bytes(12) + rvl_code(side, side, code), np.uint8),
    )
    assert not depth_from_compressed(message)[0].any()
    message.data = np.frombuffer(bytes(12) + rvl_code(side, side + 1, code), np.uint8)
    with pytest.raises(InputError, match='expected at most 16777216 pixels'):
        depth_from_compressed(message)
