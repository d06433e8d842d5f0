# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Joints to dense maps and back: targets for training, decoding, and the geometry of maps."""
