# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Find the tiny network of the tests."""

from pathlib import Path
import sys

sys.path.insert(0, str(Path(__file__).parents[1]))  # for tiny.py
