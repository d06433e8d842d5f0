# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What each stage of a frame takes."""

import time

STAGES = ('localize', 'crop', 'network')


class Clock:
    """Adds up what each stage of a frame takes; ``with clock.stage('crop'): ...``."""

    def __init__(self) -> None:
        self._begin = time.perf_counter()
        self._spent_s = dict.fromkeys(STAGES, 0.0)
        self._stage, self._stage_begin = '', 0.0

    def stage(self, name: str) -> 'Clock':
        """Name the stage that is entered next."""
        self._stage = name
        return self

    def __enter__(self) -> None:
        """Begin the stage."""
        self._stage_begin = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        """Add what the stage took."""
        self._spent_s[self._stage] += time.perf_counter() - self._stage_begin

    def stages_ms(self) -> dict[str, float]:
        """Return the milliseconds of each stage, and 'total' since the clock was made."""
        total_s = time.perf_counter() - self._begin
        return {name: 1000.0 * s for name, s in {**self._spent_s, 'total': total_s}.items()}
