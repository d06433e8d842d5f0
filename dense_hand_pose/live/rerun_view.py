# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Depth and hands in three dimensions, in Rerun's viewer or in a file (rerun-sdk)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from dense_hand_pose.estimator import HandPose
from dense_hand_pose.skeleton import HAND_21
import numpy as np

from .source import LiveFrame

_AXIS_M, _RADIUS_M = 0.05, 0.004
_BONES = np.array(HAND_21.bones)


class RerunView:
    """
    A recording of rerun-sdk: `camera/depth`, and `hand_<id>` with joints, bones, palm and scalars.

    ``file``: an .rrd file to write instead of the viewer, which is started else. Raises OSError
    where the file cannot be written.
    """

    def __init__(self, file: Path | None = None) -> None:
        rr = import_module('rerun')
        self._rr = rr
        self._recording: Any = rr.RecordingStream('dense_hand_pose')
        self._shown: set[str] = set()
        if file is None:
            self._recording.spawn()
        else:
            file.touch()  # rerun logs what is wrong with a path, and goes on
            self._recording.save(file)
        self._recording.log('/', rr.ViewCoordinates.RDF, static=True)

    def show(self, frame: LiveFrame, hands: Sequence[HandPose]) -> bool:
        """Log a frame with its hands; always True."""
        rr, recording, intrinsics = self._rr, self._recording, frame.intrinsics
        recording.set_time('stamp', duration=frame.stamp_s)
        height, width = frame.depth.shape
        camera = rr.Pinhole(
            focal_length=[intrinsics.fx, intrinsics.fy],
            principal_point=[intrinsics.cx, intrinsics.cy],
            resolution=[width, height],
        )
        recording.log('camera', camera)
        recording.log('camera/depth', rr.DepthImage(frame.depth, meter=1.0 / frame.unit_m))
        names = {f'hand_{hand.hand_id}': hand for hand in hands}
        for gone in self._shown - set(names):
            recording.log(gone, rr.Clear(recursive=True))
        for name, hand in names.items():
            self._log_hand(name, hand)
        self._shown = set(names)
        return True

    def close(self) -> None:
        """Write what is left."""
        self._recording.flush()

    def _log_hand(self, name: str, hand: HandPose) -> None:
        rr, recording = self._rr, self._recording
        joints = hand.joints
        recording.log(f'{name}/joints', rr.Points3D(joints, radii=_RADIUS_M))
        recording.log(f'{name}/bones', rr.LineStrips3D(joints[_BONES], radii=0.5 * _RADIUS_M))
        recording.log(f'{name}/score', rr.Scalars(hand.score))
        if hand.fit is None:
            return
        palm = hand.fit.palm
        axes = rr.Arrows3D(
            origins=np.tile(palm[:3, 3], (3, 1)),
            vectors=_AXIS_M * palm[:3, :3].T,
            colors=255 * np.eye(3, dtype=np.uint8),
        )
        recording.log(f'{name}/palm', axes)
        recording.log(f'{name}/pinch_m', rr.Scalars(hand.fit.pinch_m))
        recording.log(f'{name}/grasp', rr.Scalars(hand.fit.grasp))
