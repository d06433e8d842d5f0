# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What is compared: eager PyTorch in float32 as the baseline, every backend in every precision.

``python -m dense_hand_pose.benchmark.contenders NAME PRECISION MODEL THREADS`` prints as JSON how
much memory a contender takes at most, in a process of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import json
import os
from pathlib import Path
import subprocess
import sys

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.decoding import decode
from dense_hand_pose.codec.encoding import DenseMaps, SupportRadius
from dense_hand_pose.codec.map_geometry import Cube, lift, reduce_depth
from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.network.config import CONFIGURATIONS
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.weight_file import find_weights
from dense_hand_pose.runtimes.base import Array, Backend, BackendError, Model, PRECISIONS
from dense_hand_pose.runtimes.registry import BACKENDS, make_backend
import numpy as np
import torch


class EagerBackend:
    """Runs a network eagerly on the CPU: nothing folded, no other layout, no other precision."""

    precision = 'float32'

    def __init__(self, network: DenseRegressionNet, name: str = 'eager') -> None:
        self.name = name
        self._network = network.eval()
        self._reach = SupportRadius(network.config.theta_m, network.config.tau_px)

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        arrays = (np.ascontiguousarray(a, np.float32) for a in (crops, centers_m, sizes_m))
        crop, center_m, size_m = (torch.from_numpy(array) for array in arrays)
        crop, cube = crop.unsqueeze(1), Cube(center_m, size_m)
        with torch.no_grad():
            seen = self._network.forward_features(crop)
            maps = DenseMaps.from_channels(seen.outputs[-1], self._network.config.joints)
            decoded = decode(maps, lift(reduce_depth(crop), cube), cube, self._reach, decoding)
            verdict = () if self._network.verdict is None else self._network.verdict(seen)
        return Result(*(part.numpy() for part in (*decoded, *verdict)))


EAGER, PAPER = 'eager', 'eager-paper'
_SEED = 0


@dataclass(frozen=True)
class Contender:
    """A backend that works here, and where its weights come from."""

    backend: Backend
    name: str
    precision: str
    model: str


@dataclass(frozen=True)
class Spec:
    """How to make a contender, in this process or in one of its own."""

    name: str
    precision: str
    model: str
    threads: int

    def make(self) -> Contender:
        """Return the contender; BackendError where it cannot run here as it is named."""
        if self.name in (EAGER, PAPER):
            return Contender(_eager(self), self.name, self.precision, self.model)
        model = Model(find_weights(self.model))
        backend = make_backend(self.name, model, threads=self.threads, precision=self.precision)
        if backend.precision != self.precision:
            raise BackendError(f'{self.precision} does not agree with float32 here')
        return Contender(backend, self.name, self.precision, self.model)


def specs(model: str, threads: int, *, paper: bool = True) -> list[Spec]:
    """Return all that might take part; ``paper`` with random weights, which take as long."""
    rivals = [(name, precision) for name in BACKENDS for precision in PRECISIONS]
    found = [Spec(EAGER, 'float32', model, threads)]
    if paper:
        found.append(Spec(PAPER, 'float32', 'paper, random weights', threads))
    found += [
        Spec(name, precision, model, threads)
        for name, precision in rivals
        if 'auto' not in (name, precision)
    ]
    return found


def gather(
    wanted: Sequence[Spec], say: Callable[[str], None]
) -> tuple[list[Contender], dict[str, str]]:
    """Return who can take part, and for the others the reason why not."""
    found: list[Contender] = []
    missing: dict[str, str] = {}
    for spec in wanted:
        try:
            found.append(spec.make())
        except (BackendError, ImportError) as error:
            missing[f'{spec.name} {spec.precision}'] = ' '.join(str(error).split())
        else:
            say(f'takes part: {spec.name} {spec.precision}')
    return found, missing


def _eager(spec: Spec) -> Backend:
    from dense_hand_pose.network.dense_regression import DenseRegressionNet
    import torch

    if spec.name == EAGER:
        return EagerBackend(Model(find_weights(spec.model)).network(), EAGER)
    torch.manual_seed(_SEED)
    return EagerBackend(DenseRegressionNet(CONFIGURATIONS['paper']), PAPER)


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
            [sys.executable, '-m', 'dense_hand_pose.benchmark.contenders', *words],
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
