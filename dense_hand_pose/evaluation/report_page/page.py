# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The report of a recording: one HTML page that holds all it needs and may load nothing else.

Style and scripts are those in page/; the policy in its head names them by their hashes, so that
a browser runs and fetches nothing but them, whatever the names in a bag contain.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
import json
from pathlib import Path
import re
from typing import Any, Final

from .data import joint_parts, page_data, shown_places
from .worst_frames import Picture
from ..recordings.records import Recording

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

    figures: name and value of each. ``warning`` says what is incomplete.
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
