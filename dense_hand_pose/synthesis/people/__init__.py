# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""People around the hand: bodies, arms and the second hand."""
