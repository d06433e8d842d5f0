# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The Fast DDS profile of processes that publish images, for launch files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launch import Substitution


def room_for_images() -> dict[str, Substitution]:
    """
    Return environment variables that give a process a profile with room for images.

    Without it Fast DDS loses large images on the way to best-effort subscribers. A profile that
    the user has set stays: it may hold what the robot's network needs.
    """
    from launch.substitutions import EnvironmentVariable, PathJoinSubstitution
    from launch_ros.substitutions import FindPackageShare

    share = FindPackageShare('dense_hand_pose')
    profile = PathJoinSubstitution([share, 'config', 'fastdds_large_images.xml'])
    # The second name is that of Fast DDS 3.
    names = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
    return {name: EnvironmentVariable(name, default_value=profile) for name in names}
