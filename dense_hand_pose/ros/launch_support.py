# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""For launch files: refuse unknown arguments, and give publishers of images a DDS profile."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
import os
from pathlib import Path
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launch import LaunchContext, LaunchDescription, Substitution
    from launch.actions import OpaqueFunction


def refuse_unknown_arguments(launch_file: str, description: LaunchDescription) -> OpaqueFunction:
    """
    Return an action that ends the launch when the command line has unknown arguments.

    launch_file: the file's own `__file__`. Nothing is checked where another file includes it:
    arguments of the command line are then that file's.
    """
    from launch.actions import OpaqueFunction

    def check(_: LaunchContext) -> None:
        known = sorted({argument.name for argument in description.get_launch_arguments()})
        wrong = unknown(sys.argv, Path(launch_file).name, known)
        if wrong:
            raise RuntimeError(f'{Path(launch_file).name}: {wrong}')

    return OpaqueFunction(function=check)


def unknown(command: Sequence[str], file_name: str, known: Sequence[str]) -> str:
    """Return which arguments of a command line are not `known`, '' when all are."""
    names = [Path(word).name for word in command]
    if file_name not in names:
        return ''
    first = names.index(file_name)
    given = [word.partition(':=')[0] for word in command[first:] if ':=' in word]
    wrong = []
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            wrong.append(f'{name!r}' + (f' (did you mean {close[0]!r}?)' if close else ''))
    if not wrong:
        return ''
    return f'unknown launch argument {", ".join(wrong)}; known are: {", ".join(known)}'


def needs_package(name: str, wanted_by: str) -> None:
    """Raise RuntimeError with the remedy where a ROS package is not installed."""
    from ament_index_python.packages import get_package_share_directory, PackageNotFoundError

    try:
        get_package_share_directory(name)
    except PackageNotFoundError as error:
        distribution = os.environ.get('ROS_DISTRO', '<distribution>')
        raise RuntimeError(
            f'{wanted_by} needs the package {name}, which is not installed: '
            f'sudo apt install ros-{distribution}-{name.replace("_", "-")}'
        ) from error


def read_hand_urdf(path: str) -> tuple[str, str]:
    """
    Return the text of a hand's URDF, as `hand-urdf` writes it, and the name of its wrist's link.

    Raises RuntimeError for a file that cannot be read or is no hand's.
    """
    remedy = 'expected a file that `dense_hand_pose hand-urdf` wrote'
    try:
        text = Path(path).read_text(encoding='utf-8')
    except (OSError, ValueError) as error:
        raise RuntimeError(f'urdf:={path}: {error}; {remedy}') from error
    wrists = set(re.findall(r'<link name="((?:right|left)_wrist)"', text))
    if '<robot name=' not in text or len(wrists) != 1:
        raise RuntimeError(f'urdf:={path} has no hand: {remedy}')
    return text, wrists.pop()


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
