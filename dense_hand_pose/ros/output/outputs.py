# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The publishers of results, and the messages on each for one frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TYPE_CHECKING

from geometry_msgs.msg import PoseArray
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header, String
from visualization_msgs.msg import MarkerArray

from .debug_image import debug_image, votes_cloud
from .fit_topics import FitTopics
from .hand_messages import hand_array, hand_types
from .hand_smoothing import HandPoseSmoother
from .markers import delete_markers, hand_markers, MarkerStyle
from .messages import (
    FrameResult,
    joint_names,
    joint_transforms,
    joints_cloud,
    pose_array,
    tf_message_type,
)
from ..logs import LimitedLog
from ..parameter_table import smoothing_config
from ..qos import Publishers

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose


class JointTopics:
    """Publish the poses of every hand for every frame: an empty array where it is not seen."""

    def __init__(
        self, publishers: Publishers, topic: str, max_hands: int, qos: QoSProfile
    ) -> None:
        """Create the topic of hand 0, and below ~/hand_1 and so on those of the others."""
        others = [topic.replace('~', f'~/hand_{number}') for number in range(1, max_hands)]
        self._topics = [publishers.add(PoseArray, name, qos) for name in (topic, *others)]

    def publish(self, header: Header, hands: Sequence[HandPose]) -> None:
        """Publish the hands of one frame."""
        by_number = {pose.hand_id: pose for pose in hands}
        for number, topic in enumerate(self._topics):
            pose = by_number.get(number)
            if pose is None:
                topic.publish(pose_array(header, None))
            else:
                topic.publish(pose_array(header, pose.joints, pose.joint_quaternions))


RESULT = QoSProfile(depth=5)
LATCHED = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
DEBUG = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
TF = QoSProfile(depth=100)
"""As tf2_ros publishes transforms."""


class Outputs:
    """
    Publish poses always, everything else only to subscribers.

    Every message has the header of the image, unchanged.
    """

    def __init__(self, node: LifecycleNode, log: LimitedLog, values: Mapping[str, Any]) -> None:
        """
        Create the publishers.

        Raises MissingPackageError if publish.tf needs a missing package, and what a wrong
        qos_overrides raises; no publisher is left then.
        """
        self._log = log
        self._publishers = Publishers(node, log)
        self._tf_type = tf_message_type() if values['publish.tf'] else None
        self._hand_types = hand_types()
        self._tf_prefix = values['publish.tf_prefix']
        try:
            self._create(values)
        except BaseException:
            self._publishers.destroy()
            raise
        self._smoother = HandPoseSmoother()
        self._shown: tuple[Header, frozenset[int]] | None = None
        self.configure(values)

    def _create(self, values: Mapping[str, Any]) -> None:
        """Create the publishers that the parameters enable."""
        add = self._publishers.add
        hands = values['roi.max_hands']
        self._joints = JointTopics(self._publishers, '~/joints', hands, RESULT)
        self._smoothed = JointTopics(self._publishers, '~/joints_smoothed', hands, RESULT)
        self._fitted = FitTopics(self._publishers, hands, RESULT)
        self._names = add(String, '~/joint_names', LATCHED)
        self._hands = self._cloud = self._markers = None
        self._image = self._votes = self._tf = None
        if self._hand_types is not None:
            self._hands = add(self._hand_types.HandArray, '~/hands', RESULT)
        if values['publish.cloud']:
            self._cloud = add(PointCloud2, '~/joints_cloud', RESULT)
        if values['publish.markers']:
            self._markers = add(MarkerArray, '~/markers', RESULT)
        if values['publish.debug']:
            self._image = add(Image, '~/debug/image', DEBUG)
            self._votes = add(PointCloud2, '~/debug/votes', DEBUG)
        if self._tf_type is not None:
            self._tf = add(self._tf_type, '/tf', TF)

    def configure(self, values: Mapping[str, Any]) -> None:
        """Use other marker sizes and smoothing from the next frame on."""
        self._style = MarkerStyle(
            joint_diameter_m=values['publish.joint_diameter_m'],
            bone_width_m=values['publish.bone_width_m'],
            lifetime_s=values['publish.marker_lifetime_s'],
        )
        self._smoothing = smoothing_config(values)

    @property
    def hand_ids(self) -> frozenset[int]:
        """Return the numbers of the hands in the last result."""
        shown = self._shown
        return frozenset() if shown is None else shown[1]

    def announce(self, names: Sequence[str]) -> None:
        """Publish the names of the joints, latched."""
        self._names.publish(joint_names(names))

    def forget(self) -> None:
        """Restart the smoothing filters."""
        self._smoother.reset()

    def publish(self, result: FrameResult) -> None:
        """Publish the result of one image; once its joints are out, a failure is only logged."""
        header, hands = result.header, result.hands
        self._joints.publish(header, hands)
        for what, publish in (
            ('~/joints_cloud', self._publish_cloud),
            ('what is smoothed or fitted, ~/markers, ~/hands or /tf', self._publish_shown),
            ('~/debug/votes', self._publish_votes),
            ('~/debug/image', self._publish_image),
        ):
            try:
                publish(result)
            except Exception as error:  # the image has its joints already
                self._log(
                    'error',
                    f'publish {what}',
                    f'{what}: not published ({type(error).__name__}: {error}).',
                    '~/joints was. This is a defect: please report it with this message.',
                )

    def _publish_cloud(self, result: FrameResult) -> None:
        if _heard(self._cloud):
            self._cloud.publish(joints_cloud(result.header, result.hands))

    def _publish_shown(self, result: FrameResult) -> None:
        shown = self._smooth(result)
        self._fitted.publish(result.header, result.hands, shown)
        if _heard(self._hands):
            self._hands.publish(hand_array(self._hand_types, result.header, shown))
        self._show(result.header, shown)

    def _publish_votes(self, result: FrameResult) -> None:
        if _heard(self._votes):
            self._votes.publish(votes_cloud(result.header, result.hands))

    def _publish_image(self, result: FrameResult) -> None:
        if _heard(self._image):
            self._image.publish(debug_image(result))

    def _smooth(self, result: FrameResult) -> Sequence[HandPose]:
        """Return the hands for markers and /tf; publish them if they are smoothed."""
        config = self._smoothing
        if config is None:
            self._smoother.reset()
            return result.hands
        hands = self._smoother(result.hands, result.time_s, config)
        self._smoothed.publish(result.header, hands)
        return hands

    def _show(self, header: Header, hands: Sequence[HandPose]) -> None:
        """Publish markers and frames; delete the markers of lost hands."""
        numbers = frozenset(pose.hand_id for pose in hands)
        gone = sorted(self.hand_ids - numbers)
        self._shown = (header, numbers)
        if self._markers is not None and (gone or (hands and _heard(self._markers))):
            shown = hand_markers(header, hands, self._style)
            shown.markers += delete_markers(header, gone)
            self._markers.publish(shown)
        if hands and _heard(self._tf):
            frames = [
                frame
                for pose in hands
                for frame in joint_transforms(
                    header, pose.joints, self._prefix_of(pose.hand_id), pose.joint_quaternions
                )
            ]
            self._tf.publish(self._tf_type(transforms=frames))

    def _prefix_of(self, hand_id: int) -> str:
        """Return the prefix of a hand's frames, with its number except for hand 0."""
        return self._tf_prefix if hand_id == 0 else f'{self._tf_prefix}{hand_id}_'

    def clear(self) -> None:
        """Delete the markers, before the publishers are deactivated."""
        if self._shown is not None:
            self._show(self._shown[0], [])
            self._shown = None

    def destroy(self) -> None:
        """Remove the publishers from the node."""
        self._publishers.destroy()


def _heard(publisher: Any) -> bool:
    """Return whether a publisher exists and has subscribers."""
    return publisher is not None and publisher.get_subscription_count() > 0
