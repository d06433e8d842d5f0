# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The file for the Rerun viewer, where rerun-sdk is installed; a plain word where it is not."""

from pathlib import Path
import sys

from dense_hand_pose.cli import main
from dense_hand_pose.evaluation.recordings.records import FrameRecord, Recording
from dense_hand_pose.evaluation.recordings.tables import write_rerun
import numpy as np
import pytest


def test_without_the_package_the_option_says_how_to_get_it(
    sample: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, 'rerun', None)
    assert main(['evaluate', 'bag', str(sample), '--rerun', 'x.rrd']) == 2
    assert 'pip install rerun-sdk' in capsys.readouterr().err


def test_both_skeletons_are_in_the_file(tmp_path: Path) -> None:
    chunk = pytest.importorskip('rerun.chunk', reason='rerun-sdk is not installed')
    hand = np.full((21, 3), 0.5)
    frames = [
        FrameRecord(
            stamp_ns=i, received_ns=i, frame_id='', outcome='hand' if i else 'no_hand',
            joints_m=hand if i else None, confidence=np.ones(21) if i else None,
        )
        for i in range(3)
    ]  # fmt: skip
    write_rerun(tmp_path / 'hands.rrd', Recording(frames, dict.fromkeys(range(3), hand)))
    chunks = list(chunk.RrdReader(tmp_path / 'hands.rrd').stream())
    rows: dict[str, int] = {}
    for part in chunks:
        rows[str(part.entity_path)] = rows.get(str(part.entity_path), 0) + part.num_rows
    for hand_name, count in (('estimate', 2), ('ground_truth', 3)):
        for what in ('joints', 'bones'):
            assert rows[f'/camera/{hand_name}/{what}'] >= count
    assert rows['/confidence'] == rows['/mean_error_mm'] == 2
