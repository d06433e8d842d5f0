# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The shape of one hand over time: its bones are estimated from confident frames, then held.

Each frame has information about the shape (fit.HandFit.seen). The errors of a network last as
long as a pose does, so that the frames of correlation_s count as one; outliers weigh little in
the fit.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .fit import Shapes

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ShapeConfig:
    """
    How the shape of a hand is estimated over time.

    ``min_confidence``: mean confidence of the joints below which a frame is left out;
    ``every_s``: confident time between two frames that are used: more frames add little;
    ``correlation_s``: frames within that time count as one; ``hold_after_s``: seconds of confident
    frames after which the shape no longer changes.
    """

    min_confidence: float = 0.5
    every_s: float = 0.09
    correlation_s: float = 3.0
    hold_after_s: float = 2.5


class ShapeTrack:
    """The shape of one hand: known() before each fit, learn() after it where wants() says so."""

    def __init__(self, config: ShapeConfig | None = None) -> None:
        self.config = config or ShapeConfig()
        self._known = Shapes.unknown()
        self._held_m: FloatArray | None = None
        self._confident_s = self._pending_s = 0.0

    @property
    def held(self) -> bool:
        """Return whether the shape no longer changes."""
        return self._held_m is not None

    def known(self) -> Shapes | FloatArray:
        """Return what is known of the shape: settled (1, S) in metres, or as Shapes."""
        return self._known if self._held_m is None else self._held_m

    def wants(self, confidence: float, step_s: float) -> bool:
        """Return whether to learn from a frame of a mean confidence, step_s after the last one."""
        confident = self.config.min_confidence <= confidence <= 1.0
        if self._held_m is not None or not confident or step_s <= 0.0:
            return False
        self._pending_s += step_s
        return self._pending_s >= self.config.every_s

    def learn(self, seen: Shapes) -> None:
        """Add the information of a frame that is used (fit.HandFit.seen)."""
        share = min(1.0, self._pending_s / self.config.correlation_s)
        amounts, information = self._known
        # The fit lies between the shape before and that of its joints alone.
        told = seen.information @ seen.amounts[..., None]
        told += information @ (seen.amounts - amounts)[..., None]
        total = information + share * seen.information
        vector = information @ amounts[..., None] + share * told
        mean = np.linalg.solve(total, vector)[..., 0].astype(np.float64, copy=False)
        self._known = Shapes(mean, total)
        self._confident_s += self._pending_s
        self._pending_s = 0.0
        if self._confident_s >= self.config.hold_after_s:
            self._held_m = self._known.shape_m()
