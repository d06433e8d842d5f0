# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure answered, lost and late images of a driver with default QoS, best effort and followed.

`python tools/measure_reliability.py [SECONDS]` starts the node twice for each size, in turns: with
qos_overrides to best effort and a queue of 1, as the node asked before, and as it is. This process
publishes image and camera_info at 30 Hz, reliable, queue of 10, without a DDS profile.
"""

from __future__ import annotations

from collections.abc import Sequence
import os
import signal
import subprocess
import sys
import time

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.demo.processes import free_domain_id, private_environment
from dense_hand_pose.ros.synthetic_camera import camera_info
from geometry_msgs.msg import PoseArray
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

SIZES = ((640, 480), (1280, 720), (1920, 1080))
RATE_HZ = 30.0
START_S = 120.0


def node_command(best_effort: bool) -> list[str]:
    """Return the command of the node; its score does not matter, a board is no hand."""
    command = [sys.executable, '-m', 'dense_hand_pose.ros.node', '--ros-args']
    for topic in ('/image_rect', '/camera_info') if best_effort else ():
        prefix = f'qos_overrides.{topic}.subscription'
        command += ['-p', f'{prefix}.reliability:=best_effort', '-p', f'{prefix}.depth:=1']
    return command


def stream(size: tuple[int, int], best_effort: bool, seconds: float) -> str:
    """Run the node once; return a row of the table."""
    width, height = size
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    node = rclpy.create_node('driver', context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    latencies_ms: dict[int, float] = {}

    def answer(message: PoseArray) -> None:
        stamp = message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
        latencies_ms[stamp] = (time.time_ns() - stamp) / 1e6

    node.create_subscription(PoseArray, '/hand_pose/joints', answer, 100)
    images = node.create_publisher(Image, '/image_rect', 10)
    infos = node.create_publisher(CameraInfo, '/camera_info', 10)
    depth = np.full((height, width), 1500, np.uint16)
    top, bottom, left, right = height // 3, height // 2, width // 3, width // 2
    depth[top:bottom, left:right] = 500
    image = Image(height=height, width=width, encoding='16UC1', step=2 * width)
    image.data = depth.tobytes()
    camera = Intrinsics(0.74 * width, 0.74 * width, width / 2, height / 2)
    command = node_command(best_effort)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    limit = time.monotonic() + START_S
    while not images.get_subscription_count() and time.monotonic() < limit:
        executor.spin_once(timeout_sec=0.1)
    begin, sent = time.monotonic(), 0
    settled = begin + 3.0  # the node looks at its publishers once a second
    while time.monotonic() < settled + seconds:
        image.header = Header(frame_id='camera', stamp=node.get_clock().now().to_msg())
        infos.publish(camera_info(image.header, camera, width, height))
        images.publish(image)
        sent += time.monotonic() >= settled
        while (left := begin + 1 / RATE_HZ - time.monotonic()) > 0.0:
            executor.spin_once(timeout_sec=left)
        begin = max(begin + 1 / RATE_HZ, time.monotonic() - 1.0)
    begin_ns = time.time_ns() - int(1e9 * seconds)
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        executor.spin_once(timeout_sec=0.1)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    executor.shutdown()
    node.destroy_node()
    rclpy.shutdown(context=context)
    times = [latency for stamp, latency in latencies_ms.items() if stamp >= begin_ns]
    p95 = np.percentile(times, 95) if times else float('nan')
    what = 'best effort, 1' if best_effort else 'as offered'
    share = 100 * len(times) / sent
    last = out.strip().splitlines()[-1].partition('hand_pose: ')[2]
    answered = f'{len(times)} ({share:.0f} %)'
    return f'| {width}x{height} | {what} | {sent} | {answered} | {p95:.0f} | {last} |'


def main(words: Sequence[str]) -> None:
    """Print the table."""
    seconds = float(words[0]) if words else 20.0
    os.environ.update(private_environment(os.environ, free_domain_id()))
    print('| size | QoS | sent | answered | p95, ms | counters of the whole run |')
    print('|---|---|---|---|---|---|', flush=True)
    for size in SIZES:
        for best_effort in (True, False):
            print(stream(size, best_effort, seconds), flush=True)


if __name__ == '__main__':
    main(sys.argv[1:])
