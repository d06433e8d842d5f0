# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A HandPose as RViz markers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builtin_interfaces.msg import Duration
from dense_hand_pose.skeleton import FINGER_COLOURS, HAND_21
from geometry_msgs.msg import Point
import numpy as np
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose

MIN_ALPHA = 0.15
"""Joints without confidence stay faintly visible."""


@dataclass(frozen=True)
class MarkerStyle:
    """Sizes in metres; after `lifetime_s` without a new one RViz removes a marker (0: never)."""

    joint_diameter_m: float
    bone_width_m: float
    lifetime_s: float


def hand_markers(
    header: Header, pose: HandPose, style: MarkerStyle, hand_id: int = 0
) -> MarkerArray:
    """Return the spheres of the joints and the lines of the bones, coloured by finger."""
    colours = [
        _colour(finger, confidence)
        for finger, confidence in zip(HAND_21.fingers, pose.confidence.tolist(), strict=True)
    ]
    points = [Point(x=x, y=y, z=z) for x, y, z in pose.joints.astype(np.float64).tolist()]
    spheres = _marker(header, 'joints', hand_id, Marker.SPHERE_LIST, style)
    spheres.scale.x = spheres.scale.y = spheres.scale.z = style.joint_diameter_m
    spheres.points, spheres.colors = points, colours
    lines = _marker(header, 'bones', hand_id, Marker.LINE_LIST, style)
    lines.scale.x = style.bone_width_m
    lines.points = [points[joint] for bone in HAND_21.bones for joint in bone]
    lines.colors = [colours[child] for _, child in HAND_21.bones for _ in range(2)]
    return MarkerArray(markers=[spheres, lines])


def delete_markers(header: Header, hand_id: int = 0) -> MarkerArray:
    """Return what removes the markers of a hand that was lost."""
    gone = MarkerArray()
    for part in ('joints', 'bones'):
        marker = Marker(header=header, ns=part, id=hand_id, action=Marker.DELETE)
        gone.markers.append(marker)
    return gone


def _marker(header: Header, part: str, hand_id: int, kind: int, style: MarkerStyle) -> Marker:
    """Return a marker without points."""
    marker = Marker(header=header, ns=part, id=hand_id, type=kind, action=Marker.ADD)
    marker.pose.orientation.w = 1.0
    seconds = int(style.lifetime_s)
    nanoseconds = round((style.lifetime_s - seconds) * 1e9)
    marker.lifetime = Duration(sec=seconds, nanosec=min(nanoseconds, 999_999_999))
    return marker


def _colour(finger: str, confidence: float) -> ColorRGBA:
    """Return a finger's colour, more transparent the less sure the joint is."""
    red, green, blue = (value / 255.0 for value in FINGER_COLOURS[finger])
    return ColorRGBA(r=red, g=green, b=blue, a=min(max(confidence, MIN_ALPHA), 1.0))
