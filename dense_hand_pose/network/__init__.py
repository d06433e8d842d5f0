# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The networks: configurations, building blocks, the stacked hourglass and its dense heads."""
