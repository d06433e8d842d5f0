# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The numba decorator of this package: compiled once, cached on disk where that is possible."""

from collections.abc import Callable
from typing import Any, cast, TypeVar

import numba

F = TypeVar('F', bound=Callable[..., Any])


def jit(function: F) -> F:
    """
    Compile with numba (nopython, fastmath, single thread).

    The machine code is cached beside the source, or in the user's cache directory where that is
    read-only; with neither writable the function is compiled anew in each process.
    """
    compiled: Any
    try:
        compiled = numba.njit(cache=True, fastmath=True, error_model='numpy')(function)
    except RuntimeError:  # numba: 'cannot cache function: no locator available'
        compiled = numba.njit(fastmath=True, error_model='numpy')(function)
    return cast(F, compiled)
