# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The one OpenVINO core of a process, which lives as long as the process.

OpenVINO's CPU plugin gives the thread that loads it a stack for signal handlers (AMX's registers
ask for a larger one), and takes the memory back, but not the setting, when its core is freed.
Where cores come and go, the next Ctrl-C that Python hears ends the process with SIGSEGV.
"""

from functools import cache
from typing import Any

from dense_hand_pose.process import import_openvino


@cache
def openvino_core() -> Any:
    """Return the core; ImportError where OpenVINO is not installed."""
    return import_openvino().Core()
