# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A folder for what a backend prepares once: ~/.cache/dense_hand_pose/<name>.

What lies there is loaded again without being made anew, so nobody else may write there: the
folder belongs to the user with mode 0700, or it is not used.
"""

import os
from pathlib import Path
import stat


def cache_folder(name: str) -> Path | None:
    """Return the folder, made if need be; None where there is none that is safe and writable."""
    base = os.environ.get('XDG_CACHE_HOME', '')
    if not base.startswith('/'):
        base = os.path.expanduser('~/.cache')  # noqa: PTH111 (never raises)
    root = Path(base)
    own = root / 'dense_hand_pose'
    for folder in (own, own / name):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = folder.lstat()
        except OSError:
            return None
        ours = found.st_uid == os.getuid() and stat.S_ISDIR(found.st_mode)
        if not ours or found.st_mode & 0o077:
            return None
    return own / name if os.access(own / name, os.W_OK) else None
