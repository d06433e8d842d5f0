# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Settings of a process that runs the network; they must come before torch or OpenVINO is imported.

OpenMP threads that spin while they wait take cores from other work of the machine: a camera
driver, DDS, the renderer of a training. And glibc returns every large block to the kernel at
once, so that each layer's output is paged in again.
"""

import ctypes
from importlib import import_module
import os
import sys
from typing import Any

_TELEMETRY = 'openvino_telemetry'
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_MMAP_THRESHOLD_BYTES = 32 << 20  # the largest that glibc takes
_KEPT_BYTES = 1 << 30
_TOP_PAD_BYTES = 64 << 20


def wait_passively() -> None:
    """Have waiting threads sleep; a value that the user has set stays."""
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')


def keep_memory() -> None:
    """
    Keep freed blocks in the process and back large tensors by huge pages.

    For a training: it holds on to up to a gigabyte that it would otherwise give back.
    """
    os.environ.setdefault('THP_MEM_ALLOC_ENABLE', '1')
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt is None:  # another C library than glibc: no such setting, no such need
        return
    mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD_BYTES)
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
    mallopt(_M_TOP_PAD, _TOP_PAD_BYTES)


def import_openvino() -> Any:
    """
    Import OpenVINO without its telemetry, and return the module; ImportError where it is missing.

    A plain `import openvino` starts a child process that reports the import to Google Analytics,
    and writes ~/intel/openvino_ga_cid and ~/intel/stats, unless the user has opted out. Where
    openvino_telemetry cannot be imported, OpenVINO (2025.4 to 2026.4) uses a stub of its own that
    does nothing. The user's choice in ~/intel is neither read nor changed, and other code of this
    process can import openvino_telemetry as before. A program that imports openvino itself before
    this has decided already: nothing changes for it.
    """
    if 'openvino' in sys.modules:
        return import_module('openvino')
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_telemetry(name)}
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # import raises ImportError
    try:
        return import_module('openvino')
    finally:
        del sys.modules[_TELEMETRY]
        sys.modules.update(before)


def _is_telemetry(name: str) -> bool:
    return name.partition('.')[0] == _TELEMETRY
