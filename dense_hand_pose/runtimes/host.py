# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What this machine computes with: its processor, and whether an NVIDIA GPU answers.

The cheap questions come first: where there is no GPU, PyTorch is not loaded to learn that.
"""

import ctypes
import functools
from importlib import import_module
import importlib.util
from pathlib import Path
import platform

GPU_PRECISIONS = ('float16', 'float32')
"""What a GPU computes in, the fastest first."""
_CPUINFO = Path('/proc/cpuinfo')
_BFLOAT16_FLAGS = {'avx512_bf16', 'amx_bf16', 'bf16'}


@functools.cache
def _cpuinfo() -> dict[str, str]:
    """Return the entries of the first processor; empty where there is no such file."""
    try:
        lines = _CPUINFO.read_text(errors='replace').split('\n\n')[0].splitlines()
    except OSError:
        return {}
    pairs = (line.partition(':') for line in lines)
    return {key.strip(): value.strip() for key, _, value in pairs}


def cpu_name() -> str:
    """Return the name of the processor; of an ARM, the numbers that identify its kind."""
    found = _cpuinfo()
    parts = [found.get(key, '') for key in ('model name', 'CPU implementer', 'CPU part')]
    return ' '.join(part for part in (*parts, platform.machine()) if part)


def cpu_computes_bfloat16() -> bool:
    """Return whether the processor multiplies bfloat16 by itself; emulation would be slower."""
    found = _cpuinfo()
    flags = f'{found.get("flags", "")} {found.get("Features", "")}'.split()
    return bool(_BFLOAT16_FLAGS & set(flags))


def why_no_driver() -> str | None:
    """Return why the NVIDIA driver shows no GPU, None when it does; this imports nothing."""
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
    """Return why PyTorch cannot use CUDA, None when a kernel really ran."""
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


def why_no_tensorrt() -> str | None:
    """Return why TensorRT cannot be used; None when a GPU answers and torch_tensorrt is there."""
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
