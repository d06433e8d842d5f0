# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What was measured on what: the machine, versions and the commit."""

from importlib.metadata import PackageNotFoundError, version
import os
from pathlib import Path
import platform
import subprocess
from typing import Any

from dense_hand_pose.runtimes.host import cpu_name

_PACKAGES = (
    'dense_hand_pose',
    'torch',
    'openvino',
    'torch-tensorrt',
    'tensorrt',
    'numpy',
    'rclpy',
)
_ROOT = Path(__file__).resolve().parents[2]


def machine() -> dict[str, Any]:
    """Return the processor, the cores that this process may use, memory and GPU."""
    pages = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    return {
        'cpu': cpu_name(),
        'cores': len(os.sched_getaffinity(0)),
        'memory_gib': round(pages / 2**30, 1),
        'gpu': _gpu(),
        'system': f'{platform.system()} {platform.release()} {platform.machine()}',
    }


def versions() -> dict[str, str]:
    """Return the versions of what computes; packages that are not installed are left out."""
    found = {'python': platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def commit(root: Path = _ROOT) -> str | None:
    """Return the commit of the source tree, with -dirty if it was changed; None without one."""
    command = ['git', '-C', str(root), 'describe', '--always', '--dirty', '--abbrev=40']
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10.0)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def load_average() -> float:
    """Return how many processes wanted to run in the last minute."""
    return round(os.getloadavg()[0], 2)


def _gpu() -> str | None:
    from dense_hand_pose.runtimes.cuda_probe import why_no_cuda

    if why_no_cuda() is not None:
        return None
    import torch

    return str(torch.cuda.get_device_name())
