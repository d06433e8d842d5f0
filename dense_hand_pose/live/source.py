# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What a source of depth frames is: an iterable of frames that can be closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from dense_hand_pose.camera.depth_image import DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics


class SourceError(RuntimeError):
    """A source cannot be opened or goes silent; the message has the remedy."""


@dataclass(frozen=True)
class LiveFrame:
    """
    A depth image (H, W) in units of unit_m metres, its intrinsics, and its time in seconds.

    restarts: time fell back, as in a bag that loops; no hand goes on.
    """

    depth: DepthImage
    unit_m: float
    intrinsics: Intrinsics
    stamp_s: float
    restarts: bool = False


class Source(Protocol):
    """Frames in the order of their time; ``close`` releases the device or file."""

    name: str

    def __iter__(self) -> Iterator[LiveFrame]:
        """Yield frames; SourceError where the source fails."""
        ...

    def close(self) -> None:
        """Release what the source holds; may be called twice."""
        ...
