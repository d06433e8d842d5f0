# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The child process that builds: ``python -m dense_hand_pose.runtimes.tensorrt.child FOLDER``.

TensorRT may take all memory there is; if the kernel then ends a process, it is this one and not
the node. It ends with its parent. Lines on stdout: ``progress TEXT``, and at the end
``failed KIND TEXT`` where it failed.
"""

import ctypes
import os
from pathlib import Path
import signal
import sys
import traceback

from .build import BuildRequest, ENGINE
from ..host import first_line, why_no_tensorrt

TIMING_CACHE = 'timing.cache'
_PR_SET_PDEATHSIG = 1


def main(folder: Path, parent: int) -> int:
    """Build what the folder asks for; 0, or 1 after having said why not."""
    _end_with_parent(parent)
    missing = why_no_tensorrt()
    if missing is not None:
        return _failed('missing', missing)
    import torch

    try:
        _build(folder)
    except torch.cuda.OutOfMemoryError as error:
        return _failed('memory', _with_free_memory(first_line(error)))
    except Exception as error:
        traceback.print_exc()  # into the log of the build
        kind = 'memory' if 'out of memory' in str(error).lower() else 'failed'
        return _failed(kind, _with_free_memory(first_line(error)))
    return 0


def _build(folder: Path) -> None:
    from .compiling import compile_engine, engine_graph

    _progress('exporting network and decoding')
    request = BuildRequest.read(folder)
    graph = engine_graph(request.model.network(), request.decoding, request.precision)
    _progress(f'compiling for {request.batch} crops in {request.precision}')
    compile_engine(graph, request.batch, folder / ENGINE, folder / TIMING_CACHE)
    _progress('saved')


def _progress(text: str) -> None:
    print(f'progress {text}', flush=True)


def _failed(kind: str, reason: str) -> int:
    print(f'failed {kind} {reason}', flush=True)
    return 1


def _with_free_memory(text: str) -> str:
    """Add how much of the GPU's memory is free, as far as it still answers."""
    import torch

    try:
        free, total = torch.cuda.mem_get_info()
    except RuntimeError:
        return text
    return f'{text}; {free >> 20} of {total >> 20} MiB of GPU memory are free'


def _end_with_parent(parent: int) -> None:
    """Have the kernel end this process when its parent ends, however that ends."""
    prctl = getattr(ctypes.CDLL(None), 'prctl', None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was faster
        sys.exit(1)


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
