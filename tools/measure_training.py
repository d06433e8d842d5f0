# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure the rate of training steps: networks and process settings side by side.

Every variant runs in a process of its own, in turns, with the renderer beside it as in a
training. Run it on an otherwise idle machine:

    .venv/bin/python -m tools.measure_training [--rounds 3] [--steps 24]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time

VARIANTS = {
    'paper network, plain process': ('paper', 'plain'),
    'default network, plain process': ('default', 'plain'),
    'default network, tuned process': ('default', 'tuned'),
}


def measure(network: str, process: str, steps: int) -> float:
    """Return the samples per second of full steps: network, targets, loss, optimiser, average."""
    if process == 'tuned':
        from dense_hand_pose.process import keep_memory, wait_passively

        wait_passively()
        keep_memory()
    from pathlib import Path

    from dense_hand_pose.training.config import TrainingConfig
    from dense_hand_pose.training.data import training_batches
    from dense_hand_pose.training.loop import Trainer

    config = TrainingConfig.from_dict({'network': network})
    batches = iter(training_batches(config.seed, config.batch_size, first=0, workers=1))
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(config, Path(folder) / 'run')
        for _ in range(12):
            trainer.step(next(batches))
        begin = time.perf_counter()
        for _ in range(steps):
            trainer.step(next(batches))
        return steps * config.batch_size / (time.perf_counter() - begin)


def measure_apart(network: str, process: str, steps: int) -> float:
    """Return what ``measure`` does in a process of its own."""
    child = ['-m', 'tools.measure_training', '--steps', str(steps), '--child', network, process]
    done = subprocess.run(  # noqa: S603
        [sys.executable, *child], check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout.split()[-1])


def main() -> int:
    """Run all variants in turns and print the median of each and its ratio to the first."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--steps', type=int, default=24)
    parser.add_argument('--child', nargs=2, metavar=('NETWORK', 'PROCESS'), help='one variant')
    args = parser.parse_args()
    if args.child:
        network, process = args.child
        print(measure(network, process, args.steps))
        return 0
    rates: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(args.rounds):
        for name, variant in VARIANTS.items():
            rates[name].append(measure_apart(*variant, args.steps))
    first = statistics.median(next(iter(rates.values())))
    for name, values in rates.items():
        rate = statistics.median(values)
        print(f'{name:32s} {rate:6.1f} samples/s  x{rate / first:.2f}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
