# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A RealSense depth camera as a source of frames (pyrealsense2, the extra `realsense`).

The sensor is read without a pipeline: so SDK's software devices are read as cameras are.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from dense_hand_pose.camera.distortion import Distortion
from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np

from .source import LiveFrame, SourceError

_WAIT_MS = 5000
_WIDTH, _HEIGHT, _RATE_HZ = 640, 480, 30
"""Of the profiles that a sensor has, the nearest to this one is taken."""
_UNPLUGGED = 'is it on USB 3, and does no other program (realsense-viewer, a ROS driver) hold it?'


class RealSenseSource:
    """
    The newest depth frames of a RealSense camera; one that comes while another is used is lost.

    ``serial``: the camera's serial number, '' for the first one; ``device``: a pyrealsense2 device
    instead, as a software device is. Raises SourceError without a camera or without depth.
    """

    def __init__(self, serial: str = '', device: Any = None) -> None:
        rs = import_module('pyrealsense2')
        device = _find(rs, serial) if device is None else device
        self.name = f'RealSense {_info(rs, device)}'
        self._sensor, profile = _depth_stream(rs, device, self.name)
        self._frames = rs.frame_queue(1)
        self._open = False
        try:
            self._sensor.open(profile)
            self._sensor.start(self._frames)
        except RuntimeError as error:
            raise SourceError(f'{self.name} cannot be started: {error}; {_UNPLUGGED}') from error
        self._open = True

    def __iter__(self) -> Iterator[LiveFrame]:
        """Yield frames until the source is closed."""
        before_s = None
        while self._open:
            try:
                frame = self._frames.wait_for_frame(_WAIT_MS).as_depth_frame()
            except RuntimeError as error:
                raise SourceError(
                    f'{self.name} sent no frame for {_WAIT_MS // 1000} s: {_UNPLUGGED}'
                ) from error
            stamp_s = 1e-3 * frame.get_timestamp()
            restarts = before_s is not None and stamp_s < before_s
            before_s = stamp_s
            yield LiveFrame(
                np.asanyarray(frame.get_data()).copy(),
                float(frame.get_units()),
                intrinsics_of(frame.profile.as_video_stream_profile().intrinsics),
                stamp_s,
                restarts,
            )

    def close(self) -> None:
        """Stop the sensor."""
        if self._open:
            self._open = False
            self._sensor.stop()
            self._sensor.close()


def intrinsics_of(given: Any) -> Intrinsics:
    """
    Return the intrinsics of pyrealsense2.intrinsics.

    Depth of the stereo cameras is rectified: its coefficients are 0. Raises SourceError for a lens
    model other than Brown and Conrady's with coefficients that are not 0.
    """
    coefficients = tuple(float(value) for value in given.coeffs)
    if not any(coefficients):
        return Intrinsics(given.fx, given.fy, given.ppx, given.ppy)
    if given.model.name != 'brown_conrady':
        raise SourceError(
            f'a lens of the model {given.model.name} with coefficients {coefficients}: expected '
            'rectified depth; read this camera through its ROS driver'
        )
    lens = Distortion('plumb_bob', coefficients)
    return Intrinsics(given.fx, given.fy, given.ppx, given.ppy, lens)


def _find(rs: Any, serial: str) -> Any:
    """Return the device of a serial number, or the first one."""
    devices = list(rs.context().query_devices())
    numbers = [device.get_info(rs.camera_info.serial_number) for device in devices]
    if not devices:
        raise SourceError(
            'no RealSense camera found: plug it into USB 3; on Linux its udev rules must be '
            'installed (librealsense2-udev-rules)'
        )
    if not serial:
        return devices[0]
    if serial not in numbers:
        raise SourceError(f'no RealSense camera {serial!r}: found {", ".join(numbers)}')
    return devices[numbers.index(serial)]


def _depth_stream(rs: Any, device: Any, name: str) -> tuple[Any, Any]:
    """Return the sensor and profile of 16 bit depth that is nearest to the wanted one."""
    found: list[tuple[int, int, int, Any, Any]] = []
    for sensor in device.query_sensors():
        for profile in sensor.get_stream_profiles():
            if profile.stream_type() == rs.stream.depth and profile.format() == rs.format.z16:
                video = profile.as_video_stream_profile()
                away = abs(video.width() - _WIDTH) + abs(video.height() - _HEIGHT)
                found.append((away, abs(profile.fps() - _RATE_HZ), len(found), sensor, profile))
    if not found:
        raise SourceError(f'{name} has no stream of 16 bit depth: expected a depth camera')
    return min(found, key=lambda one: one[:3])[3:]


def _info(rs: Any, device: Any) -> str:
    """Return name and serial number of a device, as far as it has them."""
    kinds = (rs.camera_info.name, rs.camera_info.serial_number)
    return ' '.join(device.get_info(kind) for kind in kinds if device.supports(kind))
