# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Rendered depth images of hands with exact joints: the training data and the synthetic camera."""
