# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Whether an NVIDIA GPU answers here; the cheap questions come first (tensorrt.md)."""

import ctypes
import functools
import importlib.util


def why_no_driver() -> str | None:
    """
    Say why the NVIDIA driver shows no GPU, None when it does.

    This imports nothing: where there is no GPU, PyTorch is not loaded only to learn that.
    """
    try:
        driver = ctypes.CDLL('libcuda.so.1')
    except OSError:
        return 'no NVIDIA driver (libcuda.so.1) on this machine'
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 'the NVIDIA driver does not start'
    return None if count.value > 0 else 'the NVIDIA driver finds no GPU'


@functools.cache
def why_no_cuda() -> str | None:
    """Say why PyTorch cannot use CUDA, None when a kernel really ran."""
    missing = why_no_driver()
    if missing is not None:
        return missing
    if importlib.util.find_spec('torch') is None:
        return 'PyTorch is not installed'
    import torch

    if torch.version.cuda is None:
        return 'this PyTorch was built without CUDA'
    if not torch.cuda.is_available():
        return 'PyTorch finds no NVIDIA GPU or driver'
    try:
        torch.ones(8, device='cuda').sum().item()
    except RuntimeError as error:
        return f'a kernel failed on the GPU ({error})'
    return None
