# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The compiler works where nothing can be cached."""

from typing import Any

from dense_hand_pose.synthesis.jit import jit
import numba
import pytest


def test_compiles_without_a_writable_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = numba.njit, []

    def njit(**options: Any) -> Any:
        asked.append(options)
        if options.get('cache'):
            raise RuntimeError('cannot cache function: no locator available')
        return real(**options)

    monkeypatch.setattr(numba, 'njit', njit)

    @jit
    def twice(value: float) -> float:
        return 2.0 * value

    assert twice(4.0) == 8.0
    assert [bool(options.get('cache')) for options in asked] == [True, False]
