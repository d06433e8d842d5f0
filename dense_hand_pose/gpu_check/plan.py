# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The steps of a check: their order, the time that each may take, and what each one returns."""

from dataclasses import asdict, dataclass, field
import json
from pathlib import Path
from typing import Any

USUAL_MINUTES = 8.0

Row = dict[str, Any]


class CannotRunError(RuntimeError):
    """A step that cannot run here; the message says why in one line."""


@dataclass(frozen=True)
class Step:
    """
    One step: ``function`` is 'module:name' in this package.

    ``limit_s`` holds for a check of USUAL_MINUTES and grows with it; ``needs_gpu`` keeps the step
    from machines without one.
    """

    name: str
    title: str
    function: str
    limit_s: float
    needs_gpu: bool = True


STEPS = (
    Step('machine', 'What is there', 'machine:describe', 20.0, needs_gpu=False),
    Step('engine', 'TensorRT engine', 'engine:build', 150.0),
    Step('agreement', 'Joints against float32', 'runtimes:compare', 70.0, needs_gpu=False),
    Step('tests', 'Tests that need a GPU', 'tests:run', 60.0),
    Step('network', 'Network and decoding alone', 'runtimes:network', 40.0, needs_gpu=False),
    Step('end_to_end', 'From frame to hand', 'runtimes:end_to_end', 60.0, needs_gpu=False),
    Step('training', 'Training steps', 'training:steps', 60.0),
    Step('rendering', 'Crops for a training', 'training:rendering', 20.0, needs_gpu=False),
)
"""In the order of their worth: what comes last is left out first where time runs out."""


@dataclass(frozen=True)
class Check:
    """
    What the steps are to do, as plain values that a child process can be given.

    ``dry`` puts the CPU in the GPU's place, and ``quick`` does as little as shows that a step
    works. ``folder`` is the report's.
    """

    folder: str
    model: str = 'default'
    dry: bool = False
    quick: bool = False
    limit_s: float = 60.0

    def to_json(self) -> str:
        """Return the values as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> 'Check':
        """Return what to_json has written."""
        return cls(**json.loads(text))

    @property
    def path(self) -> Path:
        """Return the report's folder."""
        return Path(self.folder)


@dataclass
class StepFindings:
    """What a step found: single values by name, and the rows of one table."""

    figures: Row = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)


@dataclass
class Outcome:
    """
    How a step ended, for the report.

    ``state``: 'done', 'not run' (it cannot run here, or no time was left), 'failed' or
    'timed out'; ``why`` is one line for all but the first.
    """

    name: str
    title: str
    state: str
    why: str = ''
    spent_s: float = 0.0
    findings: StepFindings = field(default_factory=StepFindings)
