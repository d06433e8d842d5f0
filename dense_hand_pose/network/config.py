# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Network configurations: ``paper`` of Wan et al., ``default`` that ships, ``large`` for GPUs."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from dense_hand_pose.config_fields import bounded, check_fields, one_of

HEADS = ('paper', 'shared')
STEMS = ('paper', 'folded')
TASKS = (
    'dense', 'coordinates', 'detection_coordinates', 'detection_depth', 'offset', 'detector',
)  # fmt: skip
GRAPH_VERSION = 5
"""Raise it with every change of code that changes what network or decoding compute."""
_FIRST_HIDDEN = 64
"""Of the first presence heads, whose files do not name the number."""
_WIDEST = 1024
"""More would be a damaged file that asks for all memory rather than a network."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """
    The architecture of a dense regression network; all that is needed to build it again.

    ``widths``: channels of the hourglass at 32, 16, 8, 4 and 2 pixels. ``stem``: 'paper'
    (convolutions from the full crop down) or 'folded' (4 x 4 pixels become channels at once).
    ``head``: 'paper' (Sec. 3.3: R, then S from R's features and the depth, then V from
    both) or 'shared' (one product on shared features makes all maps). ``task``: what the network
    learns; 'dense' is R, S and V, the others are the paper's baselines (baselines.py), which have
    a head of their own; 'detector' finds hands in whole frames (detector.py), the widths being
    those at 32 rows of pixels, 16, 8, 4 and 2. ``verdict``: whether it has the presence and
    handedness head (presence.py), with ``verdict_hidden`` hidden units.
    """

    joints: int = bounded(21, 1, 64)
    stacks: int = bounded(2, 1, 8)
    stem: str = one_of('paper', STEMS)
    widths: tuple[int, ...] = (128, 128, 128, 128, 128)
    head: str = one_of('paper', HEADS)
    theta_m: float = bounded(0.08, 0.001, 1.0, 'm')
    tau_px: float = bounded(4.0, 0.1, 32.0, 'px')
    task: str = one_of('dense', TASKS)
    verdict: bool = False
    verdict_hidden: int = bounded(_FIRST_HIDDEN, 1, _WIDEST)

    def __post_init__(self) -> None:
        """Check the values; errors name them."""
        if len(self.widths) != 5 or not all(8 <= width <= _WIDEST for width in self.widths):
            raise ValueError(f'widths = {self.widths}: expected five numbers, 8 to {_WIDEST}')
        check_fields(self)
        may_judge = self.task == 'dense' and self.joints == 21
        if type(self.verdict) is not bool or (self.verdict and not may_judge):
            raise ValueError(
                f'verdict = {self.verdict!r}: expected true or false, and true only with task '
                'dense and 21 joints'
            )
        if type(self.verdict_hidden) is not int:
            raise ValueError(f'verdict_hidden = {self.verdict_hidden!r}: expected a whole number')

    def to_dict(self) -> dict[str, Any]:
        """
        Return the values as plain types, for YAML and a weight file's metadata.

        The task 'dense', no presence head, and the size of the first ones are left out: earlier
        versions read no other.
        """
        values = {**asdict(self), 'widths': list(self.widths)}
        if self.task == 'dense':
            del values['task']
        if not self.verdict:
            del values['verdict']
        if not self.verdict or self.verdict_hidden == _FIRST_HIDDEN:
            del values['verdict_hidden']
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> 'NetworkConfig':
        """Build from plain types; ValueError names a key that is not known."""
        if not isinstance(values, dict):
            raise ValueError(f'network settings {values!r}: expected a mapping')
        known = {field.name for field in fields(cls)}
        unknown = sorted(str(key) for key in set(values) - known)
        if unknown:
            raise ValueError(
                f'unknown network settings {", ".join(unknown)}: '
                f'known are {", ".join(sorted(known))}'
            )
        widths = values.get('widths')
        return cls(**{**values, **({'widths': tuple(widths)} if widths is not None else {})})


CONFIGURATIONS = {
    'paper': NetworkConfig(),
    'default': NetworkConfig(
        stacks=1, stem='folded', widths=(96, 128, 192, 256, 256), head='shared'
    ),
    'large': NetworkConfig(
        stacks=2, stem='folded', widths=(256, 256, 256, 192, 192), head='shared'
    ),
    'detector': NetworkConfig(
        stacks=1, stem='folded', widths=(64, 96, 128, 128, 128), head='shared', task='detector'
    ),
}
