# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The node and the synthetic camera as processes of their own."""

import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from dense_hand_pose.camera.camera_info import intrinsics_of
from dense_hand_pose.camera.intrinsics import project
from dense_hand_pose.ros import executables
from dense_hand_pose.ros.input.frame_reader import read_depth
from dense_hand_pose.ros.synthetic_camera import SyntheticCamera
from geometry_msgs.msg import PoseArray
import numpy as np
import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image

pytestmark = pytest.mark.dds


def command(module: str, **parameters: object) -> list[str]:
    words = [sys.executable, '-m', f'dense_hand_pose.ros.{module}', '--ros-args']
    for name, value in parameters.items():
        words += ['-p', f'{name.replace("__", ".")}:={value}']
    return words


def run(module: str, **parameters: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        command(module, **parameters), capture_output=True, text=True, timeout=180
    )


@pytest.mark.parametrize(
    ('module', 'parameters', 'reason'),
    [
        ('node', {'hand__cube_size_m': 9.0}, 'out of range'),
        ('node', {'hand__cube_size_m': 'wide'}, "expecting type 'DOUBLE'"),
        ('node', {'roi__mode': 'psychic'}, 'must be one of tracked, detector, nearest, topic'),
        ('node', {'model__name_or_path': '/no/such/file'}, '/no/such/file'),
        ('synthetic_camera', {'side': 'up'}, 'must be one of right, left'),
        ('synthetic_camera', {'prerender': 'true'}, 'duration_s'),
    ],
)
def test_wrong_parameters_end_the_process_with_the_reason(
    module: str, parameters: dict[str, object], reason: str
) -> None:
    result = run(module, **parameters)
    assert result.returncode == 1
    assert reason in result.stderr
    assert 'Traceback' not in result.stderr


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_node_with_its_counts(model: str, number: signal.Signals) -> None:
    process = subprocess.Popen(
        command(
            'node', model__name_or_path=model, model__backend='cpu', model__precision='float32'
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, 'RCUTILS_LOGGING_USE_STDOUT': '0'},
    )
    for line in process.stderr:
        if 'active:' in line:
            break
    process.send_signal(number)
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0
    assert '0 images: 0 with a hand' in out
    assert 'Traceback' not in err


ENTRY = 'from dense_hand_pose.ros.executables import {0}; raise SystemExit({0}())'


def started(script: str, **parameters: object) -> subprocess.Popen:
    """Start an executable as its console script does."""
    words = command('node', **parameters)
    begin = words.index('--ros-args')
    words = [sys.executable, '-c', ENTRY.format(script), *words[begin:]]
    return subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, 'RCUTILS_LOGGING_USE_STDOUT': '0'},
    )


def wait_for_handlers(process: subprocess.Popen) -> None:
    """Wait until the process catches SIGTERM: Python's own start-up cannot be shortened."""
    status = Path(f'/proc/{process.pid}/status')
    while process.poll() is None:
        caught = int(status.read_text().partition('SigCgt:')[2].split()[0], 16)
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.01)


@pytest.mark.parametrize('script', ['hand_pose_node', 'synthetic_camera'])
@pytest.mark.parametrize('delay_s', [0.0, 0.3, 1.0, 3.0])
def test_two_signals_at_any_moment_end_with_status_0(
    model: str, script: str, delay_s: float
) -> None:
    own = {'model__name_or_path': model, 'model__backend': 'cpu'} if 'node' in script else {}
    process = started(script, **own)
    wait_for_handlers(process)
    time.sleep(delay_s)
    for pause_s in (0.1, 0.0):
        process.send_signal(signal.SIGINT)
        time.sleep(pause_s)
    _, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    assert 'Traceback' not in err


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_volley_of_signals_ends_a_working_node_with_status_0(
    model: str, number: signal.Signals
) -> None:
    process = started(
        'hand_pose_node',
        model__name_or_path=model,
        model__backend='cpu',
        model__precision='float32',
    )
    for line in process.stderr:
        if 'active:' in line:
            break
    while process.poll() is None:
        process.send_signal(number)
        time.sleep(0.02)
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    assert '0 images: 0 with a hand' in out
    assert 'Traceback' not in err


class Audience:
    """Hear the synthetic camera."""

    def __init__(self) -> None:
        self.heard: dict[type, list] = {kind: [] for kind in (Image, CameraInfo, PoseArray)}
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._node = rclpy.create_node('audience', context=self._context)
        self._executor.add_node(self._node)
        topics = {Image: 'image_rect', CameraInfo: 'camera_info'}
        for kind, topic in topics.items():
            heard = self.heard[kind].append
            self._node.create_subscription(kind, topic, heard, qos_profile_sensor_data)
        heard = self.heard[PoseArray].append
        self._node.create_subscription(PoseArray, '/ground_truth/joints', heard, 100)

    def listen_to(self, process: subprocess.Popen, seconds: float = 180.0) -> None:
        """Receive until the process has ended and nothing more comes."""
        limit = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < limit:
            self._executor.spin_once(timeout_sec=0.05)
        heard, since = -1, time.monotonic()
        while time.monotonic() < since + 1.0:
            self._executor.spin_once(timeout_sec=0.05)
            if heard != (heard := sum(map(len, self.heard.values()))):
                since = time.monotonic()

    def close(self) -> None:
        """Leave."""
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


def test_a_camera_that_is_held_up_leaves_out_what_its_stream_still_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = {'duration_s': 0.2, 'width': 32, 'height': 24, 'focal_length_px': 24.0}
    overrides = [Parameter(name, value=value) for name, value in options.items()]
    context = Context()
    rclpy.init(args=[], context=context)
    try:
        camera = SyntheticCamera(context=context, parameter_overrides=overrides)
        monkeypatch.setattr(camera, '_publish', lambda _: time.sleep(0.5) is None)
        camera.run()
        report = camera.report()
        camera.destroy_node()
    finally:
        rclpy.try_shutdown(context=context)
    assert report.startswith('1 pictures') and ' 5 left out' in report


def test_the_camera_films_a_hand_whose_joints_it_tells() -> None:
    audience = Audience()
    options = {'width': 320, 'height': 240, 'focal_length_px': 237.5, 'min_subscribers': 1}
    process = subprocess.Popen(
        command('synthetic_camera', duration_s=1.0, reliability='reliable', **options),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        audience.listen_to(process)
        report, _ = process.communicate(timeout=120)
    finally:
        process.kill()
        audience.close()
    assert process.returncode == 0
    published = int(report.split()[1])
    images, infos, truths = audience.heard.values()
    assert 10 <= published <= 30
    assert len(truths) == published
    assert f'{30 - published} left out' in report or published == 30
    by_stamp = {(i.header.stamp.sec, i.header.stamp.nanosec): i for i in infos}
    near = []
    for image, truth in ((i, t) for i in images for t in truths if i.header == t.header):
        info = by_stamp[image.header.stamp.sec, image.header.stamp.nanosec]
        assert image.encoding == '16UC1'
        depth, unit_m = read_depth(image)
        joints = np.array([[p.position.x, p.position.y, p.position.z] for p in truth.poses])
        columns, rows = (
            np.rint(project(joints, intrinsics_of(info, image.width, image.height))).astype(int).T
        )
        inside = (rows >= 0) & (rows < 240) & (columns >= 0) & (columns < 320)
        surface = depth[rows[inside], columns[inside]] * unit_m
        # A joint lies inside the hand: a little behind the surface that the camera sees.
        near.append(np.median(joints[inside, 2] - surface))
    assert len(near) >= 5
    assert 0.0 < np.median(near) < 0.03


def test_an_interrupt_that_compiled_code_wraps_ends_with_status_0() -> None:
    def interrupted() -> int:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise SystemError('returned a result with an exception set') from error

    def broken() -> int:
        raise SystemError('broken')

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        assert executables.run(lambda: interrupted) == 0
        with pytest.raises(SystemError, match='broken'):
            executables.run(lambda: broken)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
