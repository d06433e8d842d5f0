# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Settings of a process that runs the network; they must come before torch is imported.

OpenMP threads that spin while they wait take the core from whoever they wait for as soon as the
machine has other work (a camera driver, DDS, the renderer of a training). And glibc gives every
large block back to the kernel at once, so that each layer's output is paged in anew.
"""

import ctypes
import os

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
