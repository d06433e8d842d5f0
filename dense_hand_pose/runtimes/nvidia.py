# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The loaders of the NVIDIA backends; they check the machine before they import heavy packages.

`tensorrt` by name builds its engine first, or raises the reason; as the choice of `auto` it
leaves the first minutes to `cuda`.
"""

import logging

from . import host
from .base import Backend, BackendError, Wanted
from .precision import choose_precision, Offer
from .torch_cpu import reference_joints

_LOG = logging.getLogger(__name__)


def offer_cuda(wanted: Wanted) -> Offer:
    """Return what `cuda` can load here; BackendError without a GPU that answers."""
    _refuse(host.why_no_cuda())
    import torch

    from .cuda import CudaBackend

    return Offer(
        host.GPU_PRECISIONS,
        make=lambda precision: CudaBackend(wanted.model.network(), precision),
        reference=lambda: reference_joints(wanted.model),
        where=f'PyTorch {torch.__version__} on {torch.cuda.get_device_name()}',
    )


def load_cuda(wanted: Wanted) -> Backend:
    """Load onto the GPU in float16, or in float32 where float16 joints differ too much."""
    try:
        return choose_precision(wanted, offer_cuda(wanted))
    except BackendError:
        raise
    except RuntimeError as error:  # of memory, of a kernel: PyTorch's are all of this type
        raise BackendError(f'the GPU refuses ({host.first_line(error)})') from error


def require_tensorrt(wanted: Wanted) -> Backend:
    """Load the engine, built first if need be; BackendError with the reason and the remedy."""
    _refuse(host.why_no_tensorrt())
    from .tensorrt.backend import required

    return required(wanted)


def prefer_tensorrt(wanted: Wanted) -> Backend:
    """
    Load the engine if it is there, else `cuda`, which serves until it is built.

    On a machine with a GPU, what keeps TensorRT from it is worth a warning.
    """
    _refuse(host.why_no_cuda())
    try:
        _refuse(host.why_no_tensorrt())
        from .tensorrt.backend import preferred

        return preferred(wanted, lambda: load_cuda(wanted))
    except BackendError as error:
        _LOG.warning('backend tensorrt: %s; the next backend is taken', error)
        raise


def _refuse(missing: str | None) -> None:
    if missing is not None:
        raise BackendError(missing)
