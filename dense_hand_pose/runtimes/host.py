# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the processor is called and computes in, as the kernel tells it."""

import functools
from pathlib import Path
import platform

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
    """Say whether the processor multiplies bfloat16 by itself; emulation would be slower."""
    found = _cpuinfo()
    flags = f'{found.get("flags", "")} {found.get("Features", "")}'.split()
    return bool(_BFLOAT16_FLAGS & set(flags))
