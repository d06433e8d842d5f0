# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Recordings: bags and their files, topics, messages and frames, read and written without ROS."""
