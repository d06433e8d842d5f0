# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Test-time augmentation: the mean of the estimates in mirrored and turned crops.

A crop depends on its cube alone (codec/map_geometry.py), so mirroring or turning it by quarters is
the image of the scene mirrored or turned about the optical axis: the centre (x, y) follows, and
the joints are mapped back exactly, by changes of sign and of order.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.runtimes.base import Backend
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


class Symmetry(NamedTuple):
    """Exchange of x and y, then changes of sign of x and of y."""

    exchange: bool
    flip_x: bool
    flip_y: bool

    @property
    def is_mirror(self) -> bool:
        """Return whether it makes a left hand of a right one."""
        return (self.exchange + self.flip_x + self.flip_y) % 2 == 1

    def image(self, crops: Array) -> Array:
        """Map crops (N, S, S), rows y and columns x."""
        mapped = crops.swapaxes(1, 2) if self.exchange else crops
        step_x, step_y = (-1 if flip else 1 for flip in (self.flip_x, self.flip_y))
        return np.ascontiguousarray(mapped[:, ::step_y, ::step_x])

    def points(self, points_m: Array) -> Array:
        """Return points of shape (..., 3) mapped."""
        order = (1, 0, 2) if self.exchange else (0, 1, 2)
        return points_m[..., order] * self._signs

    def points_back(self, points_m: Array) -> Array:
        """Return mapped points of shape (..., 3) as they were: the inverse of points()."""
        order = (1, 0, 2) if self.exchange else (0, 1, 2)
        back: Array = (points_m * self._signs)[..., order]
        return back

    @property
    def _signs(self) -> Array:
        return np.array([1 - 2 * self.flip_x, 1 - 2 * self.flip_y, 1], np.float32)


SYMMETRIES: Final = tuple(
    Symmetry(bool(exchange), bool(flip_x), bool(flip_y))
    for exchange, flip_x, flip_y in (
        (0, 0, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 1, 0), (1, 0, 0), (1, 1, 1),
    )
)  # fmt: skip
"""In the order in which views use them: as it is, mirrored; half a turn, mirrored; the rest."""


def run_views(
    backend: Backend,
    crops: Array,
    centers_m: Array,
    sizes_m: Array,
    decoding: DecodingConfig,
    views: int,
) -> Result:
    """
    Run the network on the first ``views`` symmetries of crops (N, S, S) and return their mean.

    Votes and their weights are those of the crops as they are; the spread includes the spread
    between the views. ``views`` is one of config.VIEW_COUNTS; 1 is backend.run() itself.
    """
    if views == 1:
        return backend.run(crops, centers_m, sizes_m, decoding)
    used, count = SYMMETRIES[:views], len(crops)
    result = backend.run(
        np.concatenate([one.image(crops) for one in used]),
        np.concatenate([one.points(centers_m) for one in used]),
        np.tile(sizes_m, views),
        decoding,
    )
    parts = [_rows(result, slice(i * count, (i + 1) * count)) for i in range(views)]
    joints = np.stack([one.points_back(p.joints_m) for one, p in zip(used, parts, strict=True)])
    middle = joints.mean(axis=0)
    between = ((joints - middle) ** 2).sum(axis=-1)
    within = np.stack([part.spread_m for part in parts]) ** 2
    return Result(
        middle,
        _mean([part.confidence for part in parts]),
        np.sqrt((within + between).mean(axis=0)),
        parts[0].votes_m,
        parts[0].vote_weights,
        None if result.presence is None else _mean([part.presence for part in parts]),
        None if result.side is None else _mean_side(used, parts),
    )


def _mean_side(used: tuple[Symmetry, ...], parts: list[Result]) -> Array:
    return _mean(
        [
            -part.side if one.is_mirror and part.side is not None else part.side
            for one, part in zip(used, parts, strict=True)
        ]
    )


def _mean(parts: Sequence[Array | None]) -> Array:
    mean: Array = np.mean([part for part in parts if part is not None], axis=0)
    return mean


def _rows(result: Result, rows: slice) -> Result:
    parts: list[Any] = [None if part is None else part[rows] for part in result]
    return Result(*parts)
