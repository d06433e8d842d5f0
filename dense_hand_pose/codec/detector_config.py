# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""How the hand detector writes a depth: in its input, in its maps and in its targets."""

USUAL_M = 0.7
"""Depths are logarithms to the base of 2 of a multiple of this one."""
INPUT_SCALE = 1.5
"""The logarithms of the input are divided by it, so that they lie about 1."""
