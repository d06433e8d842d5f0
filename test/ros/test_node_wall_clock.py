# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The wall clock jumps under a running node, by libfaketime (Debian: apt install faketime)."""

from pathlib import Path

import pytest
import rclpy
from support.node_fixture import NodeFixture
from test_node_killed import read_until, starting_node

LIBRARY = next(Path('/usr/lib').glob('*/faketime/libfaketimeMT.so.1'), None)
JUMPS_S = (3600, -7200, 86400 * 365, 0, -1, 0)
"""Offsets from the true time, one after the other."""

pytestmark = [
    pytest.mark.dds,
    pytest.mark.skipif(LIBRARY is None, reason='no libfaketime: apt install faketime'),
]


def test_images_are_answered_whenever_the_wall_clock_jumped(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Node and camera share a clock; before and after each jump an image is answered."""
    offset = tmp_path / 'offset'
    offset.write_text('+0')
    context = rclpy.Context()
    rclpy.init(context=context)
    rig = NodeFixture(None, context)
    with monkeypatch.context() as patch:
        patch.setenv('LD_PRELOAD', str(LIBRARY))
        patch.setenv('FAKETIME_TIMESTAMP_FILE', str(offset))
        patch.setenv('FAKETIME_NO_CACHE', '1')
        patch.setenv('FAKETIME_DONT_FAKE_MONOTONIC', '1')
        node = starting_node(model, tmp_path, 'cpu')
        process = node.__enter__()
    try:
        read_until(process, 'active:')
        rig.wait_until_matched()
        for jump_s in JUMPS_S:
            offset.write_text(f'{jump_s:+d}')
            images = [rig.image(offset_s=jump_s + 0.01 * count) for count in range(3)]
            assert any(_answered(rig, image) for image in images), jump_s
        assert process.poll() is None
        # A clock that only the node's machine has: the images of another are too old, and counted.
        offset.write_text('+3600')
        assert not _answered(rig, rig.image())
    finally:
        node.__exit__(None, None, None)
        rig.close()
        rclpy.shutdown(context=context)


def _answered(rig: NodeFixture, image: object) -> bool:
    rig.send(image)
    return rig.answer(image, 15.0) is not None
