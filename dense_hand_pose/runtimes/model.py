# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A weight file on its way to a backend: what it is, and its network for those that need it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dense_hand_pose.network.config import NetworkConfig
from dense_hand_pose.network.weight_file import read_config, sha256_of

if TYPE_CHECKING:
    from dense_hand_pose.network.dense_regression import DenseRegressionNet


@dataclass(frozen=True)
class Model:
    """A weight file; header and hash are read without PyTorch. All raise WeightsError."""

    path: Path

    @cached_property
    def config(self) -> NetworkConfig:
        """Return the architecture."""
        return read_config(self.path)

    @cached_property
    def sha256(self) -> str:
        """Return the hash of the file."""
        return sha256_of(self.path)

    def network(self) -> DenseRegressionNet:
        """Load the network, float32, its normalisation not yet folded; this imports PyTorch."""
        from dense_hand_pose.network.weights import load_weights

        return load_weights(self.path)
