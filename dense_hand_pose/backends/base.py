# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What every backend gives: crops and cubes in, joints out, as numpy arrays."""

from typing import NamedTuple, Protocol

from dense_hand_pose.decoding import DecodingConfig
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


class Result(NamedTuple):
    """The decoded joints of N crops as float32 arrays; shapes as in decoding.Decoded."""

    joints_m: Array
    confidence: Array
    spread_m: Array
    votes_m: Array
    vote_weights: Array


class Backend(Protocol):
    """A runtime with a loaded network."""

    name: str

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        ...
