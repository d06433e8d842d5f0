# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What a machine with a GPU is asked once: steps in processes of their own, and a report."""
