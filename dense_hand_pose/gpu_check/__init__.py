# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The check of a machine with a GPU: steps in processes of their own, and a report."""
