# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The sources by name."""

from __future__ import annotations

from pathlib import Path

from .source import Source

SOURCES = ('realsense', 'oak', 'bag', 'synthetic')


def open_source(name: str, path: Path | None, serial: str, paced: bool) -> Source:
    """
    Open one of SOURCES.

    ``path``: the bag of the source 'bag'; ``serial``: which camera; ``paced``: whether frames
    of a bag or a synthetic hand come in real time. Raises SourceError where the source is missing
    or refuses, ValueError for an unknown name or a path where none belongs, and ImportError
    without the camera's package.
    """
    if name not in SOURCES:
        raise ValueError(f'source {name!r}: expected one of {", ".join(SOURCES)}')
    if (name == 'bag') != (path is not None):
        raise ValueError(
            'source bag: expected the PATH of a bag'
            if path is None
            else f'source {name}: expected no PATH, found {path}'
        )
    if name == 'realsense':
        from .realsense_source import RealSenseSource

        return RealSenseSource(serial)
    if name == 'oak':
        from .oak_source import OakSource

        return OakSource(serial)
    if path is not None:
        from .bag_source import BagSource

        return BagSource(path, paced)
    from .synthetic_source import SyntheticSource

    return SyntheticSource(paced=paced)
