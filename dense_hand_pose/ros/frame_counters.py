# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Counters of the node: each image that was received, what became of it, and why.

At any moment  received = answered with a hand + answered empty + dropped + in flight.
"""

from collections import Counter
from dataclasses import dataclass
import threading

from dense_hand_pose.camera.input_error import Cause, INPUT_CAUSES

from .logs import LimitedLog

CAUSES: dict[str, Cause] = {
    **INPUT_CAUSES,
    'too_old': Cause(
        'warn',
        'Check the clocks of camera and robot; for a bag use use_sim_time:=true and '
        'ros2 bag play --clock, or raise sync.max_age_s (0 accepts any age).',
    ),
    'in_future': Cause(
        'warn',
        'Check the clocks of camera and robot; for a bag use use_sim_time:=true and '
        'ros2 bag play --clock, or raise sync.max_age_s (0 accepts any age).',
    ),
    'replaced': Cause('', 'The node keeps to the newest image when the camera is faster.'),
    'deactivated': Cause('', 'The node was deactivated while the image waited.'),
    'reset': Cause('', '~/reset was called while the image waited.'),
    'internal_error': Cause('error', 'This is a defect: please report it with this message.'),
    'no_hand_center': Cause(
        'warn',
        "Publish ~/hand_center (geometry_msgs/PointStamped) in the image's frame with the "
        'stamps of the images, raise roi.max_center_age_s, or use another roi.mode.',
    ),
    'no_valid_depth': Cause(
        'warn', "Check that the scene is within the camera's range, and its exposure and emitter."
    ),
    'no_hand': Cause(
        'info', 'Hold a hand between hand.depth_min_m and hand.depth_max_m, nearest to the camera.'
    ),
}
"""The last three are answered with an empty result; the others are dropped."""

EMPTY_ANSWERS = ('no_hand_center', 'no_valid_depth', 'no_hand')


@dataclass(frozen=True)
class Counts:
    """The counters at one moment."""

    received: Counter[str]
    hands: int
    causes: Counter[str]

    @property
    def images(self) -> int:
        """Return the number of images received."""
        return self.received['images']

    @property
    def empty(self) -> int:
        """Return the number of images with an empty result."""
        return sum(self.causes[cause] for cause in EMPTY_ANSWERS)

    @property
    def dropped(self) -> int:
        """Return the number of images without a result."""
        return sum(self.causes.values()) - self.empty

    @property
    def in_flight(self) -> int:
        """Return the number of images that wait or are being processed."""
        return self.images - self.hands - self.empty - self.dropped

    def __str__(self) -> str:
        """Return the counters in one line."""
        causes = ', '.join(f'{cause} {count}' for cause, count in sorted(self.causes.items()))
        return (
            f'{self.images} images: {self.hands} with a hand, {self.empty} empty, '
            f'{self.dropped} dropped, {self.in_flight} under way ({causes or "no drops"}), '
            f'{self.received["lost"]} messages lost before they came'
        )


class FrameCounters:
    """Count inputs and outcomes from any thread; log each cause, at most once a minute."""

    def __init__(self, log: LimitedLog) -> None:
        """Take the log; set `source` to the topics that messages should name."""
        self.source = ''
        self._log = log
        self._lock = threading.Lock()
        self._received: Counter[str] = Counter()
        self._causes: Counter[str] = Counter()
        self._hands = 0

    def count_received(self, what: str) -> None:
        """Count an input: 'images', 'camera_infos', 'pairs' or 'lost' (by the middleware)."""
        with self._lock:
            self._received[what] += 1

    def count_hand(self) -> None:
        """Count an image that was answered with a hand."""
        with self._lock:
            self._hands += 1

    def count_drop(self, cause: str, what: str) -> None:
        """Count an image without a hand, and log `what` was found."""
        known = CAUSES[cause]
        with self._lock:
            self._causes[cause] += 1
        if known.severity:
            kind = 'empty result' if cause in EMPTY_ANSWERS else 'image dropped'
            message = f'{self.source}: {kind} ({cause}): {what}.'
            self._log(known.severity, cause, message, known.remedy)

    def warn(self, kind: str, what: str, remedy: str) -> None:
        """Log a warning about something other than an image."""
        self._log('warn', kind, f'{self.source}: {what}.', remedy)

    def counts(self) -> Counts:
        """Return the counters at this moment."""
        with self._lock:
            return Counts(Counter(self._received), self._hands, Counter(self._causes))
