# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 nodes: the only part of the package that imports rclpy and ROS messages."""
