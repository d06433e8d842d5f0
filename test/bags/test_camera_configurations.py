# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Each configuration of config/cameras reads a bag in the layout of its camera's driver."""

from collections.abc import Callable
from pathlib import Path
import re

from dense_hand_pose.bags.camera_stream import read_camera_stream
from dense_hand_pose.bags.frames import bag_frames, FrameOptions
from dense_hand_pose.bags.reader import BagFile
from dense_hand_pose.bags.topics import camera_topics, TopicOverrides
from dense_hand_pose.camera.depth_image import to_metres
from dense_hand_pose.cli.evaluate.parameters import complete, read_parameters
from dense_hand_pose.ros.parameter_table import estimator_config
import numpy as np
import pytest
from support import layouts
from support.layouts import Entry, Shot

FOLDER = Path(__file__).parents[2] / 'config' / 'cameras'
LAYOUTS: dict[str, Callable[[Shot], list[Entry]]] = {
    'azure_kinect': layouts.azure,
    'oak_d': layouts.oak,
    'orbbec': layouts.orbbec,
    'realsense_d400': layouts.realsense,
    'realsense_d405': layouts.realsense,
    'zed': layouts.zed,
}
SHOT = Shot(
    np.full((48, 64), 700, np.uint16), np.zeros((21, 3)), (47.5, 47.5, 31.5, 23.5),
    layouts.START_NS,
)  # fmt: skip


def test_every_configuration_has_a_layout() -> None:
    assert sorted(path.stem for path in FOLDER.glob('*.yaml')) == sorted(LAYOUTS)


@pytest.mark.parametrize('name', sorted(LAYOUTS))
def test_a_configuration_reads_the_layout_of_its_camera(name: str, tmp_path: Path) -> None:
    path = FOLDER / f'{name}.yaml'
    values = complete(read_parameters(path))
    assert estimator_config(values).depth_min_m < 0.7
    bag = BagFile(layouts.write_rosbag2(tmp_path, LAYOUTS[name](SHOT)))
    topics = camera_topics(bag, TopicOverrides())
    (named,) = re.findall(r'image_topic:=(\S+) camera_info_topic:=(\S+)', path.read_text())
    assert (topics.depth, topics.camera_info) == named
    options = FrameOptions(image_kind=values['camera.image_kind'])
    (frame,) = bag_frames(bag, topics, read_camera_stream(bag, topics), options)
    depth, unit_m, lens = frame.read()
    np.testing.assert_allclose(to_metres(depth, unit_m), 0.7, rtol=1e-6)
    assert lens.as_array().tolist() == list(SHOT.lens)
