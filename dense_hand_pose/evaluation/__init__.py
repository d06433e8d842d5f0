# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""How good and how fast: metrics, and bags that hold streams and results."""
