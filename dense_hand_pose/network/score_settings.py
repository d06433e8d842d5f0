# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The thresholds and the calibration of hand scores that belong to weights, not to code.

They stand in the header of a pose network's weight file, as JSON under the key ``scores``. A file
without them has the values of the weights that version 0.1 ships. ``tools.calibrate_scores``
chooses and writes them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
import json
import math
from pathlib import Path
from typing import Any

from .weight_file import read_notes, WeightsError

NOTE = 'scores'
"""The key of a weight file's header."""
_LEAST_PROBABILITY = 1e-9


def log_odds(probability: float) -> float:
    """Return the log odds of a probability, limited to those of 1e-9."""
    limited = min(max(probability, _LEAST_PROBABILITY), 1.0 - _LEAST_PROBABILITY)
    return math.log(limited / (1.0 - limited))


def probability(odds: float) -> float:
    """Return the probability in [0, 1] of log odds."""
    return 1.0 / (1.0 + math.exp(-odds)) if odds >= 0.0 else 1.0 - probability(-odds)


@dataclass(frozen=True)
class ScoreMap:
    """
    A score's probability of a hand: slope times its log odds plus offset (Platt scaling).

    Platt, Probabilistic Outputs for Support Vector Machines, 1999. The identity by default.
    """

    slope: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers: a map must rise."""
        if not (math.isfinite(self.slope) and self.slope > 0.0):
            raise ValueError(f'slope = {self.slope!r}: expected a positive number')
        if not math.isfinite(self.offset):
            raise ValueError(f'offset = {self.offset!r}: expected a finite number')

    def __call__(self, score: float) -> float:
        """Return the probability in [0, 1] of a score in [0, 1]."""
        if self.slope == 1.0 and self.offset == 0.0:
            return score
        return probability(self.slope * log_odds(score) + self.offset)


@dataclass(frozen=True, kw_only=True)
class ScoreSettings:
    """
    What the scores of a pose network mean.

    neutral_score: the detector's score that adds nothing to the network's log odds of a hand;
    detector_weight: the weight of the detector's log odds beside those of the network.
    hopeless_score: candidates of the detector whose first estimate has a lower score are not
    refined. fused: the calibration of scores that network and detector make together (a hand that
    a search finds); network: that of scores of the network alone (a hand that is followed).
    """

    neutral_score: float = 0.646
    detector_weight: float = 1.0
    hopeless_score: float = 0.00125
    fused: ScoreMap = field(default_factory=ScoreMap)
    network: ScoreMap = field(default_factory=ScoreMap)

    def __post_init__(self) -> None:
        """Check the ranges; errors name the value."""
        for name in ('neutral_score', 'hopeless_score'):
            value = getattr(self, name)
            if not 0.0 < value < 1.0:
                raise ValueError(f'{name} = {value!r}: expected a number between 0 and 1')
        if not 0.0 < self.detector_weight <= 2.0:
            weight = self.detector_weight
            raise ValueError(f'detector_weight = {weight!r}: expected more than 0, at most 2')

    def to_note(self) -> dict[str, str]:
        """Return the entry of a weight file's header."""
        return {NOTE: json.dumps(asdict(self))}

    @classmethod
    def from_notes(cls, notes: Mapping[str, str]) -> 'ScoreSettings':
        """Return the settings of a header, the defaults where it has none; ValueError for bad."""
        if NOTE not in notes:
            return cls()
        values = _checked(json.loads(notes[NOTE]), cls, NOTE)
        for name in ('fused', 'network'):
            if name in values:
                values[name] = ScoreMap(**_checked(values[name], ScoreMap, f'{NOTE}.{name}'))
        return cls(**values)

    @classmethod
    def read(cls, path: Path) -> 'ScoreSettings':
        """Return the settings of a weight file; WeightsError for a header that is damaged."""
        try:
            return cls.from_notes(read_notes(path))
        except (TypeError, ValueError, RecursionError) as error:
            if isinstance(error, WeightsError):
                raise
            raise WeightsError(
                f'{path}: its header has unusable {NOTE} ({" ".join(str(error).split())}); '
                'write them again with python -m tools.calibrate_scores'
            ) from error


def _checked(values: Any, kind: type, where: str) -> dict[str, Any]:
    """Return the values of a dataclass; ValueError for no mapping, unknown keys, no numbers."""
    if not isinstance(values, dict):
        raise ValueError(f'{where} = {values!r}: expected a mapping')
    known = {entry.name for entry in fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(f'{where}: unknown {", ".join(unknown)}, known are {sorted(known)}')
    for name, value in values.items():
        if not isinstance(value, dict) and type(value) not in (int, float):
            raise ValueError(f'{where}.{name} = {value!r}: expected a number')
    return dict(values)
