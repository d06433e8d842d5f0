# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Show the node at work without a camera: a synthetic one, hand_pose and RViz.

ros2 launch dense_hand_pose demo.launch.py seed:=3 side:=left

Arguments of hand_pose.launch.py may be given, too.
"""

from pathlib import Path

from dense_hand_pose.ros.launch_support import refuse_unknown_arguments, room_for_images
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

ARGUMENTS = [
    DeclareLaunchArgument('seed', default_value='0', description='Which sequence of gestures.'),
    DeclareLaunchArgument('side', default_value='right', description='Which hand: right, left.'),
    DeclareLaunchArgument('rate_hz', default_value='30.0', description='Pictures a second.'),
    DeclareLaunchArgument('rviz', default_value='true', description='Start RViz.'),
]


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    camera = Node(
        package='dense_hand_pose',
        executable='synthetic_camera',
        name='synthetic_camera',
        namespace='camera',
        parameters=[
            {
                'seed': ParameterValue(LaunchConfiguration('seed'), value_type=int),
                'side': ParameterValue(LaunchConfiguration('side'), value_type=str),
                'rate_hz': ParameterValue(LaunchConfiguration('rate_hz'), value_type=float),
                'frame_id': 'camera_depth_optical_frame',
                'reliability': 'reliable',
            }
        ],
        additional_env=room_for_images(),
        output='screen',
    )
    hand_pose = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(Path(__file__).parent / 'hand_pose.launch.py')),
        launch_arguments={
            'image_topic': '/camera/image_rect',
            'camera_info_topic': '/camera/camera_info',
            'rviz': LaunchConfiguration('rviz'),
        }.items(),
    )
    description = LaunchDescription([*ARGUMENTS, hand_pose])
    check = refuse_unknown_arguments(__file__, description)
    return LaunchDescription([*ARGUMENTS, check, camera, hand_pose])
