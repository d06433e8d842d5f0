# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Entry point of ``python -m dense_hand_pose <command>``."""

import sys

from dense_hand_pose.cli import main

if __name__ == '__main__':
    sys.exit(main())
