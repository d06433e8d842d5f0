# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The steps that describe the machine and run the tests marked `gpu`."""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
import os
from pathlib import Path
import platform
import re
import subprocess
import sys
from typing import Any

from .plan import CannotRunError, Check, hooks_of, Row, StepFindings

_PACKAGES = (
    'torch', 'torch-tensorrt', 'tensorrt', 'tensorrt-cu13', 'tensorrt-cu12', 'openvino', 'numpy',
    'numba', 'safetensors', 'opencv-python-headless', 'opencv-python', 'triton',
)  # fmt: skip
_OF_GPU = (
    'name', 'driver_version', 'compute_cap', 'memory.total', 'memory.used', 'clocks.sm',
    'clocks.max.sm', 'clocks.mem', 'clocks.max.mem', 'power.limit', 'power.max_limit',
    'temperature.gpu', 'utilization.gpu',
)  # fmt: skip
_LIMIT_S = 10.0


def describe(check: Check, findings: StepFindings) -> None:
    """List what there is; parts that cannot be read are left out."""
    hooks = hooks_of(check)
    figures = findings.figures
    figures['system'] = f'{platform.system()} {platform.release()} {platform.machine()}'
    figures['processor'] = _processor()
    figures['cores'] = len(os.sched_getaffinity(0))
    pages = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    figures['memory GiB'] = round(pages / 2**30, 1)
    figures['load average'] = round(os.getloadavg()[0], 2)
    figures['python'] = platform.python_version()
    for name in _PACKAGES:
        try:
            figures[name] = str(version(name))
        except PackageNotFoundError:
            continue
    figures.update(jetson())
    findings.rows += nvidia_smi()
    figures['GPU'] = hooks.why_no_gpu() or 'answers'
    figures['TensorRT'] = hooks.why_no_tensorrt() or 'can be imported'
    figures.update(_of_torch(hooks.device))


def nvidia_smi() -> list[Row]:
    """Return a row for each GPU that nvidia-smi lists; none where it is missing or fails."""
    lines = _said('nvidia-smi', f'--query-gpu={",".join(_OF_GPU)}', '--format=csv,noheader')
    rows = [[cell.strip() for cell in line.split(',')] for line in lines]
    return [dict(zip(_OF_GPU, row, strict=True)) for row in rows if len(row) == len(_OF_GPU)]


def jetson(root: Path = Path('/')) -> Row:
    """Return board, release, power mode and GPU clock of a Jetson; empty elsewhere."""
    found: Row = {}
    board = _text(root / 'proc/device-tree/model')
    if board and 'jetson' in board.lower():
        found['board'] = board
        found['power mode'] = '; '.join(_said('nvpmodel', '-q'))
    release = _text(root / 'etc/nv_tegra_release')
    if release:
        found['L4T'] = release.splitlines()[0]
        for clock in sorted((root / 'sys/class/devfreq').glob('*gpu*/cur_freq')):
            found[f'clock of {clock.parent.name} (Hz)'] = _text(clock)
    return found


def _of_torch(device: str) -> Row:
    try:
        import torch
    except ImportError as error:
        return {'PyTorch': f'cannot be imported ({error})'}
    found: Row = {'CUDA of PyTorch': str(torch.version.cuda)}
    if device != 'cuda' or not torch.cuda.is_available():
        return found
    gpu = torch.cuda.get_device_properties(torch.cuda.current_device())
    return {
        **found,
        'GPU of PyTorch': gpu.name,
        'compute capability': f'{gpu.major}.{gpu.minor}',
        'multiprocessors': gpu.multi_processor_count,
        'GPU memory GiB': round(gpu.total_memory / 2**30, 1),
        'cuDNN': str(torch.backends.cudnn.version()),  # type: ignore[no-untyped-call]
        'bfloat16': torch.cuda.is_bf16_supported(),
    }


def _processor() -> str:
    from dense_hand_pose.runtimes.host import cpu_name

    return cpu_name()


def _said(*command: str) -> list[str]:
    """Return the lines that a program prints; none where it is missing, slow or fails."""
    try:
        done: Any = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line for line in done.stdout.splitlines() if line] if done.returncode == 0 else []


def _text(path: Path) -> str:
    """Return a small file of the kernel without its final NUL; '' where it cannot be read."""
    try:
        return path.read_bytes()[:4096].decode(errors='replace').strip('\0 \n')
    except OSError:
        return ''


_REPOSITORY = Path(__file__).resolve().parents[2]
_COUNTS = re.compile(r'(\d+) (passed|failed|skipped|errors?)')


def run_tests(_check: Check, findings: StepFindings) -> None:
    """Run them and count; RuntimeError names those that fail."""
    folder = _REPOSITORY / 'test' / 'gpu'
    if not folder.is_dir():
        raise CannotRunError(f'{folder}: no tests beside this package; use a checkout of it')
    if find_spec('pytest') is None:
        raise CannotRunError('pytest is not installed')
    words = ['-m', 'pytest', '-m', 'gpu', '-q', '-rfEs', '-p', 'no:cacheprovider', str(folder)]
    done = subprocess.run(  # noqa: S603 (our own command; its parent limits its time)
        [sys.executable, *words], cwd=_REPOSITORY, text=True, stdout=subprocess.PIPE, check=False
    )
    print(done.stdout, flush=True)
    lines = done.stdout.strip().splitlines()
    for count, kind in _COUNTS.findall(lines[-1] if lines else ''):
        findings.figures[kind] = int(count)
    marks = ('FAILED', 'ERROR', 'SKIPPED')
    findings.rows += [{'test': line} for line in lines if line.startswith(marks)]
    if done.returncode not in (0, 5):  # 5: no test was chosen
        raise RuntimeError(f'the tests end with status {done.returncode}')
