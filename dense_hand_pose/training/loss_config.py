# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""How the terms of a training loss are weighed."""

from dataclasses import dataclass, fields

from .settings import check_types


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """
    Weights of the loss terms and the widths of their quadratic parts.

    ``beta`` is that of the maps, ``coordinates_beta`` that of the joints in half cubes.
    ``presence`` weighs whether there is a hand, where crops without one are among the data.
    """

    heat_2d: float = 1.0
    heat_3d: float = 1.0
    direction: float = 1.0
    coordinates: float = 2.0
    presence: float = 0.3
    beta: float = 0.05
    coordinates_beta: float = 0.05

    def __post_init__(self) -> None:
        """Refuse negative weights."""
        check_types(self, 'loss.')
        for entry in fields(self):
            if getattr(self, entry.name) < 0.0:
                raise ValueError(f'loss.{entry.name} = {getattr(self, entry.name)}: below zero')
