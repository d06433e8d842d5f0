# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A depth camera that films a synthetic hand: `image_rect`, `camera_info` and the true joints.

Each picture is rendered before its moment and stamped when it is published, as a camera's is
when the exposure is over. With `prerender` the whole stream is rendered before it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import sys
import time
from typing import Any, TYPE_CHECKING

from cv_bridge import CvBridge
from dense_hand_pose.camera.camera_info import matrices_of
from dense_hand_pose.camera.intrinsics import Intrinsics
from geometry_msgs.msg import PoseArray
import rclpy
from rclpy.duration import Duration
from rclpy.exceptions import ParameterException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from .executables import ignore_signals, run
from .output.messages import pose_array
from .parameters import declare, Parameter, wrong_choice

if TYPE_CHECKING:
    from dense_hand_pose.synthesis.hand_stream import SyntheticFrame

CAMERA_PARAMETERS = (
    Parameter('rate_hz', 30.0, 'Pictures a second.', 0.1, 240.0),
    Parameter('duration_s', 0.0, 'Length of the stream, seconds; 0: endless.', 0.0, 86400.0),
    Parameter('seed', 0, 'Which sequence of gestures.', 0, 2**31 - 1),
    Parameter('side', 'right', 'Which hand.', choices=('right', 'left')),
    Parameter('width', 640, 'Pixels.', 16, 4096),
    Parameter('height', 480, 'Pixels.', 16, 4096),
    Parameter('focal_length_px', 475.0, 'Focal length, pixels.', 10.0, 10000.0),
    Parameter('frame_id', 'camera_depth_optical_frame', 'Frame of every header.'),
    Parameter(
        'reliability',
        'best_effort',
        'QoS of the image and camera_info publishers.',
        choices=('best_effort', 'reliable'),
    ),
    Parameter('min_subscribers', 0, 'Subscribers of the image to wait for.', 0, 100),
    Parameter('prerender', False, 'Render the stream before it begins (needs duration_s > 0).'),
)
MAX_PRERENDERED = 3000
"""Pictures that prerender keeps in memory: 1.8 GB of 640x480."""
_KEPT_PICTURES = 300
"""What a reliable publisher keeps for subscribers that lag, 10 s at 30 Hz: 184 MB of 640x480."""
_HEARD_LIMIT_S, _HEARD_STEP_S = 10.0, 0.5
"""Fast DDS asks every 3 s what a subscriber lacks, and what is sent again may be lost again."""


class SyntheticCamera(Node):
    """Publish synthetic depth, its camera_info and the true joints."""

    def __init__(self, **kwargs: Any) -> None:
        """Declare the parameters; ValueError where they do not go together."""
        super().__init__('synthetic_camera', **kwargs)
        values = declare(self, CAMERA_PARAMETERS)
        self._values = values
        self._period_s = 1.0 / values['rate_hz']
        self._count = round(values['duration_s'] * values['rate_hz'])
        wrong = wrong_choice(CAMERA_PARAMETERS, values)
        if wrong:
            raise ValueError(wrong)
        if values['prerender'] and not 0 < self._count <= MAX_PRERENDERED:
            raise ValueError(
                f'prerender needs 1 to {MAX_PRERENDERED} pictures, but duration_s = '
                f'{values["duration_s"]} at rate_hz = {values["rate_hz"]} makes {self._count}'
            )
        self._intrinsics = Intrinsics(
            fx=values['focal_length_px'],
            fy=values['focal_length_px'],
            cx=0.5 * (values['width'] - 1),
            cy=0.5 * (values['height'] - 1),
        )
        self._bridge = CvBridge()
        self._begin = self._end = 0.0
        self._index = self._published = 0
        self._create_publishers(values['reliability'])

    def _create_publishers(self, reliability: str) -> None:
        """Create the publishers; the truth is always reliable."""
        depth = _KEPT_PICTURES if reliability == 'reliable' else 5
        sensor = QoSProfile(depth=depth, reliability=QoSReliabilityPolicy[reliability.upper()])
        self._image = self.create_publisher(Image, 'image_rect', sensor)
        self._info = self.create_publisher(CameraInfo, 'camera_info', sensor)
        self._truth = self.create_publisher(PoseArray, '/ground_truth/joints', _KEPT_PICTURES)

    def run(self) -> None:
        """Stream until duration_s is over or the context ends."""
        from dense_hand_pose.synthesis.hand_stream import GestureSequence  # compiles: seconds

        sequence = GestureSequence(
            seed=self._values['seed'],
            side=self._values['side'],
            intrinsics=self._intrinsics,
            width=self._values['width'],
            height=self._values['height'],
        )
        if self._values['prerender']:
            film = [sequence.frame(index * self._period_s) for index in range(self._count)]
            self._stream(film.__getitem__)
        else:
            self._stream(lambda index: sequence.frame(index * self._period_s))

    def _stream(self, picture: Callable[[int], SyntheticFrame]) -> None:
        """Publish `picture(index)` at its moment; one that would come late is left out."""
        end = self._count or sys.maxsize
        next_frame = picture(0)
        self._wait_for_subscribers()
        self._begin = time.monotonic()
        while self.context.ok() and self._index < end:
            due = self._begin + self._index * self._period_s
            time.sleep(max(due - time.monotonic(), 0.0))
            if not self._publish(next_frame):
                break
            self._published += 1
            periods = int((time.monotonic() - self._begin) / self._period_s)
            self._index = min(max(self._index + 1, periods), end)
            if self._index < end:
                next_frame = picture(self._index)
        self._end = time.monotonic()
        self._wait_until_heard()

    def _wait_until_heard(self) -> None:
        """Stay until reliable subscribers have everything: what they lack ends with the camera."""
        limit = time.monotonic() + _HEARD_LIMIT_S
        for publisher in (self._truth, self._info, self._image):
            while self.context.ok() and time.monotonic() < limit:
                if publisher.wait_for_all_acked(Duration(seconds=_HEARD_STEP_S)):
                    break

    def report(self) -> str:
        """Return what was achieved."""
        # The last picture's own period belongs to the stream.
        seconds = max(self._end - self._begin, self._index * self._period_s)
        rate_hz = self._published / seconds if seconds else 0.0
        return (
            f'{self._published} pictures in {seconds:.2f} s: {rate_hz:.2f} Hz of '
            f'{self._values["rate_hz"]:.2f} Hz wanted, {self._index - self._published} left out '
            'because they were not ready in time'
        )

    def _wait_for_subscribers(self) -> None:
        """Wait until as many subscribers as wanted have matched both camera topics."""
        wanted = self._values['min_subscribers']
        while self.context.ok() and wanted > min(
            self._image.get_subscription_count(), self._info.get_subscription_count()
        ):
            time.sleep(0.05)

    def _publish(self, frame: SyntheticFrame) -> bool:
        """Publish a picture, its camera_info and its truth; False once it is time to end."""
        header = Header(frame_id=self._values['frame_id'])
        header.stamp = self.get_clock().now().to_msg()
        image = self._bridge.cv2_to_imgmsg(frame.depth_mm, encoding='16UC1', header=header)
        info = camera_info(header, frame.intrinsics, image.width, image.height)
        try:
            self._info.publish(info)
            self._image.publish(image)
            self._truth.publish(pose_array(header, frame.joints_m))
        except rclpy_implementation.RCLError:
            if self.context.ok():
                raise
            return False  # a signal ended the context meanwhile
        return True


def camera_info(header: Header, intrinsics: Intrinsics, width: int, height: int) -> CameraInfo:
    """Return the calibration of a rectified image without distortion."""
    info = CameraInfo(header=header, width=width, height=height)
    info.distortion_model = 'plumb_bob'
    info.d, info.k, info.r, info.p = matrices_of(intrinsics)
    return info


def main(args: Sequence[str] | None = None) -> int:
    """Stream until the end or until shut down; 1 when a parameter is wrong."""
    rclpy.init(args=args)
    try:
        camera = SyntheticCamera()
    except (ParameterException, ValueError) as error:
        print(f'synthetic_camera: {error}', file=sys.stderr)
        rclpy.try_shutdown()
        return 1
    try:
        camera.run()
    except KeyboardInterrupt:
        pass
    finally:
        ignore_signals()
        print(f'synthetic_camera: {camera.report()}')
        camera.destroy_node()
        rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(run(lambda: main))
