# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
How much memory a contender takes at most: each is asked in a process of its own.

``python -m dense_hand_pose.benchmark.memory NAME PRECISION MODEL THREADS`` prints JSON.
"""

import json
import os
from pathlib import Path
import subprocess
import sys

from .contenders import Spec

_ROOT = Path(__file__).resolve().parents[2]
_LIMIT_S = 600.0
_FRAMES = 5

Memory = dict[str, float | None]


def peak_memory(spec: Spec) -> Memory:
    """Return ``peak_memory_mib`` and ``peak_gpu_memory_mib``; None each where it failed."""
    words = [spec.name, spec.precision, spec.model, str(spec.threads)]
    paths = filter(None, [str(_ROOT), os.environ.get('PYTHONPATH', '')])
    try:
        done = subprocess.run(  # noqa: S603 (our own command)
            [sys.executable, '-m', 'dense_hand_pose.benchmark.memory', *words],
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
        )
        found = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        found = {}
    return {name: found.get(name) for name in ('peak_memory_mib', 'peak_gpu_memory_mib')}


def main(words: list[str]) -> int:
    """Load one contender, have it look at a wall and search it, and print what that took."""
    from dense_hand_pose.runtimes.process import wait_passively

    wait_passively()
    from dense_hand_pose.camera.intrinsics import Intrinsics
    from dense_hand_pose.estimator import EstimatorConfig, HandPoseEstimator
    import numpy as np

    name, precision, model, threads = words
    contender = Spec(name, precision, model, int(threads)).make()
    config = EstimatorConfig(min_confidence=0.0, min_score=0.0, min_new_score=0.0)
    estimator = HandPoseEstimator(contender.backend, config)
    wall = np.full((480, 640), 500, np.uint16)
    intrinsics = Intrinsics(475.0, 475.0, 319.5, 239.5)
    for _ in range(_FRAMES):
        estimator.estimate(wall, intrinsics, (0.0, 0.0, 0.5), unit_m=0.001)
    print(json.dumps({'peak_memory_mib': _high_water_mib(), 'peak_gpu_memory_mib': _gpu_mib()}))
    return 0


def _high_water_mib() -> float:
    """Return the most that this process has had in memory (not its parent, as rusage says)."""
    lines = Path('/proc/self/status').read_text().splitlines()
    line = next(line for line in lines if line.startswith('VmHWM'))
    return round(int(line.split()[1]) / 1024, 1)


def _gpu_mib() -> float | None:
    torch = sys.modules.get('torch')
    if torch is None or not torch.cuda.is_initialized():
        return None
    free, total = torch.cuda.mem_get_info()
    return round(float(total - free) / 2**20, 1)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
