# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The choice of a backend: what was asked for, or the first that works here."""

import logging

from dense_hand_pose.network.dense_regression import DenseRegressionNet
import torch

from .base import Backend
from .torch_backend import TorchBackend

BACKENDS = ('auto', 'cuda', 'cpu')

_LOG = logging.getLogger(__name__)


class BackendError(RuntimeError):
    """A backend that was asked for by name does not work here; the message says why."""


def make_backend(name: str, network: DenseRegressionNet, threads: int = 0) -> Backend:
    """
    Return a backend for the network; ``auto`` never fails for want of an accelerator.

    ``threads``: CPU threads of the process's PyTorch; 0 leaves them as they are.
    Raises ValueError for an unknown name or a negative number of threads, and BackendError when
    a named one cannot run.
    """
    if name not in BACKENDS:
        raise ValueError(f'backend {name!r}: expected one of {", ".join(BACKENDS)}')
    if threads < 0:
        raise ValueError(f'threads = {threads}: expected 0 (unchanged) or more')
    if threads:
        torch.set_num_threads(threads)
    missing = None if name == 'cpu' else why_no_cuda()
    if name == 'cuda' and missing is not None:
        raise BackendError(f'backend cuda: {missing}; use backend auto or cpu')
    chosen = 'cpu' if name == 'cpu' or missing is not None else 'cuda'
    if name == 'auto':
        _LOG.info('backend auto: %s (%s)', chosen, missing or 'an NVIDIA GPU answers')
    return TorchBackend(network, chosen)


def why_no_cuda() -> str | None:
    """Say why CUDA cannot be used, None when a kernel really ran (tensorrt.md's probe order)."""
    if torch.version.cuda is None:
        return 'this PyTorch was built without CUDA'
    if not torch.cuda.is_available():
        return 'PyTorch finds no NVIDIA GPU or driver'
    try:
        torch.ones(8, device='cuda').sum().item()
    except RuntimeError as error:
        return f'a kernel failed on the GPU ({error})'
    return None
