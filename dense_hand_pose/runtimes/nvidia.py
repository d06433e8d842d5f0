# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The loaders of the NVIDIA backends: they ask what is there before they import what is heavy.

`tensorrt` is loaded in one of two ways: demanded by name it builds its engine first or says why
there is none; preferred by `auto` it leaves the first minutes to `cuda`.
"""

from importlib import import_module
import logging

from .base import Backend, BackendError, Wanted
from .cuda_probe import why_no_cuda
from .precision import choose_precision, reference_joints

PRECISIONS = ('float16', 'float32')

_LOG = logging.getLogger(__name__)


def why_no_tensorrt() -> str | None:
    """Say why TensorRT cannot be used; None when a GPU answers and torch_tensorrt is there."""
    missing = why_no_cuda()
    if missing is not None:
        return missing
    try:
        import_module('torch_tensorrt')
    except Exception as error:  # a bare Exception where TensorRT's libraries are missing
        return f'torch_tensorrt cannot be imported ({first_line(error)})'
    return None


def first_line(error: BaseException) -> str:
    """Return the type and the first line of an error's text."""
    lines = str(error).strip().splitlines()
    return f'{type(error).__name__}: {lines[0]}' if lines else type(error).__name__


def load_cuda(wanted: Wanted) -> Backend:
    """Load onto the GPU in float16, or in float32 where the joints stray in float16."""
    _refuse(why_no_cuda())
    import torch

    from .cuda import CudaBackend

    try:
        return choose_precision(
            wanted,
            PRECISIONS,
            make=lambda precision: CudaBackend(wanted.model.network(), precision),
            reference=lambda: reference_joints(wanted.model),
            where=f'PyTorch {torch.__version__} on {torch.cuda.get_device_name()}',
        )
    except BackendError:
        raise
    except RuntimeError as error:  # of memory, of a kernel: PyTorch's are all of this type
        raise BackendError(f'the GPU refuses ({first_line(error)})') from error


def require_tensorrt(wanted: Wanted) -> Backend:
    """Load the engine, built first if need be; BackendError with the reason and the remedy."""
    _refuse(why_no_tensorrt())
    from .tensorrt.backend import required

    return required(wanted)


def prefer_tensorrt(wanted: Wanted) -> Backend:
    """
    Load the engine if it is there, else `cuda`, which serves until it is built.

    On a machine with a GPU, what keeps TensorRT from it is worth a warning.
    """
    _refuse(why_no_cuda())
    try:
        _refuse(why_no_tensorrt())
        from .tensorrt.backend import preferred

        return preferred(wanted, lambda: load_cuda(wanted))
    except BackendError as error:
        _LOG.warning('backend tensorrt: %s; the next backend is taken', error)
        raise


def _refuse(missing: str | None) -> None:
    if missing is not None:
        raise BackendError(missing)
