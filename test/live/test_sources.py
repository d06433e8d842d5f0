# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Sources: a software device of pyrealsense2, images of depthai, bags, and missing cameras."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
import threading
import time
from typing import Any

from dense_hand_pose.bags.sample import SampleOptions, write_sample
from dense_hand_pose.live.open_source import open_source, SyntheticHandSource
from dense_hand_pose.live.source import SourceError
import numpy as np
import pytest

WIDTH, HEIGHT, FX = 64, 48, 47.5


def depth(value: int) -> np.ndarray[Any, np.dtype[np.uint16]]:
    image = np.full((HEIGHT, WIDTH), value, np.uint16)
    image[3, 5] = value + 1  # rows and columns are not mixed up
    return image


class SoftwareCamera:
    """A pyrealsense2 device without hardware, which sends what it is given."""

    def __init__(self, rs: Any, kind: str = 'depth', units_m: float = 0.001) -> None:
        self.rs, self.device, self.units_m = rs, rs.software_device(), units_m
        self.device.register_info(rs.camera_info.name, 'software camera')
        self.device.register_info(rs.camera_info.serial_number, '42')
        self.sensor = self.device.add_sensor('Stereo Module')
        stream = rs.video_stream()
        stream.type = getattr(rs.stream, kind)
        stream.fmt = rs.format.z16 if kind == 'depth' else rs.format.y8
        stream.index, stream.uid, stream.bpp, stream.fps = 0, 1, 2 if kind == 'depth' else 1, 30
        stream.width, stream.height = WIDTH, HEIGHT
        lens = rs.intrinsics()
        lens.width, lens.height, lens.fx, lens.fy, lens.ppx, lens.ppy = 64, 48, FX, FX, 31.5, 23.5
        lens.model, lens.coeffs = rs.distortion.brown_conrady, [0.0] * 5
        stream.intrinsics = lens
        self.profile = self.sensor.add_video_stream(stream).as_video_stream_profile()
        self.sensor.add_read_only_option(rs.option.depth_units, units_m)

    def send(self, value: int, stamp_ms: float, number: int) -> None:
        """Deliver a frame."""
        frame = self.rs.software_video_frame()
        frame.pixels, frame.bpp, frame.stride = depth(value), 2, 2 * WIDTH
        frame.timestamp, frame.frame_number = stamp_ms, number
        frame.domain, frame.profile = self.rs.timestamp_domain.hardware_clock, self.profile
        frame.depth_units = self.units_m
        self.sensor.on_video_frame(frame)


def test_a_software_realsense_is_read() -> None:
    rs = pytest.importorskip('pyrealsense2', reason='pyrealsense2 has no wheel for this Python')
    from dense_hand_pose.live.realsense_source import RealSenseSource

    camera = SoftwareCamera(rs, units_m=0.0005)
    source = RealSenseSource(device=camera.device)
    assert source.name == 'RealSense software camera 42'
    frames = iter(source)
    stamps = (1000.0, 1033.0, 500.0)
    for i, stamp_ms in enumerate(stamps):
        camera.send(500 + i, stamp_ms, i)
        frame = next(frames)
        np.testing.assert_array_equal(frame.depth, depth(500 + i))
        assert frame.depth.dtype == np.uint16
        assert frame.unit_m == pytest.approx(0.0005)
        assert frame.stamp_s == pytest.approx(stamp_ms / 1000.0)
        assert frame.restarts == (i == 2)
        lens = frame.intrinsics
        assert (lens.fx, lens.fy, lens.cx, lens.cy, lens.distortion) == (FX, FX, 31.5, 23.5, None)
    source.close()
    source.close()
    assert list(frames) == []


def test_a_realsense_that_goes_silent_or_has_no_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    rs = pytest.importorskip('pyrealsense2', reason='pyrealsense2 has no wheel for this Python')
    from dense_hand_pose.live import realsense_source

    monkeypatch.setattr(realsense_source, '_WAIT_MS', 100)
    camera = SoftwareCamera(rs)
    source = realsense_source.RealSenseSource(device=camera.device)
    with pytest.raises(SourceError, match='sent no frame'):
        next(iter(source))
    source.close()
    infrared = SoftwareCamera(rs, 'infrared')
    with pytest.raises(SourceError, match='no stream of 16 bit depth'):
        realsense_source.RealSenseSource(device=infrared.device)


def test_a_bent_realsense_lens_is_named() -> None:
    rs = pytest.importorskip('pyrealsense2', reason='pyrealsense2 has no wheel for this Python')
    from dense_hand_pose.live.realsense_source import intrinsics_of

    lens = rs.intrinsics()
    lens.fx = lens.fy = FX
    lens.model, lens.coeffs = rs.distortion.brown_conrady, [0.1, 0.0, 0.0, 0.0, 0.0]
    found = intrinsics_of(lens).distortion
    assert found is not None
    assert found.distort(np.array([[0.5, 0.0]]))[0, 0] == pytest.approx(0.5 * (1 + 0.1 * 0.25))
    lens.model = rs.distortion.ftheta
    with pytest.raises(SourceError, match='ftheta'):
        intrinsics_of(lens)


def test_an_oak_image_becomes_a_frame() -> None:
    dai = pytest.importorskip('depthai', reason='depthai has no wheel for this Python')
    from dense_hand_pose.live.oak_source import frame_of

    image = dai.ImgFrame()
    image.setType(dai.ImgFrame.Type.RAW16)
    image.setWidth(WIDTH)
    image.setHeight(HEIGHT)
    image.setData(depth(700).view(np.uint8).ravel())
    matrix = [[FX, 0.0, 31.5], [0.0, 48.5, 23.5], [0.0, 0.0, 1.0]]
    image.setTransformation(dai.ImgTransformation(WIDTH, HEIGHT, matrix))
    image.setTimestampDevice(timedelta(seconds=3.5))
    frame = frame_of(image)
    np.testing.assert_array_equal(frame.depth, depth(700))
    assert (frame.unit_m, frame.stamp_s) == (0.001, 3.5)
    lens = frame.intrinsics
    assert (lens.fx, lens.fy, lens.cx, lens.cy) == (FX, 48.5, 31.5, 23.5)
    image.setType(dai.ImgFrame.Type.RAW8)
    image.setData(np.zeros(WIDTH * HEIGHT, np.uint8))
    with pytest.raises(SourceError, match='16 bit depth'):
        frame_of(image)


@pytest.mark.parametrize(
    ('name', 'package', 'remedy'),
    [('realsense', 'pyrealsense2', 'USB 3'), ('oak', 'depthai', 'USB 3')],
)
def test_without_a_camera_the_remedy_is_named(name: str, package: str, remedy: str) -> None:
    pytest.importorskip(package, reason=f'{package} has no wheel for this Python')
    with pytest.raises(SourceError, match=remedy):
        open_source(name, None, '', paced=False)


@pytest.fixture(scope='module')
def bag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp('bag') / 'sample'
    write_sample(folder, SampleOptions(seconds=0.3, rate_hz=10.0, width=160, height=120))
    yield folder


def test_a_bag_at_its_own_pace(bag: Path) -> None:
    begin_s = time.monotonic()
    frames = list(open_source('bag', bag, '', paced=True))
    assert time.monotonic() - begin_s >= 0.19
    np.testing.assert_allclose(np.diff([frame.stamp_s for frame in frames]), 0.1, atol=1e-6)
    assert frames[0].depth.shape == (120, 160)
    assert frames[0].intrinsics.fx == pytest.approx(0.742 * 160)


def test_what_is_no_bag(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match='nothing'):
        open_source('bag', tmp_path / 'nothing', '', paced=False)


@pytest.mark.parametrize(
    ('name', 'path', 'message'),
    [
        ('webcam', None, 'expected one of'),
        ('bag', None, 'expected the PATH'),
        ('oak', Path('bag'), 'expected no PATH'),
    ],
)
def test_wrong_arguments(name: str, path: Path | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        open_source(name, path, '', paced=False)


def test_a_synthetic_hand_until_it_is_closed() -> None:
    source = SyntheticHandSource(seed=3)
    frames = []
    for frame in source:
        frames.append(frame)
        if len(frames) == 3:
            source.close()
    assert [round(30 * frame.stamp_s) for frame in frames] == [0, 1, 2]
    assert abs(frames[0].depth.astype(int) - frames[2].depth).max() > 0


def test_a_slow_reader_of_a_paced_hand_misses_frames() -> None:
    source = SyntheticHandSource(paced=True)
    threading.Timer(1.0, source.close).start()
    stamps = []
    begin_s = time.monotonic()
    for frame in source:
        stamps.append(frame.stamp_s)
        time.sleep(0.1)
    assert len(stamps) <= 10
    assert stamps[-1] == pytest.approx(time.monotonic() - begin_s, abs=0.5)
