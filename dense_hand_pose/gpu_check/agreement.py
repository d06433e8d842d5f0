# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The step that compares the joints of every runtime and precision with float32 PyTorch."""

from dense_hand_pose.network.weight_file import find_weights
from dense_hand_pose.runtimes.base import BackendError, Model
from dense_hand_pose.runtimes.precision import joints_of, TOLERANCE_MM
from dense_hand_pose.runtimes.torch_cpu import reference_joints
import numpy as np

from .plan import Check, Row, StepFindings
from .runtimes import Named, named_runtimes


def compare(check: Check, findings: StepFindings) -> None:
    """Compare the joints of the 200 crops; a row for each, or the reason why there is none."""
    model = Model(find_weights(check.model))
    reference_m = reference_joints(model)
    findings.figures['crops'] = len(reference_m)
    findings.figures['accepted, mm on average'] = TOLERANCE_MM
    for named in named_runtimes(check, model):
        findings.rows.append(_row(named, reference_m))


def _row(named: Named, reference_m: np.ndarray) -> Row:
    row: Row = {'backend': named.backend, 'precision': named.precision}
    try:
        joints_m = joints_of(named.make())
    except (BackendError, ImportError, RuntimeError) as error:
        return {**row, 'why not': ' '.join(str(error).split())[:200]}
    misses_mm = 1000.0 * np.linalg.norm(joints_m - reference_m, axis=-1)
    return {
        **row,
        'mean mm': round(float(misses_mm.mean()), 4),
        '99th percentile mm': round(float(np.percentile(misses_mm, 99.0)), 3),
        'largest mm': round(float(misses_mm.max()), 2),
        'accepted': bool(misses_mm.mean() <= TOLERANCE_MM),
    }
