# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The books and times of the node as a DiagnosticStatus."""

from collections.abc import Mapping
import time

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from .frame_counters import CAUSES, Counts, Ledger
from .timings import PERCENTILES, Timings


class Diagnostics:
    """Turn the books into a DiagnosticStatus, once a period."""

    def __init__(self, name: str, ledger: Ledger, timings: Timings) -> None:
        self._name = name
        self._ledger = ledger
        self._timings = timings
        self._last = ledger.counts()
        self._last_time = time.monotonic()

    def status(self, state: str, facts: Mapping[str, object], silent: bool) -> DiagnosticStatus:
        """
        Return the status since the last call.

        `state` is the lifecycle state, `facts` go out as they are, `silent` says that no image
        came for too long.
        """
        counts, now = self._ledger.counts(), time.monotonic()
        seconds = max(now - self._last_time, 1e-3)
        level, message = self._verdict(state, counts, silent)
        values: dict[str, object] = {'lifecycle_state': state, **facts}
        for what in ('images', 'camera_infos', 'pairs'):
            came = counts.received[what] - self._last.received[what]
            values[f'{what.removesuffix("s")}_rate_hz'] = _rate(came, seconds)
        answers = counts.hands + counts.empty - self._last.hands - self._last.empty
        values['result_rate_hz'] = _rate(answers, seconds)
        values.update(_totals(counts))
        for stage, percentiles in sorted(self._timings.percentiles().items()):
            for percent, milliseconds in zip(PERCENTILES, percentiles, strict=True):
                values[f'{stage}_ms_p{percent}'] = f'{milliseconds:.2f}'
        self._last, self._last_time = counts, now
        pairs = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
        return DiagnosticStatus(
            level=level,
            name=self._name,
            message=message,
            hardware_id=str(facts.get('image_topic', '')),
            values=pairs,
        )

    def _verdict(self, state: str, counts: Counts, silent: bool) -> tuple[bytes, str]:
        """Return the level and its reason."""
        if state != 'active':
            return DiagnosticStatus.OK, state
        if silent:
            return DiagnosticStatus.ERROR, 'no images arrive'
        for severity in ('error', 'warn'):
            for cause, count in sorted((counts.causes - self._last.causes).items()):
                if CAUSES[cause].severity == severity:
                    return DiagnosticStatus.WARN, f'{cause}: {count} images'
        return DiagnosticStatus.OK, 'working'


def _rate(count: int, seconds: float) -> str:
    """Return a rate in Hz."""
    return f'{count / seconds:.2f}'


def _totals(counts: Counts) -> dict[str, int]:
    """Return the books since the node began."""
    totals = {
        'images': counts.images,
        'camera_infos': counts.received['camera_infos'],
        'pairs': counts.received['pairs'],
        'lost_by_middleware': counts.received['lost'],
        'answered_hand': counts.hands,
        'answered_empty': counts.empty,
        'dropped': counts.dropped,
        'under_way': counts.under_way,
    }
    causes = {f'cause.{cause}': count for cause, count in sorted(counts.causes.items())}
    return {**totals, **causes}
