# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The figures of a recording as a table for people, its frames and joints as CSV and as .rrd.

The .rrd file of the Rerun viewer needs the optional package rerun-sdk.
"""

from collections.abc import Iterator, Mapping, Sequence
import csv
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from dense_hand_pose.safe_output import printable, text_file
from dense_hand_pose.skeleton import FINGER_COLOURS, HAND_21
import numpy as np

from .records import Floats, FrameRecord, Recording
from ..figures import decimal

_WIDTH: Final = 32
_FRAMES: Final = (
    'stamp_ns', 'received_ns', 'outcome', 'mean_confidence', 'mean_error_mm', 'max_error_mm',
    'reason',
)  # fmt: skip
_JOINTS: Final = (
    'stamp_ns', 'joint', 'x_m', 'y_m', 'z_m', 'confidence', 'spread_m',
    'true_x_m', 'true_y_m', 'true_z_m', 'error_mm', 'hand_id',
)  # fmt: skip


def figure_rows(metrics: Mapping[str, Any], timing: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and value of each figure, its unit at the end of the name."""
    accuracy, stability = metrics['accuracy'], metrics['stability']
    rows: list[tuple[str, str]] = [
        ('frames', str(metrics['frames'])),
        ('answered', str(metrics['frames_answered'])),
        ('with a hand', str(metrics['frames_with_hand'])),
    ]
    rows += [(f'dropped: {cause}', str(n)) for cause, n in metrics['dropped_by_cause'].items()]
    rows.append(('hand present, % of answers', _percent(metrics['presence']['share'])))
    if metrics['confidence'] is not None:
        rows.append(('mean confidence', decimal(metrics['confidence']['mean'], 2)))
    if accuracy is not None:
        for part in ('mean', 'median', 'p95'):
            rows.append((f'{part} joint error, mm', decimal(accuracy[f'{part}_joint_error_mm'])))
        for threshold, share in (accuracy['frames_under_mm'] or {}).items():
            rows.append((f'every joint under {threshold} mm, %', _percent(share)))
    rows += [
        ('jitter at rest, mm', decimal(stability['jitter_rest_mm'], 2)),
        ('jitter, mm', decimal(stability['jitter_all_mm'], 2)),
        ('bone length varies by, mm', decimal(stability['bone_sd_mm'], 2)),
        ('latency p50, ms', decimal(timing['latency_ms']['p50'])),
        ('latency p95, ms', decimal(timing['latency_ms']['p95'])),
    ]
    return rows


def figures_table(rows: Sequence[tuple[str, str]]) -> str:
    """Return a line of text for each of figure_rows()."""
    return '\n'.join(f'{name:<{_WIDTH}}{value:>10}' for name, value in rows)


def write_frames(path: Path, recording: Recording) -> None:
    """Write a row per frame; empty where there is nothing."""
    _write(path, _FRAMES, (_frame_row(recording, frame) for frame in recording.frames))


def write_joints(path: Path, recording: Recording) -> None:
    """Write a row per joint of each frame with a hand."""
    rows = (row for frame in recording.hands for row in _joint_rows(recording, frame))
    _write(path, _JOINTS, rows)


def _write(path: Path, header: tuple[str, ...], rows: Iterator[list[Any]]) -> None:
    """Write a CSV file."""
    with text_file(path) as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(header)
        writer.writerows(rows)


def _frame_row(recording: Recording, frame: FrameRecord) -> list[Any]:
    """Return the row of a frame."""
    confidence = '' if frame.confidence is None else f'{frame.confidence.mean():.4f}'
    errors_m = recording.errors_m(frame)
    errors = ['', '']
    if errors_m is not None:
        errors = [f'{1000.0 * value:.3f}' for value in (errors_m.mean(), errors_m.max())]
    reason = printable(frame.reason, 300)
    return [frame.stamp_ns, frame.received_ns, frame.outcome, confidence, *errors, reason]


def _joint_rows(recording: Recording, frame: FrameRecord) -> Iterator[list[Any]]:
    """Yield the rows of the joints of a frame's hands; each hand has its own error."""
    true = recording.truth.get(frame.stamp_ns)
    hands = [(frame.hand_id, frame.joints_m, frame.confidence, frame.spread_m)]
    hands += [(o.hand_id, o.joints_m, o.confidence, o.spread_m) for o in frame.others]
    nothing = np.full(len(HAND_21), np.nan)
    places = np.full((len(HAND_21), 3), np.nan) if true is None else true
    for hand_id, joints, confidence, spread in hands:
        if joints is None:
            continue
        columns = np.column_stack(
            [
                joints,
                nothing if confidence is None else confidence,
                nothing if spread is None else spread,
                places,
                1000.0 * np.linalg.norm(joints - places, axis=1),
            ]
        )
        for name, row in zip(HAND_21.joints, columns, strict=True):
            numbers = (f'{v:.6f}' if np.isfinite(v) else '' for v in row)
            yield [frame.stamp_ns, name, *numbers, hand_id]


def _percent(share: float | None) -> str:
    return decimal(None if share is None else 100.0 * share)


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
