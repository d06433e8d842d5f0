# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The runtimes that a network can run on, and the choice among them."""
