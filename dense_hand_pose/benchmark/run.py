# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The benchmark from beginning to end: who takes part, the run, memory, and the figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dense_hand_pose.network.config import CONFIGURATIONS
from dense_hand_pose.network.weight_file import find_weights
from dense_hand_pose.runtimes.base import BackendError, Model

from .contenders import Contender, EAGER, gather, Memory, PAPER, peak_memory, Spec, specs
from .figures import as_json, Row, Summary
from .machine import commit, load_average, machine, MatrixProduct, network_gmac, versions
from .timing import Film, run_in_turns, Times

STAGES = ('localize', 'crop', 'network', 'total', 'beside_network', 'end_to_end', 'search')
"""total: inside the estimator; beside_network: end_to_end without network (and decoding)."""
_GPU_BACKENDS = ('cuda', 'tensorrt')
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How much is measured; ``quick`` leaves out the paper's network and the memory."""

    model: str = 'default'
    frames: int = 300
    turn: int = 15
    threads: int = 0
    quick: bool = False
    backends: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """Everything that was found."""

    rows: list[Row]
    summaries: list[Summary]
    facts: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return what --json writes."""
        return {
            **self.facts,
            'rows': as_json(self.rows),
            'summary': as_json(self.summaries),
        }


def run_benchmark(options: Options, say: Say) -> Report:
    """Run everything; BackendError where not even eager PyTorch works."""
    import torch

    if options.threads:
        torch.set_num_threads(options.threads)
    facts = _facts(options, torch.get_num_threads())
    wanted = specs(options.model, options.threads, paper=not options.quick)
    if options.backends:
        wanted = [s for s in wanted if s.name in (*options.backends, EAGER, PAPER)]
    contenders, facts['not_available'] = gather(wanted, say)
    if not contenders:
        raise BackendError('nothing works here')
    say(f'rendering {options.frames} frames')
    film = Film(options.frames)
    products = _products(contenders, (512,) if options.quick else None)
    times = run_in_turns(contenders, film, list(products.values()), options.turn, say)
    facts['load_average_after'] = load_average()
    contenders, times = _those_that_answered(contenders, times, facts['not_available'])
    rows = [
        Row.of(contender.name, contender.precision, stage, time.by_stage[stage])
        for contender, time in zip(contenders, times, strict=True)
        for stage in STAGES
        if time.by_stage[stage]
    ]
    memory = [_memory(contender, options, say) for contender in contenders]
    return Report(rows, _summaries(contenders, times, rows, products, memory), facts)


def _those_that_answered(
    contenders: Sequence[Contender], times: Sequence[Times], not_available: dict[str, str]
) -> tuple[list[Contender], list[Times]]:
    """Return who has times; the others are added to ``not_available``."""
    answered = []
    for contender, time in zip(contenders, times, strict=True):
        if time.frames > time.without_hand:
            answered.append((contender, time))
        else:
            who = f'{contender.name} {contender.precision}'
            not_available[who] = f'no joints in any of its {time.frames} frames'
    return [one for one, _ in answered], [time for _, time in answered]


def _facts(options: Options, threads: int) -> dict[str, Any]:
    return {
        'machine': machine(),
        'versions': versions(),
        'commit': commit(),
        'settings': {
            'frames': options.frames,
            'frames_a_turn': options.turn,
            'threads': threads,
            'model': options.model,
            'quick': options.quick,
        },
        'load_average_before': load_average(),
    }


def _products(
    contenders: Sequence[Contender], sizes: Sequence[int] | None
) -> dict[tuple[str, str], MatrixProduct]:
    """Return a matrix product for each device and precision that takes part."""
    kinds = {(contender.precision, _device(contender)) for contender in contenders}
    return {kind: MatrixProduct(*kind, sizes=sizes) for kind in sorted(kinds)}


def _device(contender: Contender) -> str:
    return 'cuda' if contender.name in _GPU_BACKENDS else 'cpu'


def _memory(contender: Contender, options: Options, say: Say) -> Memory:
    if options.quick:
        return {'peak_memory_mib': None, 'peak_gpu_memory_mib': None}
    say(f'memory of {contender.name} {contender.precision}')
    spec = Spec(contender.name, contender.precision, contender.model, options.threads)
    return peak_memory(spec)


def _summaries(
    contenders: Sequence[Contender],
    times: Sequence[Times],
    rows: Sequence[Row],
    products: dict[tuple[str, str], MatrixProduct],
    memory: Sequence[Memory],
) -> list[Summary]:
    """Return what follows from the medians."""
    medians = {(row.backend, row.precision, row.stage): row.p50_ms for row in rows}
    gmac = _gmac(contenders)
    found = []
    for contender, time, peak in zip(contenders, times, memory, strict=True):
        name, precision = contender.name, contender.precision
        network_ms = medians[name, precision, 'network']
        end_ms = medians[name, precision, 'end_to_end']
        macs = gmac[contender.model]
        most = products[contender.precision, _device(contender)].gmac_s()
        found.append(
            Summary(
                backend=contender.name,
                precision=contender.precision,
                model=contender.model,
                frames=time.frames,
                frames_without_hand=time.without_hand,
                gmac=round(macs, 4),
                network_gmac_s=round(macs / network_ms * 1000.0, 2),
                peak_gmac_s=round(most, 2),
                share_of_peak=round(macs / network_ms * 1000.0 / most, 4),
                beside_network_share=round(medians[name, precision, 'beside_network'] / end_ms, 4),
                faster_than_eager=_ratio(medians, (EAGER, 'float32', 'end_to_end'), end_ms),
                network_faster_than_eager=_ratio(
                    medians, (EAGER, 'float32', 'network'), network_ms
                ),
                faster_than_paper=_ratio(medians, (PAPER, 'float32', 'end_to_end'), end_ms),
                peak_memory_mib=peak['peak_memory_mib'],
                peak_gpu_memory_mib=peak['peak_gpu_memory_mib'],
            )
        )
    return found


def _ratio(
    medians: dict[tuple[str, str, str], float], other: tuple[str, str, str], ms: float
) -> float | None:
    return round(medians[other] / ms, 3) if other in medians and ms > 0.0 else None


def _gmac(contenders: Sequence[Contender]) -> dict[str, float]:
    """Return the multiplications of each network that takes part."""
    from dense_hand_pose.network.dense_regression import DenseRegressionNet

    configs = {
        c.model: CONFIGURATIONS['paper']
        if c.name == PAPER
        else Model(find_weights(c.model)).config
        for c in contenders
    }
    return {model: network_gmac(DenseRegressionNet(config)) for model, config in configs.items()}
