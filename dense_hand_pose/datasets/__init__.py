# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The public data sets of depth hand pose: their facts and the readers of their files."""
