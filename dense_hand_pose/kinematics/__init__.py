# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The hand as a mechanism: joint angles, bone lengths and a palm with six degrees of freedom."""
