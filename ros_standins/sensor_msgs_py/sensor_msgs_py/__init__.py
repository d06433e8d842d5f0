# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Stand-in for ROS 2's sensor_msgs_py: NOT the real package.

It offers the part of the Python API that dense_hand_pose uses, for machines without a ROS
distribution, and was written anew for that purpose. Names and behaviour follow the real package,
and test/standins holds both to the same contract.
"""

__version__ = '0.1.0+standin'
