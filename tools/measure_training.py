# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure the rate of trainings: networks, optimisers and processes side by side.

Every variant is a short run of the `train` command, renderers included, in turns with the others.
The first reports of each run (starting workers, compiling kernels) do not count. Run it on an
otherwise idle machine:

    .venv/bin/python -m tools.measure_training [--rounds 2] [--reports 1]
"""

import argparse
import csv
from pathlib import Path
import statistics
import subprocess
import sys
import tempfile
from typing import Any

import yaml

_REPORT_EVERY = 100
_FIRST = 1
ONE: dict[str, Any] = {'batch_size': 32, 'processes': 1}
TWO: dict[str, Any] = {'batch_size': 64, 'processes': 2, 'threads': 1}
VARIANTS: dict[str, dict[str, Any]] = {
    'paper': {**ONE, 'network': 'paper'},
    'default': {**ONE, 'network': 'default'},
    'default, two processes': {**TWO, 'network': 'default'},
    'default, two processes, Muon': {**TWO, 'network': 'default', 'optimiser': 'muon'},
}


def measure(settings: dict[str, Any], reports: int) -> float:
    """Return the median rate of a training's reports, in samples per second."""
    steps = _REPORT_EVERY * (_FIRST + reports)
    config = {
        **settings,
        'samples': steps * settings['batch_size'],
        'validation_samples': 2 * settings['batch_size'],
    }
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / 'config.yaml', Path(folder) / 'run'
        path.write_text(yaml.safe_dump(config), encoding='utf-8')
        command = ['-m', 'dense_hand_pose', 'train', '--config', str(path), '--out', str(out)]
        subprocess.run(  # noqa: S603
            [sys.executable, *command], check=True, stderr=subprocess.DEVNULL
        )
        with (out / 'log.csv').open(encoding='utf-8') as file:
            rates = [float(row['samples_per_s']) for row in csv.DictReader(file)]
    return statistics.median(rates[_FIRST:])


def main() -> int:
    """Run all variants in turns and print the median of each and its ratio to the first."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--rounds', type=int, default=2)
    parser.add_argument('--reports', type=int, default=1, help='of 100 steps each')
    args = parser.parse_args()
    rates: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(args.rounds):
        for name, settings in VARIANTS.items():
            rates[name].append(measure(settings, args.reports))
    first = statistics.median(next(iter(rates.values())))
    for name, values in rates.items():
        rate = statistics.median(values)
        print(f'{name:32s} {rate:6.1f} samples/s  x{rate / first:.2f}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
