# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What is compared: eager PyTorch in float32 as the baseline, every backend in every precision."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
