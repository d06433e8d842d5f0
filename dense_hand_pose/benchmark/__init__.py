# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""How fast it is: backends and precisions side by side, and the node over ROS 2."""
