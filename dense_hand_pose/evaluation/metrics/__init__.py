# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The metrics: joint errors, matching of hands, tracking, calibration of confidence."""
