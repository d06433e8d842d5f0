# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Outputs of the node: results as messages, and the publishers of each."""
