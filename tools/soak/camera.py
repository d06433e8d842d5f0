# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A depth camera with faults, as a process: camera.py FILM LOG NAMESPACE.

Each line `fault seconds` on its standard input is played and answered with `done`. Before an
image goes out, its line `stamp_ns fault defect camera frame` is in the log, so that nothing is
forgotten when the process is killed.
"""

from collections.abc import Callable
import os
from pathlib import Path
import random
import sys
import time

from dense_hand_pose.ros.synthetic_camera import camera_info
from faults import DEFECTS
from film import Film, FRAMES, load
import numpy as np
import rclpy
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header


class FaultyCamera:
    """Publish films on image_rect and camera_info of a namespace."""

    def __init__(self, films: list[Film], log: int, namespace: str) -> None:
        self._films = films
        self._log = log
        self._namespace = namespace
        self._frame_id = f'{namespace.strip("/")}_optical_frame'
        self._random = random.Random(0)
        self._data = [[depth.tobytes() for depth in film.depth_mm] for film in films]
        self._frame = 0
        self._fault = 'steady'
        self.join()

    def join(self) -> None:
        """Make a DDS participant, and wait until the node has found it."""
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context)
        self._node = rclpy.create_node(
            'faulty_camera', context=self._context, namespace=self._namespace
        )
        sensor = qos_profile_sensor_data
        self._images = self._node.create_publisher(Image, 'image_rect', sensor)
        self._infos = self._node.create_publisher(CameraInfo, 'camera_info', sensor)
        while not all(p.get_subscription_count() for p in (self._images, self._infos)):
            time.sleep(0.02)

    def leave(self) -> None:
        """Destroy the participant."""
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)

    def play(self, fault: str, seconds: float) -> None:
        """Do what a fault says for a while."""
        self._fault = fault
        action = getattr(self, f'_{fault}', self._steady)
        action(seconds)

    def _send(
        self,
        camera: int = 0,
        defect: str = '-',
        offset_s: float = 0.0,
        with_info: bool = True,
        info_camera: int | None = None,
        stamp_ns: int = 0,
    ) -> int:
        """Publish the next picture with its camera_info; return its stamp."""  # fmt: skip
        self._frame = (self._frame + 1) % FRAMES
        stamp_ns = stamp_ns or time.time_ns() + int(offset_s * 1e9)
        header = Header(frame_id=self._frame_id)
        header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
        image = Image(header=header, encoding='16UC1', data=self._data[camera][self._frame])
        image.height, image.width = self._films[camera].depth_mm.shape[1:]
        image.step = 2 * image.width
        info = self._info(header, camera if info_camera is None else info_camera)
        if defect != '-':
            damage(image, info, defect)
        line = f'{stamp_ns} {self._fault} {defect} {camera} {self._frame}\n'
        os.write(self._log, line.encode())
        if with_info:
            self._infos.publish(info)
        self._images.publish(image)
        return stamp_ns

    def _info(self, header: Header, camera: int) -> CameraInfo:
        height, width = self._films[camera].depth_mm.shape[1:]
        return camera_info(header, self._films[camera].intrinsics, width, height)

    def _at(self, rate_hz: float, seconds: float, send: Callable[[int], object]) -> None:
        """Call `send(index)` at a rate for a while."""
        begin = time.monotonic()
        for index in range(round(rate_hz * seconds)):
            time.sleep(max(begin + index / rate_hz - time.monotonic(), 0.0))
            send(index)

    def _steady(self, seconds: float) -> None:
        self._at(15.0, seconds, lambda _: self._send())

    def _burst(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._at(200.0, 1.0, lambda _: self._send())
            time.sleep(0.5)

    def _stutter(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._at(30.0, self._random.uniform(0.1, 0.5), lambda _: self._send())
            time.sleep(self._random.uniform(0.0, 1.2))
            for _ in range(3):
                self._send()

    def _invalid(self, seconds: float) -> None:
        names = list(DEFECTS)

        def send(index: int) -> None:
            self._send(defect=names[index // 2 % len(names)] if index % 2 else '-')

        self._at(15.0, seconds, send)

    def _info_lost(self, seconds: float) -> None:
        # More images in two seconds than wait for their camera_info.
        for with_info, share in ((True, 0.25), (False, 0.5), (True, 0.25)):
            self._at(15.0, share * seconds, lambda _, there=with_info: self._send(with_info=there))

    def _info_ahead(self, seconds: float) -> None:
        self._steady(seconds / 2)
        for number in range(100):
            header = Header(frame_id=self._frame_id)
            stamp_ns = time.time_ns() + 60 * 10**9 + number
            header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
            self._infos.publish(self._info(header, 0))
            time.sleep(0.002)
        self._steady(seconds / 2)

    def _resolution(self, seconds: float) -> None:
        def send(index: int) -> None:
            camera = index // 5 % len(self._films)
            late = index % 15 == 5  # the image has changed, its camera_info not yet
            self._send(camera, info_camera=camera - 1 if late else None)

        self._at(15.0, seconds, send)

    def _clock(self, seconds: float) -> None:
        for offset_s in (0.0, -0.3, 0.0, -5.0, 0.0, 60.0, 0.0):
            self._at(15.0, seconds / 7, lambda _, by=offset_s: self._send(offset_s=by))
        self._send(stamp_ns=self._send())

    def _participant(self, seconds: float) -> None:
        self._steady(seconds / 2)
        self.leave()
        self.join()
        self._steady(seconds / 2)


def damage(image: Image, info: CameraInfo, defect: str) -> None:
    """Damage a frame in one of the ways of DEFECTS."""
    if defect == 'colour':
        image.encoding = 'bgr8'
    elif defect == 'step':
        image.step = image.width
    elif defect == 'short':
        image.data = image.data[:-1]
    elif defect == 'no_width':
        image.width = 0
    elif defect == 'no_calibration':
        info.k, info.p = [0.0] * 9, [0.0] * 12
    elif defect == 'nan_calibration':
        info.k[0] = info.p[0] = float('nan')
    elif defect == 'tiny_focal':
        info.k[0] = info.p[0] = 1e-30
    elif defect == 'denormal_focal':
        info.k[4] = info.p[5] = 5e-324
    elif defect == 'long_encoding':
        image.encoding = '\x1b[2J' + 'x' * 100_000
    elif defect == 'other_size':
        info.width //= 2
    elif defect == 'zeros':
        image.data = bytes(len(image.data))
    else:
        image.encoding, image.step = '32FC1', 4 * image.width
        image.data = np.full(image.width * image.height, np.nan, np.float32).tobytes()


def main() -> None:
    """Play what standard input says, until it ends."""
    film, log, namespace = sys.argv[1:]
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    camera = FaultyCamera(load(Path(film)), descriptor, namespace)
    print('ready', flush=True)
    for line in sys.stdin:
        fault, seconds = line.split()
        camera.play(fault, float(seconds))
        print('done', flush=True)
    camera.leave()


if __name__ == '__main__':
    main()
