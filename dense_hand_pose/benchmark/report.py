# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The figures as text for people and as Markdown for docs/performance.md."""

from collections.abc import Sequence
from typing import Any

from .figures import RosRow, Row, StartRow, Summary

Table = list[list[str]]
_RIGHT_FROM = 3
"""The first columns are words, the others numbers."""


def stage_table(rows: Sequence[Row]) -> Table:
    """Return the times, with a heading."""
    heading = ['backend', 'precision', 'stage', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms']
    lines = [[r.backend, r.precision, r.stage, *(f'{ms:.2f}' for ms in times_of(r))] for r in rows]
    return [heading, *lines]


def times_of(row: Row) -> tuple[float, float, float, float]:
    """Return the four figures of a row."""
    return row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms


def summary_table(summaries: Sequence[Summary]) -> Table:
    """Return what follows from the medians, with a heading."""
    heading = [
        'backend',
        'precision',
        'weights',
        'faster than eager',
        'network alone',
        'faster than paper',
        'GMAC',
        'GMAC/s',
        'of peak',
        'beside network',
        'memory MiB',
        'GPU MiB',
    ]
    lines = [
        [
            s.backend,
            s.precision,
            s.model,
            _times(s.faster_than_eager),
            _times(s.network_faster_than_eager),
            _times(s.faster_than_paper),
            f'{s.gmac:.3f}',
            f'{s.network_gmac_s:.1f}',
            _percent(s.share_of_peak),
            _percent(s.beside_network_share),
            _number(s.peak_memory_mib),
            _number(s.peak_gpu_memory_mib),
        ]
        for s in summaries
    ]
    return [heading, *lines]


def ros_table(rows: Sequence[RosRow]) -> Table:
    """Return the figures of the node, with a heading."""
    heading = [
        'backend',
        'precision',
        'dropped',
        'camera Hz',
        'seconds',
        'frames',
        'out Hz',
        'p50 ms',
        'p95 ms',
        'p99 ms',
        'max ms',
        'lost',
        'cores',
    ]
    lines = [
        [
            r.backend,
            r.precision,
            ', '.join(f'{count} {cause}' for cause, count in sorted(r.dropped.items())) or 'none',
            f'{r.camera_hz:g}',
            f'{r.seconds:.0f}',
            str(r.frames),
            f'{r.rate_hz:.1f}',
            f'{r.latency_p50_ms:.1f}',
            f'{r.latency_p95_ms:.1f}',
            f'{r.latency_p99_ms:.1f}',
            f'{r.latency_max_ms:.1f}',
            str(r.lost),
            f'{r.cpu_cores:.2f}',
        ]
        for r in rows
    ]
    return [heading, *lines]


def start_table(rows: Sequence[StartRow]) -> Table:
    """Return how long starts take, with a heading."""
    heading = [
        'backend',
        'caches',
        'starts',
        'first s',
        'ready p50 s',
        'ready max s',
        'import p50 ms',
        'import max ms',
    ]
    lines = [
        [
            r.backend,
            'warm',
            str(r.starts),
            f'{r.first_s:.2f}',
            f'{r.ready_p50_s:.2f}',
            f'{r.ready_max_s:.2f}',
            f'{r.import_p50_ms:.0f}',
            f'{r.import_max_ms:.0f}',
        ]
        for r in rows
    ]
    return [heading, *lines]


def plain(table: Table) -> str:
    """Return a table in columns."""
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    return '\n'.join(
        '  '.join(
            cell.ljust(width) if i < _RIGHT_FROM else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    )


def markdown(table: Table) -> str:
    """Return a table in Markdown."""
    rule = ['---' if i < _RIGHT_FROM else '---:' for i in range(len(table[0]))]
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in (table[0], rule, *table[1:]))


def conditions(facts: dict[str, Any]) -> str:
    """Return in one paragraph on what and with what was measured."""
    machine, settings = facts['machine'], facts['settings']
    versions = ', '.join(f'{name} {number}' for name, number in facts['versions'].items())
    return (
        f'{machine["cpu"]}, {machine["cores"]} cores, GPU: {machine["gpu"] or "none"}; '
        f'{versions}; commit {facts["commit"] or "unknown"}; '
        f'{", ".join(f"{name} {value}" for name, value in settings.items())}; load average '
        f'{facts["load_average_before"]} before, {facts["load_average_after"]} after.'
    )


def absent(facts: dict[str, Any]) -> list[str]:
    """Return who did not take part, and why, a line each."""
    return [f'not run: {who}: {why}' for who, why in facts['not_available'].items()]


def _times(value: float | None) -> str:
    return '-' if value is None else f'{value:.2f} x'


def _percent(value: float | None) -> str:
    return '-' if value is None else f'{100.0 * value:.0f} %'


def _number(value: float | None) -> str:
    return '-' if value is None else f'{value:.0f}'
