# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Start the node hand_pose, and RViz on request.

ros2 launch dense_hand_pose hand_pose.launch.py image_topic:=/camera/depth/image_rect_raw
camera_info_topic:=/camera/depth/camera_info rviz:=true
"""

from dense_hand_pose.ros.launch_support import (
    needs_package,
    read_hand_urdf,
    refuse_unknown_arguments,
)
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

CONFIG = PathJoinSubstitution([FindPackageShare('dense_hand_pose'), 'config'])

ARGUMENTS = [
    DeclareLaunchArgument('namespace', default_value='', description='Namespace of the node.'),
    DeclareLaunchArgument(
        'params_file',
        default_value=PathJoinSubstitution([CONFIG, 'hand_pose.yaml']),
        description='YAML file with the parameters of the node.',
    ),
    DeclareLaunchArgument(
        'image_topic', default_value='image_rect', description='Rectified depth image.'
    ),
    DeclareLaunchArgument(
        'camera_info_topic', default_value='camera_info', description='Its calibration.'
    ),
    DeclareLaunchArgument(
        'model', default_value='', description='Model name or path; empty: as in params_file.'
    ),
    DeclareLaunchArgument(
        'backend', default_value='', description='What runs it; empty: as in params_file.'
    ),
    DeclareLaunchArgument(
        'use_sim_time', default_value='false', description='Take the time from /clock (bags).'
    ),
    DeclareLaunchArgument(
        'autostart',
        default_value='',
        description='true: configure and activate by itself; false: a lifecycle manager does; '
        'empty: as in params_file.',
    ),
    DeclareLaunchArgument('rviz', default_value='false', description='Start RViz.'),
    DeclareLaunchArgument(
        'rviz_config',
        default_value=PathJoinSubstitution([CONFIG, 'hand_pose.rviz']),
        description='Configuration of RViz.',
    ),
    DeclareLaunchArgument(
        'fixed_frame',
        default_value='camera_depth_optical_frame',
        description='Frame that RViz shows: the frame_id of the depth image.',
    ),
    DeclareLaunchArgument(
        'urdf',
        default_value='',
        description='A hand of `dense_hand_pose hand-urdf`, posed by robot_state_publisher from '
        '~/joint_states; publish.tf is on then. Empty: none.',
    ),
    DeclareLaunchArgument('log_level', default_value='info', description='Log level.'),
]

# Parameter of the node by launch argument: an empty argument leaves the params_file alone.
OVERRIDES = {
    'model': 'model.name_or_path',
    'backend': 'model.backend',
    'autostart': 'autostart',
}


def argument_value(name: str, kind: type) -> ParameterValue:
    """Return a launch argument as the value of a parameter."""
    return ParameterValue(LaunchConfiguration(name), value_type=kind)


def start_node(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the node with the parameters that the arguments ask for."""
    overrides = {
        parameter: argument_value(argument, bool if argument == 'autostart' else str)
        for argument, parameter in OVERRIDES.items()
        if LaunchConfiguration(argument).perform(context)
    }
    overrides['use_sim_time'] = argument_value('use_sim_time', bool)
    if LaunchConfiguration('urdf').perform(context):
        overrides['publish.tf'] = True
    node = Node(
        package='dense_hand_pose',
        executable='hand_pose_node',
        name='hand_pose',
        namespace=LaunchConfiguration('namespace'),
        parameters=[LaunchConfiguration('params_file'), overrides],
        remappings=[
            ('image_rect', LaunchConfiguration('image_topic')),
            ('camera_info', LaunchConfiguration('camera_info_topic')),
        ],
        ros_arguments=['--log-level', LaunchConfiguration('log_level')],
        output='screen',
    )
    return [node]


def start_hand_model(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return what poses the hand of the argument urdf, its wrist at the frame hand_wrist."""
    path = LaunchConfiguration('urdf').perform(context)
    if not path:
        return []
    needs_package('robot_state_publisher', f'urdf:={path}')
    needs_package('tf2_ros', f'urdf:={path}')
    text, wrist = read_hand_urdf(path)
    publisher = Node(
        package='robot_state_publisher',
        executable='robot_state_publisher',
        name='hand_model',
        namespace=LaunchConfiguration('namespace'),
        parameters=[
            {
                'robot_description': ParameterValue(text, value_type=str),
                'use_sim_time': argument_value('use_sim_time', bool),
            }
        ],
        remappings=[('joint_states', 'hand_pose/joint_states')],
        output='screen',
    )
    wrist_frame = Node(
        package='tf2_ros',
        executable='static_transform_publisher',
        name='hand_model_wrist',
        namespace=LaunchConfiguration('namespace'),
        arguments=['--frame-id', 'hand_wrist', '--child-frame-id', wrist],
        output='log',
    )
    return [publisher, wrist_frame]


def start_rviz(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return RViz, its topics moved to where the node and the camera publish."""
    name = LaunchConfiguration('namespace').perform(context).strip('/')
    prefix = f'/{name}' if name else ''
    topics = ('joints', 'joints_cloud', 'markers', 'debug/image', 'debug/votes')
    rviz = Node(
        package='rviz2',
        executable='rviz2',
        name='rviz2',
        # As the node has it, so that a relative image_topic means the same topic to both.
        namespace=LaunchConfiguration('namespace'),
        arguments=[
            '-d',
            LaunchConfiguration('rviz_config'),
            '-f',
            LaunchConfiguration('fixed_frame'),
        ],
        parameters=[{'use_sim_time': argument_value('use_sim_time', bool)}],
        remappings=[
            *((f'/hand_pose/{topic}', f'{prefix}/hand_pose/{topic}') for topic in topics),
            ('/robot_description', f'{prefix}/robot_description'),
            ('/camera/image_rect', LaunchConfiguration('image_topic')),
            ('/camera/camera_info', LaunchConfiguration('camera_info_topic')),
        ],
        condition=IfCondition(LaunchConfiguration('rviz')),
        output='log',
    )
    return [rviz]


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    actions = [
        OpaqueFunction(function=start) for start in (start_node, start_hand_model, start_rviz)
    ]
    description = LaunchDescription(ARGUMENTS)
    description.add_action(refuse_unknown_arguments(__file__, description))
    return LaunchDescription([*description.entities, *actions])
