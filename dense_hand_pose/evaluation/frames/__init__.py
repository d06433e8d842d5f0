# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The test on held-out single frames: protocol, summary and report."""
