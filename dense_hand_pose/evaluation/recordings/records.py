# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What became of each depth frame of a bag: the common ground of metrics, tables and report."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dense_hand_pose.bags.camera_stream import GroundTruth, Joints
from dense_hand_pose.bags.messages import NO_VERDICT, Verdict
from dense_hand_pose.camera.input_error import INPUT_CAUSES
import numpy as np
import numpy.typing as npt

HAND: Final = 'hand'
ANSWERS: Final = (HAND, 'no_hand', 'no_valid_depth')
"""Outcomes of frames that were looked at; every other one is the cause of a drop."""
REMEDIES: Final = {
    **{cause: known.remedy for cause, known in INPUT_CAUSES.items()},
    'unreadable_message': 'The bag is damaged, or no ROS wrote the message: record it again.',
    'unanswered': "The node dropped the frame or never got it: the node's log says why.",
}
"""By cause of a drop: what to do about it; those of the node where they mean the same."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class HandRecord:
    """A further hand of a frame, as FrameRecord has the first."""

    hand_id: int
    joints_m: Joints
    confidence: Floats
    spread_m: Floats
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class FrameRecord:
    """
    A depth frame and its answer.

    outcome: one of ANSWERS or the cause of the drop. joints_m (21, 3), confidence (21,) and
    spread_m (21,) where there is a hand; the latter two also None where a bag does not hold them.
    reason: the cause in words. hand_id: that of the first hand, others: the further ones.
    latency_ms: what the answer took; stages_ms: its parts.
    """

    stamp_ns: int
    received_ns: int
    frame_id: str
    outcome: str
    reason: str = ''
    hand_id: int = 0
    joints_m: Joints | None = None
    confidence: Floats | None = None
    spread_m: Floats | None = None
    verdict: Verdict = NO_VERDICT
    latency_ms: float | None = None
    stages_ms: Mapping[str, float] = field(default_factory=dict)
    others: Sequence[HandRecord] = ()

    @property
    def answered(self) -> bool:
        """Return whether the frame was looked at."""
        return self.outcome in ANSWERS


@dataclass(frozen=True)
class Recording:
    """All frames of a bag in its order, and the ground truth by stamp."""

    frames: Sequence[FrameRecord]
    truth: GroundTruth

    @property
    def hands(self) -> list[FrameRecord]:
        """Return the frames with a hand."""
        return [frame for frame in self.frames if frame.outcome == HAND]

    @property
    def drops(self) -> dict[str, int]:
        """Return how many frames were dropped, by cause."""
        causes = Counter(frame.outcome for frame in self.frames if not frame.answered)
        return dict(sorted(causes.items()))

    @property
    def reasons(self) -> dict[str, str]:
        """Return why frames were dropped, in the words of the first one of each cause."""
        reasons: dict[str, str] = {}
        for frame in self.frames:
            if not frame.answered:
                reasons.setdefault(frame.outcome, frame.reason)
        return dict(sorted(reasons.items()))

    def errors_m(self, frame: FrameRecord) -> Floats | None:
        """Return the joint errors (21,) of the hand nearest to the truth, None without both."""
        true = self.truth.get(frame.stamp_ns)
        if frame.joints_m is None or true is None:
            return None
        hands = [frame.joints_m, *(other.joints_m for other in frame.others)]
        errors: list[Floats] = [np.linalg.norm(joints - true, axis=1) for joints in hands]
        return min(errors, key=lambda each: float(each.mean()))
