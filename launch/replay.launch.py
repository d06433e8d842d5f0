# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Play a bag through hand_pose in its own time and record what comes out.

ros2 launch dense_hand_pose replay.launch.py bag:=lab output:=lab_hands
image_topic:=/camera/depth/image_rect_raw camera_info_topic:=/camera/depth/camera_info

The bag starts once the node is active, and the launch ends with it. Other arguments of
hand_pose.launch.py may be given, too.
"""

from pathlib import Path
import re

from dense_hand_pose.ros.launch_support import refuse_unknown_arguments, room_for_images
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit, OnProcessIO
from launch.events import Shutdown
from launch.events.process import ProcessExited, ProcessIO
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration

ARGUMENTS = [
    DeclareLaunchArgument('bag', description='Bag to play: a folder or a file.'),
    DeclareLaunchArgument(
        'output',
        default_value='hand_pose_results',
        description='Folder of the bag that is recorded, which must not exist; empty: none.',
    ),
    DeclareLaunchArgument('rate', default_value='1.0', description='Speed of the bag.'),
    DeclareLaunchArgument('loop', default_value='false', description='Play it again and again.'),
    DeclareLaunchArgument(
        'start_paused', default_value='false', description='Wait for /rosbag2_player/resume.'
    ),
]

RECORDED = ('joints', 'joints_smoothed', 'joints_cloud', 'joint_names', 'hands', 'markers')
OTHER_HANDS = 'hand_[0-9]+/'
"""With roi.max_hands above 1 the others have topics of their own below this."""
STARTED = b'active:'
"""What the node says once it waits for images."""


def argument(context: LaunchContext, name: str) -> str:
    """Return the value of a launch argument."""
    return LaunchConfiguration(name).perform(context)


def check_paths(context: LaunchContext) -> None:
    """Raise RuntimeError for paths that cannot be used, before anything is started."""
    bag, output = argument(context, 'bag'), argument(context, 'output')
    if not Path(bag).exists():
        raise RuntimeError(f'bag:={bag}: no such file or folder')
    if output and Path(output).exists():
        raise RuntimeError(f'output:={output} exists: remove it or name another folder')


def player(context: LaunchContext) -> ExecuteProcess:
    """Return the player, which makes the time; options that Humble has, too."""
    bag = argument(context, 'bag')
    command = ['ros2', 'bag', 'play', bag, '--clock', '200', '--disable-keyboard-controls']
    command += ['--rate', argument(context, 'rate')]
    for flag in ('loop', 'start_paused'):
        if argument(context, flag).lower() in ('true', '1'):
            command.append('--' + flag.replace('_', '-'))
    return ExecuteProcess(
        cmd=command, name='player', additional_env=room_for_images(), output='screen'
    )


def recorder(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the recorder of the results, unless none is wanted."""
    output = argument(context, 'output')
    if not output:
        return []
    name = argument(context, 'namespace').strip('/')
    prefix = re.escape(f'/{name}/hand_pose/' if name else '/hand_pose/')
    topics = f'^({prefix}({OTHER_HANDS})?({"|".join(RECORDED)})|/diagnostics)$'
    command = ['ros2', 'bag', 'record', '--regex', topics, '--output', output, '--use-sim-time']
    return [ExecuteProcess(cmd=command, name='recorder', output='screen')]


def play(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return recorder and player; the player waits for the node and ends the launch."""
    playing = player(context)
    begun: list[bool] = []

    def stop(event: ProcessExited, _: LaunchContext) -> list[LaunchDescriptionEntity]:
        if 'hand_pose_node' not in event.process_name:
            return []
        return [EmitEvent(event=Shutdown(reason='the node has ended'))]

    def begin(event: ProcessIO) -> list[LaunchDescriptionEntity]:
        if begun or 'hand_pose_node' not in event.process_name or STARTED not in event.text:
            return []
        begun.append(True)
        return [playing]

    end = OnProcessExit(
        target_action=playing, on_exit=[EmitEvent(event=Shutdown(reason='the bag is over'))]
    )
    return [
        *recorder(context),
        RegisterEventHandler(OnProcessIO(on_stdout=begin, on_stderr=begin)),
        RegisterEventHandler(end),
        RegisterEventHandler(OnProcessExit(on_exit=stop)),
    ]


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    hand_pose = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(Path(__file__).parent / 'hand_pose.launch.py')),
        launch_arguments={
            'use_sim_time': 'true',
            'autostart': 'true',
            'log_level': 'info',  # the player waits for a line of the log
        }.items(),
    )
    description = LaunchDescription([*ARGUMENTS, hand_pose])
    check = refuse_unknown_arguments(__file__, description)
    # The arguments of hand_pose.launch.py are known once it is included.
    paths, start = OpaqueFunction(function=check_paths), OpaqueFunction(function=play)
    return LaunchDescription([*ARGUMENTS, check, paths, hand_pose, start])
