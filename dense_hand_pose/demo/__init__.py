# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The demonstration: a synthetic camera, the node and a recorder, and what came of it."""
