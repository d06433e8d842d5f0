# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Scenes: where hand, people, things and camera stand, and how they move."""
