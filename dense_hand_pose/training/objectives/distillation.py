# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Distillation: the maps of a trained network, the teacher, are the targets of another's training.

Neither maps nor joints of a batch's labels are used, so that crops need none (Hinton et al., 2015,
with maps in the place of class probabilities). Legend: B crops, J joints, H = W = MAP_SIZE_PX.
"""

from dataclasses import dataclass

from dense_hand_pose.codec.decoding import decode_soft
from dense_hand_pose.codec.encoding import DenseMaps
from dense_hand_pose.codec.map_geometry import lift, reduce_depth
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.weight_file import find_weights
from dense_hand_pose.network.weights import load_weights
import torch
from torch import nn, Tensor

from .dense import dense_loss, Losses
from .detector import SceneMethod
from .objectives import DenseMethod, Method, method_of
from ..config import TrainingConfig
from ..data.synthetic import Batch


@dataclass(frozen=True)
class DistillationMethod(DenseMethod):
    """The dense method with a teacher's targets; ``autocast`` is the format of its products."""

    teacher: nn.Module
    autocast: torch.dtype = torch.float32

    def loss(self, outputs: list[Tensor], batch: Batch) -> Losses:
        """Compare the maps of all stacks with the teacher's, and the joints that both give."""
        maps, joints_m = self.targets(batch)
        return dense_loss(
            outputs, batch._replace(joints_m=joints_m), self.reach, self.weights, maps
        )

    @torch.no_grad()
    def targets(self, batch: Batch) -> tuple[DenseMaps, Tensor]:
        """Return the maps of the teacher's last stack and their joints (B, J, 3), metres."""
        crop = batch.crop.to(memory_format=torch.channels_last)
        enabled = self.autocast != torch.float32
        with torch.autocast(crop.device.type, self.autocast, enabled=enabled):
            channels = self.teacher(crop)[-1]
        maps = DenseMaps.from_channels(channels.float().contiguous(), batch.joints_m.shape[1])
        surface = lift(reduce_depth(batch.crop), batch.cube)
        return maps, decode_soft(maps, surface, batch.cube, self.reach)


def training_method(config: TrainingConfig, device: torch.device) -> Method | SceneMethod:
    """
    Return the method of a training, with its teacher on the device where it has one.

    WeightsError (a ValueError) for a teacher that cannot be loaded, ValueError for one whose maps
    mean something else than those of the configuration's network.
    """
    method = method_of(config.network, config.loss)
    if not config.teacher or not isinstance(method, DenseMethod):
        return method
    teacher = load_teacher(config).to(device)
    teacher.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    autocast: torch.dtype = getattr(torch, config.precision)
    return DistillationMethod(method.reach, method.weights, teacher, autocast)


def load_teacher(config: TrainingConfig) -> DenseRegressionNet:
    """Return the teacher, frozen, its normalisation folded; raises what training_method does."""
    network = load_weights(find_weights(config.teacher))
    for name in ('task', 'joints', 'theta_m', 'tau_px'):
        found, wanted = getattr(network.config, name), getattr(config.network, name)
        if found != wanted:
            raise ValueError(
                f'teacher = {config.teacher!r}: its {name} is {found}, that of the network to '
                f'train {wanted}; their maps differ, choose another teacher'
            )
    network.verdict = None  # only its maps are used
    return network.for_inference()
