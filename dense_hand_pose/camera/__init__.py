# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The camera: intrinsics, distortion, depth images, and the crops that are cut out of them."""
