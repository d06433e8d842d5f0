# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The numba decorators of this package: compiled once, cached on disk where that is possible.

numba is large (200 MB) and a stream of one hand needs little of it. So the functions of that
stream have a form in NumPy, or are short enough for plain Python; the others name the remedy when
they are called without numba.
"""

from collections.abc import Callable
import functools
from importlib.util import find_spec
from typing import Any, cast, TypeVar

F = TypeVar('F', bound=Callable[..., Any])
HAS_NUMBA = find_spec('numba') is not None
WITHOUT_NUMBA = (
    'numba is not installed, which synthetic scenes need: pip install numba '
    '(the extra `synthesis` of setup.py)'
)


def jit(function: F) -> F:
    """
    Compile with numba (nopython, fastmath, single thread).

    The machine code is cached beside the source, or in the user's cache directory where that is
    read-only; with neither writable the function is compiled anew in each process. Without numba
    the result raises ModuleNotFoundError when it is called.
    """
    if HAS_NUMBA:
        return _compiled(function)

    @functools.wraps(function)
    def refuse(*_: Any, **__: Any) -> Any:
        raise ModuleNotFoundError(WITHOUT_NUMBA, name='numba')

    return cast(F, refuse)


def jit_if_present(function: F) -> F:
    """Compile like `jit`; without numba the function stays as it is, in Python."""
    return _compiled(function) if HAS_NUMBA else function


def jit_or(in_numpy: F) -> Callable[[F], F]:
    """Compile like `jit`; without numba `in_numpy`, which does the same, takes its place."""
    return _compiled if HAS_NUMBA else lambda _: in_numpy


def _compiled(function: F) -> F:
    """Return the compiled function, with the machine code cached where that is possible."""
    import numba

    compiled: Any
    try:
        compiled = numba.njit(cache=True, fastmath=True, error_model='numpy')(function)
    except RuntimeError:  # numba: 'cannot cache function: no locator available'
        compiled = numba.njit(fastmath=True, error_model='numpy')(function)
    return cast(F, compiled)
