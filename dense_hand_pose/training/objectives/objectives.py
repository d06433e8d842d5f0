# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What a network's outputs mean: the loss that teaches them and the joints that they decode to.

Legend: B crops, J joints, H = W = MAP_SIZE_PX.
"""

from dataclasses import dataclass
from typing import Protocol

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.decoding import decode, decode_soft
from dense_hand_pose.codec.encoding import DenseMaps, SupportRadius
from dense_hand_pose.codec.map_geometry import lift, reduce_depth
from dense_hand_pose.network.config import NetworkConfig
from torch import Tensor

from .baselines import CoordinateMethod, DetectionMethod, OffsetMethod
from .dense import dense_loss, Losses
from .detector import SceneMethod
from ..config import LossConfig
from ..data.synthetic import Batch


class Method(Protocol):
    """How to teach and to read one kind of network."""

    def loss(self, outputs: list[Tensor], batch: Batch) -> Losses:
        """Compare all outputs with the batch."""

    def joints(self, outputs: list[Tensor], batch: Batch) -> tuple[Tensor, Tensor]:
        """Return what the usual and the soft decoder make of them, (B, J, 3) metres each."""


@dataclass(frozen=True)
class DenseMethod:
    """The proposed method: R, S and V, mean shift (paper Sec. 3) or the soft decoder (AWR)."""

    reach: SupportRadius
    weights: LossConfig

    def loss(self, outputs: list[Tensor], batch: Batch) -> Losses:
        """Compare the maps of all stacks, and the joints that they decode to softly."""
        return dense_loss(outputs, batch, self.reach, self.weights)

    def joints(self, outputs: list[Tensor], batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the joints of the last stack by mean shift and softly."""
        return (
            decoded_joints(outputs, batch, self.reach, DecodingConfig(method='mean_shift')),
            decoded_joints(outputs, batch, self.reach, None),
        )


def decoded_joints(
    outputs: list[Tensor], batch: Batch, reach: SupportRadius, config: DecodingConfig | None
) -> Tensor:
    """Decode the last stack by mean shift with a configuration, softly without one."""
    maps = DenseMaps.from_channels(outputs[-1].float(), batch.joints_m.shape[1])
    surface = lift(reduce_depth(batch.crop), batch.cube)
    if config is None:
        return decode_soft(maps, surface, batch.cube, reach)
    return decode(maps, surface, batch.cube, reach, config).joints_m


def method_of(network: NetworkConfig, weights: LossConfig) -> Method | SceneMethod:
    """Return the method of a network's task."""
    return SceneMethod() if network.task == 'detector' else joint_method_of(network, weights)


def joint_method_of(network: NetworkConfig, weights: LossConfig) -> Method:
    """Return the method of a task that gives joints; ValueError for a detector."""
    if network.task == 'detector':
        raise ValueError("task = 'detector': it finds hands, it has no joints")
    reach = SupportRadius(network.theta_m, network.tau_px)
    if network.task == 'dense':
        return DenseMethod(reach, weights)
    if network.task == 'offset':
        return OffsetMethod(reach, weights)
    if network.task == 'coordinates':
        return CoordinateMethod(weights)
    return DetectionMethod(reach, weights, depth_only=network.task == 'detection_depth')
