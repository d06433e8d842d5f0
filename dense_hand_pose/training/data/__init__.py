# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Training data: synthetic and recorded crops, scenes of the detector, augmentation."""
