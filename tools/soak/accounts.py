# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What was sent, what the node says of it and what was heard, side by side for each fault."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from dense_hand_pose.ros.frame_counters import EMPTY_ANSWERS
from faults import ALWAYS, FAULTS
from film import Film, load
import numpy as np

_FRAMES_A_CAUSE = 30
_NUMBERS = ('images', 'answered_hand', 'answered_empty', 'dropped', 'under_way')


class Sent(NamedTuple):
    """A line of a camera's log."""

    fault: str
    defect: str
    camera: int
    frame: int
    times: int


@dataclass
class Row:
    """What became of the images of a fault: the node's counts, what was heard, and the errors."""

    sent: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    heard: int = 0
    errors_mm: list[float] = field(default_factory=list)


def numbers(counts: dict[str, str]) -> Counter[str]:
    """Return what counts images in the counts of a node: the numbers and the causes."""
    wanted = (key for key in counts if key in _NUMBERS or key.startswith('cause.'))
    return Counter({key: int(counts[key]) for key in wanted})


class Accounts:
    """Compare the logs of the cameras with the counts of the nodes and the answers heard."""

    def __init__(self, audience: Any, folder: Path, namespaces: tuple[str, ...]) -> None:
        self.rows: dict[str, Row] = {name: Row() for name in FAULTS}
        self._audience = audience
        self._folder = folder
        self._namespaces = namespaces
        self._wrong: list[str] = []

    def counts(self, namespace: str) -> Counter[str]:
        """Return the newest account of a node."""
        return numbers(self._audience.counts[namespace][-1][1])

    def add(self, fault: str, before: Counter[str]) -> None:
        """Add to the row of a fault what the first node did since `before`."""
        row, now = self.rows[fault], self.counts('/left')
        for key, value in now.items():
            kind, _, cause = key.partition('.')
            part, name = (row.causes, cause) if kind == 'cause' else (row.counts, key)
            part[name] += value - before[key]
        accounted = sum(now[key] for key in _NUMBERS[1:])
        if accounted != now['images'] or now['under_way'] < 0:
            self._wrong.append(f'{fault}: the counts do not balance: {dict(now)}')

    def problems(self) -> list[str]:
        """Fill in what was sent and heard; return everything that must not be."""
        wrong = [*self._wrong, *(f'{what}: {n}' for what, n in self._audience.wrong.items())]
        films = load(self._folder / 'film.npz')
        for namespace in self._namespaces:
            sent = _read_log(self._folder / f'{namespace.strip("/")}.sent')
            answers = self._audience.answers[namespace]
            strangers = answers.keys() - sent.keys()
            if strangers:
                wrong.append(f'{namespace}: {len(strangers)} answers with a stamp never sent')
            if not answers:
                wrong.append(f'{namespace}: no answer')
            if namespace == '/left':
                self._fill(sent, answers, films)
        wrong += self._control_problems()
        for fault, row in self.rows.items():
            wrong += [f'{fault}: {text}' for text in _row_problems(fault, row)]
        return wrong

    def _fill(self, sent: dict[int, Sent], answers: dict[int, Any], films: list[Film]) -> None:
        for stamp, what in sent.items():
            row = self.rows[what.fault]
            row.sent += what.times
            if stamp not in answers:
                continue
            row.heard += 1
            joints = answers[stamp]
            if joints is not None and what.defect == '-':
                miss_m = joints - films[what.camera].joints_m[what.frame]
                row.errors_mm.append(1e3 * float(np.linalg.norm(miss_m, axis=1).mean()))

    def _control_problems(self) -> list[str]:
        """Return what the faults of one camera did to the node of the other: nothing must."""
        causes = {k.partition('.')[2] for k in self.counts('/right') if k.startswith('cause.')}
        strange = causes - {*ALWAYS}
        return [f'/right: steady, but images dropped for {strange}'] * bool(strange)


def _row_problems(fault: str, row: Row) -> list[str]:
    known = FAULTS[fault]
    if not row.sent:
        return []
    found = {cause for cause, count in row.causes.items() if count}
    strange = found - {*known.may, *known.must, *ALWAYS}
    # A frame that was replaced unseen says nothing: only many frames have to show all causes.
    expected = known.must if row.sent >= _FRAMES_A_CAUSE * len(known.must) else ()
    missing = {*expected} - found
    wrong = [f'dropped for {strange}'] * bool(strange) + [f'no {missing}'] * bool(missing)
    images, hands = row.counts['images'], row.counts['answered_hand']
    answered = hands + row.counts['answered_empty']
    if images > row.sent:
        wrong.append(f'{images} images counted, {row.sent} sent')
    if row.heard > answered:
        wrong.append(f'{row.heard} answers heard, {answered} counted')
    if not hands:
        wrong.append('no hand found')
    return wrong


def _read_log(path: Path) -> dict[int, Sent]:
    """Return the images that a camera sent, by stamp in nanoseconds."""
    sent: dict[int, Sent] = {}
    for line in path.read_text().splitlines():
        stamp, fault, defect, camera, frame = line.split()
        times = 1 + (sent[int(stamp)].times if int(stamp) in sent else 0)
        sent[int(stamp)] = Sent(fault, defect, int(camera), int(frame), times)
    return sent


def table(rows: dict[str, Row]) -> str:
    """Return the fault table in Markdown."""
    lines = [
        '| fault | what was sent | images sent | received | hand | empty | dropped, by cause '
        '| waiting | heard | joint error, median |',
        '|---|---|---|---|---|---|---|---|---|---|',
    ]
    for fault, row in rows.items():
        causes = sorted(cause for cause in row.causes if cause not in EMPTY_ANSWERS)
        drops = ', '.join(f'{cause} {row.causes[cause]}' for cause in causes if row.causes[cause])
        error = f'{np.median(row.errors_mm):.1f} mm' if row.errors_mm else '-'
        lines.append(
            f'| {fault} | {FAULTS[fault].sent} | {row.sent} | {row.counts["images"]} '
            f'| {row.counts["answered_hand"]} | {row.counts["answered_empty"]} '
            f'| {drops or "none"} '
            f'| {row.counts["under_way"]:+} | {row.heard} | {error} |'
        )
    return '\n'.join(lines)
