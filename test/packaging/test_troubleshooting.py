# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""docs/troubleshooting.md quotes the node as it speaks, and has a remedy for each complaint."""

from pathlib import Path
import re

import pytest
from support.document_words import prose, ROOT

PACKAGE = ROOT / 'dense_hand_pose'
DOCUMENTS = [ROOT / 'docs' / name for name in ('troubleshooting.md', 'robot.md')]
COMPLAINTS = 18
OTHERS = ('A module that was compiled using NumPy 1.x cannot be run in NumPy 2',)
"""Messages of other programs."""
by_document = pytest.mark.parametrize('document', DOCUMENTS, ids=lambda path: path.name)


def said() -> str:
    """Return all code of the package, with literals over several lines in one."""
    code = '\n'.join(path.read_text() for path in PACKAGE.rglob('*.py'))
    return re.sub(r"'\s*\n\s*f?'", '', code)


def quotations(document: Path) -> list[str]:
    """Return what stands in italics."""
    text = ' '.join(re.sub(r'\*\*[^*]+\*\*', '', prose(document)).split())
    return re.findall(r'(?<![*\w])\*([^*]+)\*(?![*\w])', text)


def test_every_complaint_has_its_section_and_is_listed() -> None:
    text = DOCUMENTS[0].read_text()
    headings = re.findall(r'^## (\d+)\. ', text, re.M)
    assert [int(number) for number in headings] == list(range(1, COMPLAINTS + 1))
    listed = re.findall(r'\[(\d+)\]\(#', text.partition('\n## ')[0])
    assert sorted(map(int, listed)) == list(range(1, COMPLAINTS + 1))


@by_document
def test_messages_are_quoted_as_they_are(document: Path) -> None:
    source = said()
    for quotation in quotations(document):
        if quotation in OTHERS:
            continue
        # Numbers, N and dots stand for what differs from case to case.
        for part in re.split(r'\d[\d.]*|\bN\b|\.\.\.', quotation):
            assert part.strip(' ()') in source, quotation


@by_document
def test_keys_of_diagnostics_exist(document: Path) -> None:
    pytest.importorskip('rclpy')
    from dense_hand_pose.ros.diagnostics import Diagnostics, PERCENTILES, Timings
    from dense_hand_pose.ros.frame_counters import CAUSES, FrameCounters
    from dense_hand_pose.ros.logs import LimitedLog

    counters = FrameCounters(LimitedLog(lambda *_: None))
    status = Diagnostics('x', counters, Timings()).status('active', {}, False)
    stages = re.findall(r"stages_ms\['(\w+)'\]", (PACKAGE / 'ros' / 'worker.py').read_text())
    facts = (PACKAGE / 'ros' / 'node.py').read_text().partition('def _facts')[2]
    known = {pair.key for pair in status.values}
    known |= {f'{stage}_ms_p{percent}' for stage in stages for percent in PERCENTILES}
    known |= {f'cause.{cause}' for cause in CAUSES} | {'cause.*'}
    known |= set(re.findall(r"'(\w+)':", facts))
    spans = re.findall(r'`([\w.*]+)`', prose(document))
    keys = r'cause\..*|\w+_hz|\w+_ms_p\d+|\w+_ratio|lifecycle_\w+|image_kind|lost_\w+'
    found = {span for span in spans if re.fullmatch(keys, span)}
    assert found
    assert found <= known


def test_every_cause_has_its_row() -> None:
    pytest.importorskip('rclpy')
    from dense_hand_pose.ros.frame_counters import CAUSES

    table = DOCUMENTS[0].read_text().partition('\n## Causes\n')[2]
    rows = re.findall(r'^\| (`[^|]*) \|', table, re.M)
    assert sorted(re.findall(r'`(\w+)`', ' '.join(rows))) == sorted(CAUSES)
