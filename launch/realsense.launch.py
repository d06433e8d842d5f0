# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Start a RealSense camera, depth only, and hand_pose on its rectified depth.

ros2 launch dense_hand_pose realsense.launch.py rviz:=true

Needs the package realsense2_camera, 4.55 or newer (ros-<distro>-realsense2-camera). Arguments of
hand_pose.launch.py may be given, too.
"""

from pathlib import Path

from dense_hand_pose.ros.launch_support import refuse_unknown_arguments, room_for_images
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

ARGUMENTS = [
    DeclareLaunchArgument(
        'camera_namespace', default_value='camera', description='Namespace of the camera.'
    ),
    DeclareLaunchArgument(
        'camera_name', default_value='camera', description='Its name, with which frames begin.'
    ),
    DeclareLaunchArgument(
        'serial_no', default_value='', description='Which camera; empty: the first one.'
    ),
    DeclareLaunchArgument(
        'depth_profile',
        default_value='640x480x30',
        description='Width x height x rate of the depth stream.',
    ),
]


def generate_launch_description() -> LaunchDescription:
    """Return the launch description: the camera has only the stream that is needed."""
    camera = Node(
        package='realsense2_camera',
        executable='realsense2_camera_node',
        namespace=LaunchConfiguration('camera_namespace'),
        name=LaunchConfiguration('camera_name'),
        parameters=[
            {
                'camera_name': ParameterValue(LaunchConfiguration('camera_name'), value_type=str),
                'serial_no': ParameterValue(LaunchConfiguration('serial_no'), value_type=str),
                'enable_depth': True,
                'enable_color': False,
                'enable_infra1': False,
                'enable_infra2': False,
                'depth_module.depth_profile': ParameterValue(
                    LaunchConfiguration('depth_profile'), value_type=str
                ),
            }
        ],
        additional_env=room_for_images(),
        output='screen',
    )
    name = LaunchConfiguration('camera_name')
    # Joined as paths are, an empty namespace leaves no second slash.
    depth = PathJoinSubstitution(['/', LaunchConfiguration('camera_namespace'), name, 'depth'])
    hand_pose = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(Path(__file__).parent / 'hand_pose.launch.py')),
        launch_arguments={
            'image_topic': [depth, '/image_rect_raw'],
            'camera_info_topic': [depth, '/camera_info'],
            'fixed_frame': [name, '_depth_optical_frame'],
        }.items(),
    )
    description = LaunchDescription([*ARGUMENTS, hand_pose])
    check = refuse_unknown_arguments(__file__, description)
    return LaunchDescription([*ARGUMENTS, check, camera, hand_pose])
