# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A ROS environment of the demo's own: a free domain, this machine only, room for images."""

from collections.abc import Mapping
import contextlib
import os
from pathlib import Path
import socket

PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_DOMAINS = 100
_PROFILE = 'config/fastdds_large_images.xml'


def free_domain_id() -> int:
    """
    Return a ROS_DOMAIN_ID in 1..100 that no process on this machine uses.

    DDS gives the first participant of domain d the UDP port 7410 + 250 d, so a domain whose port
    is taken is in use. The search starts at a place that differs between processes.
    """
    for step in range(_DOMAINS):
        domain = (os.getpid() + step) % _DOMAINS + 1
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe,
        ):
            probe.bind(('', 7410 + 250 * domain))
            return domain
    raise RuntimeError('all ROS domains from 1 to 100 are in use on this machine')


def private_environment(base: Mapping[str, str], domain_id: int) -> dict[str, str]:
    """Return `base` with the variables that keep ROS traffic private, and this package found."""
    found = [str(PACKAGE_ROOT), base.get('PYTHONPATH', '')]
    environment = {
        **base,
        'ROS_DOMAIN_ID': str(domain_id),
        'PYTHONPATH': os.pathsep.join(path for path in found if path),
        'PYTHONUNBUFFERED': '1',
    }
    if base.get('ROS_DISTRO') == 'humble':
        environment['ROS_LOCALHOST_ONLY'] = '1'
    else:
        environment['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    return environment


def with_room_for_images(base: Mapping[str, str]) -> dict[str, str]:
    """
    Return `base` for a process that publishes images: Fast DDS has shared memory for them.

    The others do without it: it takes 17 MB for each, and /dev/shm of a container has 64.
    """
    environment = {**base}
    profile = _large_images_profile()
    if profile is not None:
        # The second name is that of Fast DDS 3; a profile that the user has set stays.
        for variable in ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'):
            environment.setdefault(variable, str(profile))
    return environment


def _large_images_profile() -> Path | None:
    """Return the Fast DDS profile for images, from the source tree or the install folder."""
    prefixes = [Path(p) for p in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if p]
    folders = [PACKAGE_ROOT, *(prefix / 'share/dense_hand_pose' for prefix in prefixes)]
    return next((f / _PROFILE for f in folders if (f / _PROFILE).is_file()), None)
