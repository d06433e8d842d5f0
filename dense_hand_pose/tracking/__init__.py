# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Hands over time: tracks, smoothed joints, and which hand is which."""
