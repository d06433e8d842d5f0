# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
From normalised crops to joints in one graph of static shapes, for every runtime.

Legend: B crops, J joints, K candidates, S = CROP_SIZE_PX, H = W = MAP_SIZE_PX. A crop follows a
metric cube, so that the cube's centre and edge are its intrinsics and its transform in one
(codec/map_geometry.py); the camera itself does not matter here.
"""

from dense_hand_pose.camera.crop import CROP_SIZE_PX
from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.decoding import decode, Decoded
from dense_hand_pose.codec.encoding import DenseMaps, SupportRadius
from dense_hand_pose.codec.map_geometry import Cube, lift, reduce_depth
import torch
from torch import nn, Tensor

from .config import NetworkConfig
from .dense_regression import DenseRegressionNet
from .presence import Features

INPUTS = ('crops', 'centers_m', 'sizes_m')
DECODED = ('joints_m', 'confidence', 'spread_m', 'votes_m', 'vote_weights')
PRESENCE = ('presence', 'side')
MAPS = 'maps'
_LARGEST_BATCH = 256


class HandGraph(nn.Module):
    """
    Network and decoding: crops (B, S, S), centres (B, 3) and edges (B,) in, ``outputs`` out.

    These are the parts of decoding.Decoded; presence.PresenceOutput where the network has that
    head; and with ``maps`` the network's channels (B, 5 J, H, W), for votes that are to be merged
    by other settings than ``config``. The network's normalisation is folded in place. It may hold
    another floating type than float32: the decoding around it stays in float32, since a metre in
    half precision has steps of half a millimetre.
    """

    def __init__(
        self, network: DenseRegressionNet, config: DecodingConfig, *, maps: bool = False
    ) -> None:
        super().__init__()
        self.network = network.for_inference()
        self.decoding = config
        self.maps = maps
        presence = PRESENCE if network.config.verdict else ()
        self.outputs = (*DECODED, *presence, *((MAPS,) if maps else ()))

    def forward(self, crops: Tensor, centers_m: Tensor, sizes_m: Tensor) -> tuple[Tensor, ...]:
        """Return what ``outputs`` names, in float32."""
        crop, cube = crops.unsqueeze(1), Cube(centers_m, sizes_m)
        weight = next(self.network.parameters())
        features = self.network.forward_features(crop.to(weight.dtype))
        decoded = decode_features(self.network.config, features, crop, cube, self.decoding)
        presence = () if self.network.verdict is None else self.network.verdict(features)
        return (*decoded, *presence, *((features.outputs[-1].float(),) if self.maps else ()))


def decode_features(
    network: NetworkConfig, features: Features, crop: Tensor, cube: Cube, decoding: DecodingConfig
) -> Decoded:
    """Merge what a network computed of crops (B, 1, 128, 128), float32, to joints in metres."""
    # What the network reduced is too coarse for metres where it computes in half precision.
    depth = features.depth if features.depth.dtype == crop.dtype else reduce_depth(crop)
    return decode_channels(network, features.outputs[-1].float(), depth, cube, decoding)


def decode_channels(
    network: NetworkConfig, channels: Tensor, depth: Tensor, cube: Cube, decoding: DecodingConfig
) -> Decoded:
    """Merge channels (B, 5 J, H, W) over reduced depth (B, 1, H, W), float32, to joints."""
    maps = DenseMaps.from_channels(channels, network.joints)
    radius = SupportRadius(network.theta_m, network.tau_px)
    return decode(maps, lift(depth, cube), cube, radius, decoding)


def example_inputs(batch: int, device: str | torch.device = 'cpu') -> tuple[Tensor, ...]:
    """Return inputs of the graph's shapes: a slope that fills a cube half a metre away."""
    slope = torch.linspace(-0.5, 0.5, CROP_SIZE_PX, device=device)
    crops = slope.view(1, 1, -1).repeat(batch, CROP_SIZE_PX, 1)
    centers_m = torch.tensor([[0.0, 0.0, 0.5]], device=device).repeat(batch, 1)
    return crops, centers_m, torch.full((batch,), 0.3, device=device)


def export_graph(graph: HandGraph, batch: int | None) -> torch.export.ExportedProgram:
    """Export the graph for a fixed number of crops; None leaves the number open."""
    device = next(graph.parameters()).device
    any_number = {0: torch.export.Dim('crops', min=1, max=_LARGEST_BATCH)}
    shapes = [any_number] * len(INPUTS) if batch is None else None
    # An example of one would fix the number at one.
    inputs = example_inputs(batch or 2, device)
    with torch.no_grad():
        return torch.export.export(graph.eval(), inputs, strict=False, dynamic_shapes=shapes)
