# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Depth cameras and bags as sources of frames without ROS, and what shows their hands."""
