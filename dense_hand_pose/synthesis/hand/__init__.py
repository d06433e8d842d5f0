# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The synthetic hand: anatomy, poses, motion, and the mesh that follows them."""
