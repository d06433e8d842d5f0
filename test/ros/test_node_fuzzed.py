# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""400 corrupted messages over DDS: the node keeps running, and all its figures are finite."""

import random
from typing import Any

import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, Image
from support.node_fixture import HEIGHT, NodeFixture, running_node, WIDTH

pytestmark = pytest.mark.dds

MESSAGES = 400
SIZES = (0, 1, WIDTH - 1, HEIGHT, 2 * WIDTH, 65536, 2**31, 2**32 - 1)
NUMBERS = (0.0, -1.0, 1e-300, 1e300, float('nan'), float('inf'), 2.5)


def spoil(image: Image, info: CameraInfo, chance: random.Random) -> None:
    """Change up to four fields of a sound pair."""
    pixels = np.frombuffer(image.data, np.uint16)
    for _ in range(chance.randrange(5)):
        size, number, place = chance.choice(SIZES), chance.choice(NUMBERS), chance.randrange(9)
        changes: list[tuple[Any, str, Any]] = [
            (image, 'width', size), (image, 'height', size), (image, 'step', size),
            (image, 'encoding', chance.choice(['32FC1', 'mono16', 'rgb8', '', 'é' * 50])),
            (image, 'is_bigendian', chance.choice([1, 255])),
            (image, 'data', chance.randbytes(chance.randrange(2 * WIDTH * HEIGHT + 9))),
            (image, 'data', (pixels * chance.randrange(65536)).tobytes()),
            (image.header.stamp, 'sec', chance.choice([0, -(2**31), 2**31 - 1])),
            (image.header.stamp, 'nanosec', 2**32 - 1),
            (info, 'width', size), (info, 'binning_x', size), (info.roi, 'x_offset', size),
            (info.roi, 'width', size), (info, 'distortion_model', chance.choice(['', 'fisheye'])),
            (info, 'd', [number] * chance.randrange(15)),
            (info, 'k', [number if i == place else v for i, v in enumerate(info.k)]),
            (info, 'p', [number if i == place else v for i, v in enumerate(info.p)]),
        ]  # fmt: skip
        target, name, value = chance.choice(changes)
        setattr(target, name, value)
    if chance.random() < 0.8:  # else the pair falls apart
        info.header.stamp = image.header.stamp


@pytest.mark.parametrize('topic_kind', ['rectified', 'raw'])
def test_spoilt_messages_do_no_harm(model: str, topic_kind: str) -> None:
    chance = random.Random(1)
    stamps = []
    with running_node(model, camera__image_kind=topic_kind, sync__queue_size=3) as rig:
        for count in range(MESSAGES // 2):
            image = rig.image()
            info = rig.info_for(image)
            spoil(image, info, chance)
            stamps.append(image.header.stamp)
            rig.send(image, info)
            rig.until(lambda: rig.node.counters.counts().images > count, 1.0)  # noqa: B023
        check_alive(rig, stamps)


def check_alive(rig: NodeFixture, stamps: list) -> None:
    """Check that the node answers, and what it has said so far."""
    for _ in range(5):  # the first may follow a stamp of the future
        image = rig.image()
        stamps.append(image.header.stamp)
        rig.send(image)
        if rig.answer(image, 4.0) is not None:
            break
    else:
        raise AssertionError(f'no answer any more: {rig.node.counters.counts()}')
    counts = rig.node.counters.counts()
    assert counts.causes['internal_error'] == 0, rig.logs('internal_error')
    assert counts.images > MESSAGES // 4
    assert len(counts.causes) >= 6, 'the messages were not corrupted enough'
    for message in rig.heard['hand_pose/joints']:
        assert message.header.stamp in stamps
        assert message.header.frame_id == image.header.frame_id
        assert len(message.poses) in (0, 21)
        for pose in message.poses:
            p, q = pose.position, pose.orientation
            assert np.isfinite([p.x, p.y, p.z, q.x, q.y, q.z, q.w]).all()
