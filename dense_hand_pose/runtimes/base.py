# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What every backend gives: crops and cubes in, joints out, as numpy arrays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from dense_hand_pose.codec.config import DecodingConfig
import numpy as np
import numpy.typing as npt

from .model import Model

Array = npt.NDArray[np.float32]

BACKENDS = ('auto', 'tensorrt', 'cuda', 'openvino', 'cpu')
PRECISIONS = ('auto', 'float32', 'bfloat16', 'float16')


class BackendError(RuntimeError):
    """A backend that does not work here; the message says why in one line."""


class Result(NamedTuple):
    """
    The decoded joints of N crops as float32 arrays; shapes as in decoding.Decoded.

    presence (N,) in [0, 1] and side (N,) in [-1, 1] as in network/presence.py; None both for
    weights without that head.
    """

    joints_m: Array
    confidence: Array
    spread_m: Array
    votes_m: Array
    vote_weights: Array
    presence: Array | None = None
    side: Array | None = None


def joined(results: Sequence[Result]) -> Result:
    """Return the results of parts of a batch as one."""
    columns: Iterator[tuple[Any, ...]] = zip(*results, strict=True)
    parts: list[Any] = [None if c[0] is None else np.concatenate(c) for c in columns]
    return Result(*parts)


class Backend(Protocol):
    """A runtime with a loaded network; ``precision`` is what the network computes in."""

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
