# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A recording as an .rrd file for the Rerun viewer; needs the optional package rerun-sdk."""

from importlib import import_module
from pathlib import Path
from typing import Any, Final

from dense_hand_pose.skeleton import FINGER_COLOURS, HAND_21
import numpy as np

from .records import Floats, Recording

_TIMELINE: Final = 'stamp'
_COLOURS: Final = [FINGER_COLOURS[finger] for finger in HAND_21.fingers]
_RADIUS_M: Final = 0.004
_GREY: Final = (150, 150, 150)


class RerunMissingError(RuntimeError):
    """The package rerun-sdk is not installed; the message says how to get it."""


def load_rerun() -> Any:
    """Return the module of rerun-sdk, or raise RerunMissingError."""
    try:
        return import_module('rerun')
    except ImportError as error:
        remedy = 'pip install rerun-sdk'
        raise RerunMissingError(f'--rerun needs rerun-sdk ({error}): {remedy}') from error


def write_rerun(path: Path, recording: Recording) -> None:
    """Write both skeletons, confidence and error over the time of the stamps."""
    rr = load_rerun()
    stream = rr.RecordingStream('dense_hand_pose')
    stream.save(str(path))
    stream.log('camera', rr.ViewCoordinates.RDF, static=True)  # x right, y down, z forward
    for frame in recording.frames:
        stream.set_time(_TIMELINE, timestamp=np.datetime64(frame.stamp_ns, 'ns'))
        true = recording.truth.get(frame.stamp_ns)
        _log_hand(rr, stream, 'camera/estimate', frame.joints_m, _COLOURS)
        _log_hand(rr, stream, 'camera/ground_truth', true, _GREY)
        if frame.confidence is not None:
            stream.log('confidence', rr.Scalars([float(frame.confidence.mean())]))
        errors = recording.errors_m(frame)
        if errors is not None:
            stream.log('mean_error_mm', rr.Scalars([1000.0 * float(errors.mean())]))
    stream.flush()
    stream.disconnect()


def _log_hand(rr: Any, stream: Any, entity: str, joints: Floats | None, colours: Any) -> None:
    """Log the joints and bones of a hand; clear what was there for none."""
    if joints is None:
        stream.log(entity, rr.Clear(recursive=True))
        return
    points = rr.Points3D(joints, colors=colours, radii=_RADIUS_M, labels=list(HAND_21.joints))
    stream.log(f'{entity}/joints', points)
    strips = [joints[list(bone)] for bone in HAND_21.bones]
    bones = colours if colours is _GREY else [colours[child] for _, child in HAND_21.bones]
    stream.log(f'{entity}/bones', rr.LineStrips3D(strips, colors=bones, radii=_RADIUS_M / 2))
