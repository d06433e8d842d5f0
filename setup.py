# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Build and install the ament_python package."""

from pathlib import Path
import re

from setuptools import find_packages, setup

NAME = 'dense_hand_pose'
SHARE = f'share/{NAME}'
ROOT = Path(__file__).parent
HOME = 'https://github.com/dense-hand-pose/dense_hand_pose'
TORCH = ['torch>=2.2,<3']


def installed(folder: str, *patterns: str) -> tuple[str, list[str]]:
    """Return a data_files entry: the files of a folder that match, into share/<package>."""
    found = sorted(
        path.relative_to(ROOT).as_posix()
        for pattern in patterns
        for path in (ROOT / folder).glob(pattern)
    )
    return f'{SHARE}/{folder}', found


def requirements(name: str, *wanted: str) -> list[str]:
    """Return the ranges in a file of requirements/, those of some distributions if named."""
    lines = (ROOT / 'requirements' / name).read_text(encoding='utf-8').splitlines()
    ranges = [line for line in lines if re.match('[A-Za-z]', line) and '==' not in line]
    named = [line for line in ranges if re.split('[^A-Za-z0-9._-]', line)[0] in wanted]
    return named if wanted else ranges


setup(
    name=NAME,
    version='0.1.0',
    description='21 hand joints in metres from one depth image, for ROS 2 and Python',
    long_description=(ROOT / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    url=HOME,
    project_urls={
        'Source': HOME,
        'Issues': f'{HOME}/issues',
        'Changes': f'{HOME}/blob/main/CHANGELOG.rst',
        'Documentation': f'{HOME}/tree/main/docs',
    },
    keywords=['hand pose', 'depth camera', 'ROS 2', 'robotics'],
    classifiers=[
        'Development Status :: 4 - Beta',
        'Intended Audience :: Developers',
        'Intended Audience :: Science/Research',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3',
        *(f'Programming Language :: Python :: 3.{minor}' for minor in range(10, 15)),
        'Topic :: Scientific/Engineering :: Image Recognition',
        'Typing :: Typed',
    ],
    author='The dense_hand_pose authors',
    author_email='dense-hand-pose@users.noreply.github.com',
    maintainer='The dense_hand_pose authors',
    maintainer_email='dense-hand-pose@users.noreply.github.com',
    license='Apache-2.0',
    python_requires='>=3.10',
    packages=find_packages(include=[NAME, f'{NAME}.*']),
    package_data={
        NAME: [
            'py.typed',
            'runtimes/data/*',
            'models/*.safetensors',
            'models/*.zip',
            'models/*.md',
            'models/SHA256SUMS',
            'evaluation/report_page/page/*',
            'kinematics/data/*',
            'synthesis/data/*',
            'training/configs/*.yaml',
        ]
    },
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (SHARE, ['package.xml']),
        installed('launch', '*.py'),
        installed('config', '*.yaml', '*.rviz', '*.xml', '*.json'),
        installed('config/cameras', '*.yaml'),
        installed('config/train', '*.yaml'),
    ],
    install_requires=requirements('runtime.txt'),
    extras_require={
        'torch': TORCH,
        'synthesis': requirements('train.txt', 'numba'),
        'train': [*TORCH, *requirements('train.txt')],
        'realsense': ['pyrealsense2>=2.54,<3'],
        'oak': ['depthai>=3.0,<4'],
        'rerun': ['rerun-sdk>=0.41,<1'],
        'test': requirements('test.txt', 'hypothesis', 'opencv-python-headless', 'pytest'),
    },
    zip_safe=False,
    entry_points={
        'console_scripts': [
            f'dense_hand_pose = {NAME}.cli:main',
            f'hand_pose_node = {NAME}.ros.executables:hand_pose_node',
            f'synthetic_camera = {NAME}.ros.executables:synthetic_camera',
        ]
    },
)
