# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What is fixed about NYU, ICVL and MSRA: cameras, image sizes, joints, axes and frame counts.

Sources: the calibration that each data set publishes and the counts of its official split. The
paper's evaluation (Wan et al., CVPR 2018) uses the same joints and test frames.
"""

from dataclasses import dataclass
from typing import Final

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.skeleton import ICVL_16, MSRA_21, NYU_14, Skeleton
import numpy as np
import numpy.typing as npt

MM_PER_M: Final = 1000.0


@dataclass(frozen=True, kw_only=True)
class DatasetFacts:
    """
    A data set: its camera, joint set, annotation axes and numbers of frames.

    ``axis_signs`` turns x y z as the data set annotates them into the optical frame (x right,
    y down, z forward) and back, sign by sign. ``test_frames`` is None where there is no one test
    set: MSRA leaves each of nine subjects out in turn. ``parts`` are the test frames of each
    sequence or subject, in the order of the frames.
    """

    name: str
    title: str
    intrinsics: Intrinsics
    width: int
    height: int
    skeleton: Skeleton
    axis_signs: tuple[int, int, int]
    train_frames: int | None
    test_frames: int | None
    total_frames: int | None
    parts: tuple[int, ...] = ()

    @property
    def y_sign(self) -> int:
        """Return -1 where the annotated y points up, 1 where it points down."""
        return self.axis_signs[1]

    def optical_from_annotated_m(self, xyz_mm: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return annotated points (..., 3) in mm as points of the optical frame in metres."""
        return np.asarray(xyz_mm, np.float64) * self.axis_signs / MM_PER_M

    def annotated_from_optical_mm(self, xyz_m: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return points (..., 3) of the optical frame in metres as annotated, in mm."""
        return np.asarray(xyz_m, np.float64) * self.axis_signs * MM_PER_M


NYU: Final = DatasetFacts(
    name='nyu',
    title='NYU',
    intrinsics=Intrinsics(588.03, 587.07, 320.0, 240.0),
    width=640,
    height=480,
    skeleton=NYU_14,
    axis_signs=(1, -1, 1),  # y upward
    train_frames=72_757,
    test_frames=8_252,
    total_frames=72_757 + 8_252,
    parts=(2_440, 8_252 - 2_440),  # two subjects
)
ICVL: Final = DatasetFacts(
    name='icvl',
    title='ICVL',
    intrinsics=Intrinsics(240.99, 240.96, 160.0, 120.0),
    width=320,
    height=240,
    skeleton=ICVL_16,
    axis_signs=(1, 1, 1),
    train_frames=None,  # about 22 thousand, without the rotated copies
    test_frames=1_596,
    total_frames=None,
    parts=(702, 894),  # test_seq_1 and test_seq_2
)
MSRA: Final = DatasetFacts(
    name='msra',
    title='MSRA',
    intrinsics=Intrinsics(241.42, 241.42, 160.0, 120.0),
    width=320,
    height=240,
    skeleton=MSRA_21,
    axis_signs=(1, -1, -1),  # y upward, z towards the camera
    train_frames=None,
    test_frames=None,
    total_frames=76_375,  # of nine subjects
)

DATASETS: Final = {facts.name: facts for facts in (NYU, ICVL, MSRA)}
