# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A node under test and a camera with ears beside it, joined by real DDS."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
import itertools
import threading
import time
from typing import Any

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.ros.node import HandPoseNode
from dense_hand_pose.ros.synthetic_camera import camera_info
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseArray
from lifecycle_msgs.srv import ChangeState, GetState
import numpy as np
from rcl_interfaces.msg import Log
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data, QoSDurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

WIDTH, HEIGHT = 320, 240
INTRINSICS = Intrinsics(fx=240.0, fy=240.0, cx=159.5, cy=119.5)
PATIENCE_S = 120.0  # for a machine that gives a test a twentieth of a core
_PATIENCES_S = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
QUICK = {
    'model.backend': 'cpu',  # loads at once: no precision has to be tried
    'model.precision': 'float32',
    'decode.min_confidence': 0.0,
    'hand.min_score': 0.0,
    'hand.min_new_score': 0.0,
    'fit.enabled': False,  # equal images have equal answers: no shape is learnt
    'sync.max_age_s': 60.0,  # a loaded machine may take seconds for a frame
}

# Nodes of one process that follow each other under one name lose their place on /rosout.
_NUMBERS = itertools.count()


def hand_depth_mm() -> np.ndarray:
    """Return a scene (H, W), uint16 mm: something of a hand's size at 0.5 m, a wall at 1.5 m."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    depth = np.full((HEIGHT, WIDTH), 1500, dtype=np.uint16)
    palm = (np.abs(columns - 160) < 22) & (np.abs(rows - 130) < 25)
    depth[palm] = 500
    for finger in range(5):
        tip = (np.abs(columns - 142 - 9 * finger) < 4) & (rows > 70) & (rows < 110)
        depth[tip] = 495 + finger
    return depth


class NodeFixture:
    """
    Send images to a node and hear what it publishes.

    Both live in a namespace of their own, and relative topics and services are meant in it.
    """

    def __init__(
        self, node: HandPoseNode | None, context: rclpy.Context, namespace: str = ''
    ) -> None:
        """Take a node of this process, or the namespace of one in another."""
        self.node = node
        self.namespace = namespace if node is None else node.get_namespace()
        self.tester = rclpy.create_node('tester', context=context, namespace=self.namespace)
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(self.tester)
        self.heard: dict[str, list[Any]] = {}
        self.sent_to_match = 0
        for name, kind in (
            ('joints', PoseArray),
            ('joints_cloud', PointCloud2),
            ('markers', MarkerArray),
        ):
            self.listen(f'hand_pose/{name}', kind)
        self.listen('/diagnostics', DiagnosticArray)
        latched = QoSProfile(depth=1000, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
        self.listen('/rosout', Log, latched)
        sensor = qos_profile_sensor_data
        self._image = self.tester.create_publisher(Image, 'image_rect', sensor)
        self._info = self.tester.create_publisher(CameraInfo, 'camera_info', sensor)

    def listen(self, topic: str, kind: type, qos: QoSProfile | int = 50) -> list[Any]:
        """Subscribe; return the list that fills."""
        messages = self.heard.setdefault(topic, [])
        self.tester.create_subscription(kind, topic, messages.append, qos)
        return messages

    def until(self, condition: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
        """Spin until the condition holds; return its value, or the last one when time is up."""
        deadline = time.monotonic() + patience_s
        while not (value := condition()) and time.monotonic() < deadline:
            self._executor.spin_once(timeout_sec=0.02)
        return value

    def pause(self, seconds: float) -> None:
        """Spin for a while."""
        self.until(lambda: False, seconds)

    def wait_until_matched(self) -> None:
        """
        Wait until the node hears the camera and the tester hears the node.

        A node of another process may learn of the camera later than the camera of it, however
        long that is waited for; what is sent in between, best effort, is lost. Only an answer
        tells; what was heard until then is forgotten.
        """
        publishers = (self._image, self._info)
        assert self.until(lambda: all(p.get_subscription_count() for p in publishers))
        topics = [topic for topic in self.heard if topic.startswith('hand_pose')]
        assert self.until(lambda: all(self.tester.count_publishers(t) for t in topics))
        self.pause(0.3)
        if self.node is None:
            assert any(self._answers_within(patience_s) for patience_s in _PATIENCES_S)
            self.heard['hand_pose/joints'].clear()

    def _answers_within(self, patience_s: float) -> bool:
        image = self.image()
        self.send(image)
        self.sent_to_match += 1
        return self.answer(image, patience_s) is not None

    def header(self, offset_s: float = 0.0) -> Header:
        """Return a header of now, or of `offset_s` later."""
        stamp = self.tester.get_clock().now() + rclpy.duration.Duration(seconds=offset_s)
        return Header(frame_id='camera_depth_optical_frame', stamp=stamp.to_msg())

    def image(self, depth: np.ndarray | None = None, offset_s: float = 0.0) -> Image:
        """Return an image message: 16UC1 for uint16, 32FC1 for float32."""
        pixels = hand_depth_mm() if depth is None else depth
        message = Image(header=self.header(offset_s), height=pixels.shape[0])
        message.width = pixels.shape[1]
        message.encoding = '16UC1' if pixels.dtype == np.uint16 else '32FC1'
        message.step = pixels.shape[1] * pixels.itemsize
        message.data = pixels.tobytes()
        return message

    def info_for(self, image: Image) -> CameraInfo:
        """Return the camera_info that belongs to an image."""
        return camera_info(deepcopy(image.header), INTRINSICS, image.width, image.height)

    def send(self, image: Image, info: CameraInfo | None = None, with_info: bool = True) -> None:
        """Publish an image and its camera_info."""
        if with_info:
            self._info.publish(self.info_for(image) if info is None else info)
        self._image.publish(image)

    def send_info(self, info: CameraInfo) -> None:
        """Publish a camera_info alone."""
        self._info.publish(info)

    def answer(self, image: Image, patience_s: float = PATIENCE_S) -> PoseArray | None:
        """Wait for the poses that bear the image's stamp."""

        def found() -> PoseArray | None:
            heard = self.heard['hand_pose/joints']
            return next((m for m in heard if m.header.stamp == image.header.stamp), None)

        return self.until(found, patience_s)

    def ask(self, image: Image, info: CameraInfo | None = None) -> PoseArray | None:
        """Send an image and wait for its answer."""
        self.send(image, info)
        return self.answer(image)

    def logs(self, text: str) -> list[str]:
        """Return the log lines of the node that hold `text`."""
        name = self.node.get_logger().name
        return [m.msg for m in self.heard['/rosout'] if m.name == name and text in m.msg]

    def diagnostics(self) -> list[DiagnosticStatus]:
        """Return what the node said on /diagnostics."""
        name = self.node.get_fully_qualified_name()
        return [m.status[0] for m in self.heard['/diagnostics'] if m.status[0].name == name]

    def call(self, kind: type, name: str, request: Any) -> Any:
        """Call a service and return the response."""
        client = self.tester.create_client(kind, name)
        assert client.wait_for_service(timeout_sec=PATIENCE_S)
        future = client.call_async(request)
        assert self.until(future.done), f'no answer from {name}'
        self.tester.destroy_client(client)
        return future.result()

    def change_state(self, transition: int) -> bool:
        """Ask for a lifecycle transition; return whether it succeeded."""
        request = ChangeState.Request()
        request.transition.id = transition
        return self.call(ChangeState, 'hand_pose/change_state', request).success

    def state(self) -> str:
        """Return the lifecycle state."""
        response = self.call(GetState, 'hand_pose/get_state', GetState.Request())
        return response.current_state.label

    def close(self) -> None:
        """Release the tester."""
        self._executor.shutdown()
        self.tester.destroy_node()


@contextmanager
def running_node(model: str, wait: bool = True, **parameters: Any) -> Iterator[NodeFixture]:
    """Run a node on a thread, with `parameters` (two underscores stand for a dot)."""
    namespace = f'test_{next(_NUMBERS)}'
    with running_nodes(model, [namespace], wait, **parameters) as (rig,):
        yield rig


@contextmanager
def running_nodes(
    model: str, namespaces: Sequence[str], wait: bool = True, **parameters: Any
) -> Iterator[list[NodeFixture]]:
    """Run a node in each namespace, all on one thread, with the same `parameters`."""
    values = {'model.name_or_path': model, **QUICK}
    values.update({name.replace('__', '.'): value for name, value in parameters.items()})
    overrides = [Parameter(name, value=value) for name, value in values.items()]
    context = rclpy.Context()
    rclpy.init(context=context)
    nodes = [
        HandPoseNode(context=context, namespace=namespace, parameter_overrides=overrides)
        for namespace in namespaces
    ]
    executor = SingleThreadedExecutor(context=context)
    for node in nodes:
        executor.add_node(node)
    thread = threading.Thread(target=executor.spin_until_future_complete, args=[nodes[0].failed])
    thread.start()
    rigs = [NodeFixture(node, context) for node in nodes]
    try:
        for rig in rigs if wait else []:
            rig.wait_until_matched()
        yield rigs
    finally:
        if not nodes[0].failed.done():
            nodes[0].failed.set_result(False)
        executor.wake()
        thread.join(timeout=PATIENCE_S)
        for node, rig in zip(nodes, rigs, strict=True):
            node.release()
            rig.close()
        executor.shutdown()
        for node in nodes:
            node.destroy_node()
        rclpy.shutdown(context=context)
