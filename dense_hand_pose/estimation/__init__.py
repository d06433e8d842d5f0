# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of the estimator: its settings, its answer, and a look at cubes of a frame."""
