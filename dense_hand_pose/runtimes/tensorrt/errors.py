# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Why there is no engine, in a form that the choice of a backend can act on."""

from ..base import BackendError

RETRY = 'python -m dense_hand_pose build-engine --force'


class TensorRTError(BackendError):
    """No engine can be had; the message says why and what to do. ``kind`` is one of KINDS."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


KINDS = ('missing', 'failed', 'memory', 'killed', 'timeout', 'numbers', 'interrupted')
"""``numbers``: the engine's joints are wrong in this precision; another one may do."""

LASTING = ('failed', 'memory', 'killed', 'timeout', 'numbers')
"""Kinds that would come again after minutes of building: they leave a .failed marker."""
