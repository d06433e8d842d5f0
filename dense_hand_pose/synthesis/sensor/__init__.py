# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The depth sensor: rasterisation, noise models and the cameras."""
