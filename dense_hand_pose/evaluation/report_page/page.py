# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The report of a recording: one HTML page that holds all it needs and may load nothing else.

Style and scripts are those in page/; the policy in its head names them by their hashes, so that
a browser runs and fetches nothing but them, whatever the names in a bag contain.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
import json
from pathlib import Path
import re
from typing import Any, Final

from dense_hand_pose.skeleton import FINGER_COLOURS, FINGERS, HAND_21
import numpy as np

from .worst_frames import Picture
from ..figures import rounded
from ..metrics.joint_errors import frames_under
from ..recordings.records import ANSWERS, FrameRecord, Recording

SHOWN: Final = 3000
"""Frames that the page holds at most: a longer recording is thinned evenly."""
_CURVE_MM: Final = range(81)
_BINS: Final = 40


def shown_places(count: int) -> list[int]:
    """Return which of ``count`` frames the page shows."""
    step = max(1, -(-count // SHOWN))
    return list(range(0, count, step))


def page_data(recording: Recording, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything; numbers that are not finite become null."""
    frames = [recording.frames[place] for place in shown_places(len(recording.frames))]
    counts = Counter(frame.outcome for frame in recording.frames)
    outcomes = [*ANSWERS, *sorted(counts.keys() - set(ANSWERS))]
    errors = [recording.errors_m(frame) for frame in frames]
    begin = min(frame.stamp_ns for frame in frames)
    return {
        'joints': HAND_21.joints,
        'parents': HAND_21.parents,
        'colours': [_hex(finger) for finger in HAND_21.fingers],
        'fingers': [(name, _hex(name)) for name in ('palm', *FINGERS)],
        'times': [round((frame.stamp_ns - begin) / 1e9, 6) for frame in frames],
        'outcomes': outcomes,
        'outcome': [outcomes.index(frame.outcome) for frame in frames],
        'outcome_counts': [counts[name] for name in outcomes],
        'confidence': rounded([_mean(frame.confidence) for frame in frames]),
        'errors_mm': rounded([None if e is None else 1000.0 * e.mean() for e in errors]),
        'worst_mm': rounded([None if e is None else 1000.0 * e.max() for e in errors]),
        **_poses(recording, frames),
        'success': rounded(_success(recording)),
        'success_label': 'Share of frames with every joint under a threshold',
        'latency': _histogram(recording.frames),
        **joint_parts(metrics),
    }


def joint_parts(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bars of the joints: their errors, or how their bones vary without a truth."""
    accuracy = metrics['accuracy']
    if accuracy is not None:
        values = {n: e['mean_joint_error_mm'] for n, e in accuracy['per_joint'].items()}
        label = 'Mean error of each joint'
    else:
        values = metrics['stability']['per_bone']
        label = 'Standard deviation of the length of the bone to each joint'
    colours = {name: _hex(f) for name, f in zip(HAND_21.joints, HAND_21.fingers, strict=True)}
    parts = [{'name': n, 'value': v, 'colour': colours[n]} for n, v in values.items()]
    return {'parts': parts, 'parts_label': label}


def _poses(recording: Recording, frames: Sequence[FrameRecord]) -> dict[str, str | None]:
    """Return all joints as base64 of float32, NaN for no hand, and confidences as bytes."""
    shape = (len(frames), len(HAND_21), 3)
    poses, truth = np.full(shape, np.nan, '<f4'), np.full(shape, np.nan, '<f4')
    certainty = np.zeros(shape[:2], np.uint8)
    for place, frame in enumerate(frames):
        true = recording.truth.get(frame.stamp_ns)
        if frame.joints_m is not None:
            poses[place] = frame.joints_m
        if true is not None:
            truth[place] = true
        if frame.confidence is not None:
            certainty[place] = np.rint(255.0 * np.clip(frame.confidence, 0.0, 1.0))
    return {
        'poses': _packed(poses),
        'truth': _packed(truth) if np.isfinite(truth).any() else None,
        'certainty': _packed(certainty) if certainty.any() else None,
    }


def _success(recording: Recording) -> list[float]:
    """Return the share of frames with every joint under each of _CURVE_MM."""
    known = [
        f for f in recording.frames if f.answered and recording.truth.get(f.stamp_ns) is not None
    ]
    if not known:
        return []
    found = [recording.errors_m(frame) for frame in known]
    errors = np.stack([np.full(len(HAND_21), np.inf) if e is None else e for e in found])
    return [frames_under(errors, threshold) for threshold in _CURVE_MM]


def _histogram(frames: Sequence[FrameRecord]) -> dict[str, list[float]]:
    """Return edges and counts of the latencies; the slowest hundredth shares the last bin."""
    latencies = np.array([f.latency_ms for f in frames if f.latency_ms is not None])
    if not latencies.size:
        return {'edges': [], 'counts': []}
    low = min(float(latencies.min()), 0.0)
    high = max(float(np.percentile(latencies, 99.0)) * 1.1, low + 1e-3)
    counts, edges = np.histogram(np.minimum(latencies, high), _BINS, (low, high))
    return {'edges': rounded(edges.tolist()), 'counts': counts.tolist()}


def _mean(values: Any) -> float | None:
    return None if values is None else float(values.mean())


def _hex(finger: str) -> str:
    """Return the colour of a finger as CSS has it."""
    return '#' + ''.join(f'{part:02x}' for part in FINGER_COLOURS[finger])


def _packed(array: np.ndarray[Any, Any]) -> str:
    return b64encode(array.tobytes()).decode('ascii')


_FOLDER: Final = Path(__file__).with_name('page')
_SCRIPTS: Final = ('charts.js', 'hand.js', 'main.js')


def report_page(
    recording: Recording,
    metrics: Mapping[str, Any],
    pictures: Sequence[Picture],
    figures: Sequence[tuple[str, str]],
    *,
    title: str,
    facts: str,
    warning: str = '',
) -> str:
    """
    Return the page.

    figures: name and value of each. ``warning``: what is incomplete.
    Raises ValueError for a recording without frames.
    """
    if not recording.frames:
        raise ValueError('a report needs at least one frame')
    style = _read('page.css')
    script = "(() => {\n'use strict';\n" + '\n'.join(map(_read, _SCRIPTS)) + '\n})();\n'
    places = shown_places(len(recording.frames))
    parts = joint_parts(metrics)
    measured = metrics['accuracy'] is not None
    values = {
        'policy': _policy(style, script),
        'title': escape(title),
        'facts': escape(facts),
        'warning': f'<p class="warning" role="status">{escape(warning)}</p>' if warning else '',
        'figures': _table(figures),
        'parts_title': escape(parts['parts_label']),
        'parts_table': _table(
            (p['name'], _cell(p['value'])) for p in joint_parts(metrics)['parts']
        ),
        'worst_title': 'Frames with the largest error' if measured else 'Least certain frames',
        'worst': '\n'.join(_item(picture, places) for picture in pictures),
        'data': _json(page_data(recording, metrics)),
        'style': style,
        'script': script,
    }
    return re.sub('@([a-z_]+)@', lambda match: values[match[1]], _read('page.html'))


def _read(name: str) -> str:
    """Return a part of the page."""
    return (_FOLDER / name).read_text(encoding='utf-8')


def _policy(style: str, script: str) -> str:
    """Return a content security policy that allows this style and script and inline pictures."""
    style_hash, script_hash = (
        b64encode(sha256(text.encode()).digest()).decode() for text in (style, script)
    )
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{style_hash}'; "
        f"script-src 'sha256-{script_hash}'; base-uri 'none'; form-action 'none'"
    )


def _json(values: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the element that it stands in."""
    text = json.dumps(values, allow_nan=False, separators=(',', ':'))
    return text.replace('<', '\\u003c')


def _table(rows: Any) -> str:
    """Return rows of a name and a value."""
    cells = (f'<tr><th scope="row">{escape(n)}</th><td>{escape(v)}</td></tr>' for n, v in rows)
    return f'<table>{"".join(cells)}</table>'


def _item(picture: Picture, places: Sequence[int]) -> str:
    """Return a picture as a button that shows its frame above."""
    nearest = min(range(len(places)), key=lambda i: abs(places[i] - picture.place))
    text = escape(picture.text)
    source = f'data:image/png;base64,{b64encode(picture.png).decode("ascii")}'
    image = f'<img src="{source}" alt="Skeletons over the depth image">'
    return f'<li><button type="button" data-frame="{nearest}">{image}{text}</button></li>'


def _cell(value: float | None) -> str:
    return '-' if value is None else f'{value:.2f}'
