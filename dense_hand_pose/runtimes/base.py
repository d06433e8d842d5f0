# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What every runtime offers: a loaded network, named arrays in, named arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, TYPE_CHECKING

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.network.config import NetworkConfig
from dense_hand_pose.network.score_settings import ScoreSettings
from dense_hand_pose.network.weight_file import read_config, sha256_of
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from dense_hand_pose.network.dense_regression import DenseRegressionNet

Array = npt.NDArray[np.float32]

PRECISIONS = ('auto', 'float32', 'bfloat16', 'float16')


class BackendError(RuntimeError):
    """A backend that does not work here; the message is one line with the reason."""


@dataclass(frozen=True)
class Model:
    """A weight file; header and hash are read without PyTorch. All raise WeightsError."""

    path: Path

    @cached_property
    def config(self) -> NetworkConfig:
        """Return the architecture."""
        return read_config(self.path)

    @cached_property
    def scores(self) -> ScoreSettings:
        """Return the thresholds and the calibration of the network's scores."""
        return ScoreSettings.read(self.path)

    @cached_property
    def sha256(self) -> str:
        """Return the hash of the file."""
        return sha256_of(self.path)

    def network(self) -> DenseRegressionNet:
        """Load the network, float32, its normalisation not yet folded; this imports PyTorch."""
        from dense_hand_pose.network.weights import load_weights

        return load_weights(self.path)


class Runtime(Protocol):
    """A loaded graph; ``precision`` is what the network in it computes in."""

    name: str
    precision: str

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the graph's outputs by name, in arrays of their own."""
        ...


class Backend(Protocol):
    """A runtime of the pose network with its decoding."""

    name: str
    precision: str

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """
    What a backend is to load.

    ``precision`` 'auto' is the fastest that agrees with float32 (precision.py). ``threads`` of
    the CPU; 0 leaves the number to the runtime.
    """

    model: Model
    precision: str = 'auto'
    threads: int = 0

    def __post_init__(self) -> None:
        """Check the values; errors name them."""
        if self.precision not in PRECISIONS:
            raise ValueError(
                f'precision {self.precision!r}: expected one of {", ".join(PRECISIONS)}'
            )
        if self.threads < 0:
            raise ValueError(f'threads = {self.threads}: expected 0 (unchanged) or more')
