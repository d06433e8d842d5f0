# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Build and install the ament_python package."""

from pathlib import Path

from setuptools import find_packages, setup

NAME = 'dense_hand_pose'
SHARE = f'share/{NAME}'
ROOT = Path(__file__).parent
TORCH = ['torch>=2.2,<3']
SYNTHESIS = ['numba>=0.56']


def installed(folder: str, *patterns: str) -> tuple[str, list[str]]:
    """Return a data_files entry: the files of a folder that match, into share/<package>."""
    found = sorted(
        path.relative_to(ROOT).as_posix()
        for pattern in patterns
        for path in (ROOT / folder).glob(pattern)
    )
    return f'{SHARE}/{folder}', found


setup(
    name=NAME,
    version='0.1.0',
    description='21 hand joints in metres from one depth image, for ROS 2 and Python',
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
            'backends/data/*',
            'models/*.safetensors',
            'models/*.zip',
            'models/*.md',
            'models/SHA256SUMS',
            'evaluation/page/*',
            'synthesis/data/*',
            'training/configs/*.yaml',
        ]
    },
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (SHARE, ['package.xml']),
        installed('launch', '*.py'),
        installed('config', '*.yaml', '*.rviz', '*.xml'),
        installed('config/train', '*.yaml'),
    ],
    # Ranges only: requirements/ pins what the project is tested with.
    install_requires=[
        'setuptools',
        'numpy>=1.21',
        'openvino>=2025.4',
        'pillow>=10.1',
        'PyYAML>=5.4',
        'rosbags>=0.10',
        'safetensors>=0.4',
        'tqdm>=4.57',
    ],
    extras_require={
        'torch': TORCH,
        'synthesis': SYNTHESIS,
        'train': [*TORCH, *SYNTHESIS, 'matplotlib>=3.5', 'scipy>=1.8'],
        'rerun': ['rerun-sdk>=0.41,<1'],
        'test': ['hypothesis', 'opencv-python-headless>=4.5', 'pytest'],
    },
    zip_safe=False,
    entry_points={
        'console_scripts': [
            f'hand_pose_node = {NAME}.ros.node:main',
            f'synthetic_camera = {NAME}.ros.synthetic_camera:main',
        ]
    },
)
