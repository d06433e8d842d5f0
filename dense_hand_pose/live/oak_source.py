# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A Luxonis OAK camera as a source of frames (depthai 3, the extra `oak`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np

from .source import LiveFrame, SourceError

_WAIT = timedelta(seconds=5)
_SIZE_PX, _RATE_HZ = (640, 400), 30.0
_MM = 0.001


class OakSource:
    """
    The newest depth frames of the stereo pair of an OAK camera; rectified, millimetres.

    ``serial``: the camera's id or address, '' for the first one. Raises SourceError without a
    camera.
    """

    def __init__(self, serial: str = '') -> None:
        dai = import_module('depthai')
        self.name = f'OAK {serial}'.strip()
        try:
            device = dai.Device(serial) if serial else dai.Device()
            self._pipeline = dai.Pipeline(device)
            stereo = self._pipeline.create(dai.node.StereoDepth).build(
                autoCreateCameras=True, size=_SIZE_PX, fps=_RATE_HZ
            )
            self._frames = stereo.depth.createOutputQueue(maxSize=1, blocking=False)
            self._pipeline.start()
        except RuntimeError as error:
            raise SourceError(
                f'{self.name} cannot be opened: {error}; plug it into USB 3 or give its address '
                'with --serial; on Linux its udev rule must be installed (docs.luxonis.com)'
            ) from error
        self._open = True

    def __iter__(self) -> Iterator[LiveFrame]:
        """Yield frames until the source is closed."""
        while self._open:
            try:
                image = self._frames.get(_WAIT)
            except RuntimeError as error:
                raise SourceError(f'{self.name} stopped: {error}; plug it in again') from error
            if image is None:
                raise SourceError(
                    f'{self.name} sent no frame for {_WAIT.seconds} s: plug it in again'
                )
            yield frame_of(image)

    def close(self) -> None:
        """Stop the camera."""
        if self._open:
            self._open = False
            self._pipeline.stop()


def frame_of(image: Any) -> LiveFrame:
    """Return a depthai.ImgFrame of type RAW16 as a frame; SourceError for another type."""
    depth = np.asarray(image.getFrame())
    if depth.dtype != np.uint16 or depth.ndim != 2:
        raise SourceError(f'an OAK image of {depth.dtype} {depth.shape}: expected 16 bit depth')
    matrix = image.getTransformation().getIntrinsicMatrix()
    (fx, _, cx), (_, fy, cy), _ = matrix
    stamp_s = image.getTimestampDevice().total_seconds()
    return LiveFrame(depth.copy(), _MM, Intrinsics(fx, fy, cx, cy), stamp_s)
