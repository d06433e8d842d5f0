# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Hands as RViz markers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builtin_interfaces.msg import Duration
from dense_hand_pose.skeleton import FINGER_COLOURS, HAND_21
from dense_hand_pose.tracking.handedness import UNKNOWN
from geometry_msgs.msg import Point
import numpy as np
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose

MIN_ALPHA = 0.15
"""Joints without confidence stay faintly visible."""
TEXT_HEIGHT_M = 0.02
PARTS = ('joints', 'bones', 'side')


@dataclass(frozen=True)
class MarkerStyle:
    """Sizes in metres; after `lifetime_s` without a new one RViz removes a marker (0: never)."""

    joint_diameter_m: float
    bone_width_m: float
    lifetime_s: float


def hand_markers(header: Header, hands: Sequence[HandPose], style: MarkerStyle) -> MarkerArray:
    """
    Return joints as spheres, bones as lines and the side as text, coloured by finger.

    The namespaces of a hand are hand_<hand_id>/joints, .../bones and .../side.
    """
    markers = []
    for pose in hands:
        points = [Point(x=x, y=y, z=z) for x, y, z in pose.joints.astype(np.float64).tolist()]
        colours = [
            _colour(finger, confidence)
            for finger, confidence in zip(HAND_21.fingers, pose.confidence.tolist(), strict=True)
        ]
        markers += [
            _spheres(_marker(header, pose.hand_id, 'joints', style), points, colours, style),
            _lines(_marker(header, pose.hand_id, 'bones', style), points, colours, style),
            _text(_marker(header, pose.hand_id, 'side', style), pose, points[0], colours[0]),
        ]
    return MarkerArray(markers=markers)


def delete_markers(header: Header, hand_ids: Iterable[int]) -> list[Marker]:
    """Return what removes the markers of hands that were lost."""
    return [
        Marker(header=header, ns=_namespace(hand_id, part), action=Marker.DELETE)
        for hand_id in hand_ids
        for part in PARTS
    ]


def _namespace(hand_id: int, part: str) -> str:
    return f'hand_{hand_id}/{part}'


def _marker(header: Header, hand_id: int, part: str, style: MarkerStyle) -> Marker:
    """Return a marker without points."""
    marker = Marker(header=header, ns=_namespace(hand_id, part), action=Marker.ADD)
    marker.pose.orientation.w = 1.0
    seconds = int(style.lifetime_s)
    nanoseconds = round((style.lifetime_s - seconds) * 1e9)
    marker.lifetime = Duration(sec=seconds, nanosec=min(nanoseconds, 999_999_999))
    return marker


def _spheres(
    marker: Marker, points: list[Point], colours: list[ColorRGBA], style: MarkerStyle
) -> Marker:
    marker.type = Marker.SPHERE_LIST
    marker.scale.x = marker.scale.y = marker.scale.z = style.joint_diameter_m
    marker.points, marker.colors = points, colours
    return marker


def _lines(
    marker: Marker, points: list[Point], colours: list[ColorRGBA], style: MarkerStyle
) -> Marker:
    marker.type = Marker.LINE_LIST
    marker.scale.x = style.bone_width_m
    marker.points = [points[joint] for bone in HAND_21.bones for joint in bone]
    marker.colors = [colours[child] for _, child in HAND_21.bones for _ in range(2)]
    return marker


def _text(marker: Marker, pose: HandPose, wrist: Point, colour: ColorRGBA) -> Marker:
    """Return number and side at the wrist; the number alone where the side is unknown."""
    marker.type = Marker.TEXT_VIEW_FACING
    marker.scale.z = TEXT_HEIGHT_M
    marker.pose.position = wrist
    marker.color = colour
    number = f'hand {pose.hand_id}'
    marker.text = number if pose.side == UNKNOWN else f'{number}: {pose.side}'
    return marker


def _colour(finger: str, confidence: float) -> ColorRGBA:
    """Return a finger's colour, more transparent the lower the joint's confidence."""
    red, green, blue = (value / 255.0 for value in FINGER_COLOURS[finger])
    return ColorRGBA(r=red, g=green, b=blue, a=min(max(confidence, MIN_ALPHA), 1.0))
