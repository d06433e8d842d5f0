# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Inputs of the node: subscriptions, synchronised pairs, frames as arrays."""
