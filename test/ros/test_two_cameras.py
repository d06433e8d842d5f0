# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Two cameras in two namespaces, with their nodes in one process and in two."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import rclpy
from support.node_fixture import hand_depth_mm, NodeFixture, QUICK, running_nodes

pytestmark = pytest.mark.dds

SIDES = ('left', 'right')


@contextmanager
def processes(model: str) -> Iterator[list[NodeFixture]]:
    """Run a node in each namespace, each in a process of its own."""
    words = [sys.executable, '-m', 'dense_hand_pose.ros.node', '--ros-args']
    for name, value in {'model.name_or_path': model, **QUICK}.items():
        words += ['-p', f'{name}:={value}']
    running = [subprocess.Popen([*words, '-r', f'__ns:=/two_{side}']) for side in SIDES]
    context = rclpy.Context()
    rclpy.init(context=context)
    rigs = [NodeFixture(None, context, f'/two_{side}') for side in SIDES]
    try:
        for rig in rigs:
            rig.until(lambda: rig.tester.count_subscribers('image_rect'), 180.0)  # noqa: B023
            rig.wait_until_matched()
        yield rigs
    finally:
        for rig in rigs:
            rig.close()
        rclpy.shutdown(context=context)
        for process in running:
            process.send_signal(signal.SIGINT)
        for process in running:
            assert process.wait(timeout=180) == 0


@contextmanager
def one_process(model: str) -> Iterator[list[NodeFixture]]:
    """Run a node in each namespace, both on one executor."""
    with running_nodes(model, [f'one_{side}' for side in SIDES]) as rigs:
        yield rigs


def diagnosed(rig: NodeFixture) -> set[str]:
    """Return the names under which diagnostics came, once a second."""
    return {message.status[0].name for message in rig.heard['/diagnostics']}


@pytest.mark.parametrize('where', [one_process, processes])
def test_each_camera_is_answered_in_its_own_frame_and_namespace(where: object, model: str) -> None:
    assert os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'
    with where(model) as rigs:
        sent: dict[str, list] = {side: [] for side in SIDES}
        for turn in range(4):
            for side, rig in zip(SIDES, rigs, strict=True):
                pixels = 4 * turn * (1 if side == 'left' else -1)
                image = rig.image(np.roll(hand_depth_mm(), pixels, axis=1))
                image.header.frame_id = f'{side}_optical_frame'
                sent[side].append(image)
                rig.send(image)
            for side, rig in zip(SIDES, rigs, strict=True):
                assert rig.answer(sent[side][-1]) is not None
        for side, rig in zip(SIDES, rigs, strict=True):
            heard = rig.heard['hand_pose/joints']
            assert [m.header for m in heard] == [image.header for image in sent[side]]
            assert rig.until(lambda: f'{rig.namespace}/hand_pose' in diagnosed(rig))  # noqa: B023
