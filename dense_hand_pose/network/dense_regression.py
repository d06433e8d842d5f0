# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The stacked hourglass that regresses R, S and V for every pixel (paper Sec. 3.3, Fig. 1).

Legend: B crops, J joints, C channels, H = W = MAP_SIZE_PX. Inputs are normalised crops
(B, 1, CROP_SIZE_PX, CROP_SIZE_PX); each stack puts out channels (B, 5 J, H, W): R, S, V.
"""

from dataclasses import replace

from dense_hand_pose.camera.crop import BACKGROUND
from dense_hand_pose.codec.map_geometry import reduce_depth
import torch
from torch import nn, Tensor
import torch.nn.functional as F  # noqa: N812

from .blocks import ConvNorm, fold_norms, Hourglass, Residual
from .config import NetworkConfig
from .presence import Features, LOWEST_PX, PresenceHead

_HIDDEN, _DROPOUT = 128, 0.2


class PaperStem(nn.Module):
    """Convolutions from the 128-pixel crop down to 32 pixels (Newell et al., ECCV 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        half = width // 2
        self.first = nn.Sequential(ConvNorm(1, half, 7, stride=2), Residual(half, width))
        self.second = nn.Sequential(nn.MaxPool2d(2), Residual(width, width))

    def forward(self, crop: Tensor) -> Tensor:
        """Map (B, 1, 128, 128) to (B, width, 32, 32)."""
        features: Tensor = self.second(self.first(crop))
        return features


class FoldedStem(nn.Module):
    """
    Blocks of 4 x 4 crop pixels become 16 channels; all convolutions run at 32 pixels.

    A convolution at the crop's full resolution would cost more than a whole hourglass.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(ConvNorm(16, width, 3), Residual(width, width))

    def forward(self, crop: Tensor) -> Tensor:
        """Map (B, 1, 128, 128) to (B, width, 32, 32)."""
        features: Tensor = self.layers(F.pixel_unshuffle(crop, 4))
        return features


class SharedHead(nn.Module):
    """All maps by one product on shared features and the reduced depth."""

    def __init__(self, width: int, joints: int) -> None:
        super().__init__()
        self.features = nn.Sequential(Residual(width, width), ConvNorm(width, width, 1))
        self.maps = nn.Conv2d(width + 1, 5 * joints, 1)

    def forward(self, x: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maps (B, 5 J, H, W) and the features (B, C, H, W)."""
        features = self.features(x)
        if not self.training:
            # One convolution: beside a second one, the runtimes copy all maps between types.
            return self.maps(torch.cat([features, depth], dim=1)), features
        # The same without the copy that joining them takes. Both terms are convolutions, so
        # that under autocast both come in its type and lie channels last: a multiplication by
        # the depth, broadcast in float32, took a sixth of a training step.
        weight = self.maps.weight
        of_features = F.conv2d(features, weight[:, :-1], self.maps.bias)
        return of_features + F.conv2d(depth, weight[:, -1:]), features


class PaperHead(nn.Module):
    """
    R, then S from R's features and the depth, then V from both (Sec. 3.3).

    V reads the hourglass's output with R and S beside it, and the same masked by the binarised
    depth, as the paper describes; the width stays at the hourglass's.
    """

    def __init__(self, width: int, joints: int) -> None:
        super().__init__()
        self.features = nn.Sequential(Residual(width, width), ConvNorm(width, width, 1))
        self.heat_2d = nn.Conv2d(width, joints, 1)
        self.near = Residual(width + 1, width)
        self.heat_3d = nn.Conv2d(width, joints, 1)
        self.pointing = Residual(2 * (width + 2 * joints), width)
        self.direction = nn.Conv2d(width, 3 * joints, 1)

    def forward(self, x: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maps (B, 5 J, H, W) and the features (B, C, H, W)."""
        features = self.features(x)
        heat_2d = self.heat_2d(features)
        # In one type: beside float32 all that is joined would be copied to it, and back again.
        heat_3d = self.heat_3d(self.near(torch.cat([features, depth.to(features.dtype)], dim=1)))
        seen = torch.cat([x, heat_2d, heat_3d], dim=1)
        masked = seen * (depth < BACKGROUND).to(seen.dtype)
        direction = self.direction(self.pointing(torch.cat([seen, masked], dim=1)))
        return torch.cat([heat_2d, heat_3d, direction], dim=1), features


class AuxiliaryPresence(nn.Module):
    """The log odds (B, 1) that a crop shows a hand, for a training."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        inputs = config.widths[-1] * LOWEST_PX**2 + 2 * config.widths[0]
        self.layers = nn.Sequential(
            nn.Dropout(_DROPOUT), nn.Linear(inputs, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, 1)
        )

    def forward(self, features: Features) -> Tensor:
        """Return it from the narrowest level and the mean and maximum of each feature."""
        lowest, upper = features.lowest.flatten(1), features.upper
        pooled = [lowest, upper.mean(dim=(2, 3)), upper.amax(dim=(2, 3))]
        odds: Tensor = self.layers(torch.cat(pooled, dim=1))
        return odds


class DenseRegressionNet(nn.Module):
    """
    A stem and ``stacks`` hourglasses, each with a dense head that is supervised.

    ``verdict`` is the presence head, None without it, which is trained after the rest. ``there``,
    in a training with crops that show no hand, has the features tell those apart. The names of
    both are those of the tensors in weight files and checkpoints.
    """

    taught_by = ('there.',)
    """Only a training needs it; no weight file holds it."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        if config.task != 'dense':
            raise ValueError(f'task = {config.task!r}: a baseline, which has no maps R, S and V')
        self.config = config
        width, count = config.widths[0], config.stacks
        head = PaperHead if config.head == 'paper' else SharedHead
        self.stem = PaperStem(width) if config.stem == 'paper' else FoldedStem(width)
        self.hourglasses = nn.ModuleList(Hourglass(config.widths) for _ in range(count))
        self.heads = nn.ModuleList(head(width, config.joints) for _ in range(count))
        self.remap_maps = nn.ModuleList(
            nn.Conv2d(5 * config.joints, width, 1) for _ in range(count - 1)
        )
        self.remap_features = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in range(count - 1))
        # Last, so that the same seed gives a network the same weights with it and without.
        self.verdict = PresenceHead(config) if config.verdict else None
        self.there: AuxiliaryPresence | None = None

    def learn_presence(self) -> None:
        """Return the log odds of a hand in training mode, too."""
        self.there = AuxiliaryPresence(self.config)

    def forward(self, crop: Tensor) -> list[Tensor]:
        """
        Return the channels (B, 5 J, H, W) of every stack, the last one being the result.

        In training mode the log odds (B, 1) of a hand come after them, if they are learnt.
        """
        features = self.forward_features(crop)
        if self.there is None or not self.training:
            return features.outputs
        return [*features.outputs, self.there(features)]

    def forward_features(self, crop: Tensor) -> Features:
        """Return forward's result and what the presence head reads."""
        depth = reduce_depth(crop)
        x = self.stem(crop)
        outputs = []
        for i, (hourglass, head) in enumerate(zip(self.hourglasses, self.heads, strict=True)):
            outer, lowest = hourglass.with_lowest(x)  # type: ignore[operator]
            maps, upper = head(outer, depth)
            outputs.append(maps)
            if i + 1 < len(self.hourglasses):
                x = x + self.remap_maps[i](maps) + self.remap_features[i](upper)
        return Features(outputs, upper, lowest, depth)

    def for_inference(self) -> 'DenseRegressionNet':
        """Fold the normalisation, freeze, and return the network itself."""
        self.eval()
        fold_norms(self)
        self.requires_grad_(False)
        return self


def may_grow(trained: NetworkConfig, wanted: NetworkConfig) -> bool:
    """Return whether ``wanted`` is ``trained`` with more stacks and nothing else changed."""
    more = wanted.stacks > trained.stacks and trained.task == 'dense'
    return more and replace(trained, stacks=wanted.stacks) == wanted


@torch.no_grad()
def add_stacks(network: DenseRegressionNet, stacks: int) -> DenseRegressionNet:
    """
    Return a network of ``stacks`` stacks that gives the same maps, presence and side.

    A new stack is a copy of the last one. It reads that one's input plus a correction from its
    maps and features (Sec. 3.3), whose weights start at zero and learn. The presence head, which
    reads the last stack, needs no change. The result is in the mode (training or evaluation), on
    the device and in the floating type of ``network``, which keeps its weights and shares none of
    them. Raises ValueError where the network has that many stacks already, or its normalisation
    is folded.
    """
    count = network.config.stacks
    if stacks <= count:
        raise ValueError(f'stacks = {stacks}: the network has {count}; ask for more of them')
    if not any(isinstance(module, nn.BatchNorm2d) for module in network.modules()):
        raise ValueError('the normalisation of the network is folded: load the weights again')
    grown = DenseRegressionNet(replace(network.config, stacks=stacks))
    if network.there is not None:
        grown.learn_presence()
    # What is in neither is the correction of a new stack.
    trained = _with_copies(network, stacks)
    tensors = {
        name: trained.get(name, torch.zeros_like(tensor))
        for name, tensor in grown.state_dict().items()
    }
    grown.load_state_dict(tensors)
    weight = next(network.parameters())
    return grown.to(weight.device, weight.dtype).train(network.training)


def _with_copies(network: DenseRegressionNet, stacks: int) -> dict[str, torch.Tensor]:
    """Return the network's tensors, those of its last stack again for each new one."""
    tensors = dict(network.state_dict())
    last = network.config.stacks - 1
    for part in ('hourglasses', 'heads'):
        prefix = f'{part}.{last}.'
        copied = {name: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        for stack in range(last + 1, stacks):
            for name, tensor in copied.items():
                tensors[f'{part}.{stack}.{name.removeprefix(prefix)}'] = tensor
    return tensors
