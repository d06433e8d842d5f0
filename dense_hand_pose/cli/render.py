# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Render synthetic hands, as the training sees them, to a contact sheet.

The crops are the first ones of ``synthesis.engine.render_crops``: the same seed gives the same
picture. ``--joints`` draws the ground truth.
"""

import argparse
from pathlib import Path

from dense_hand_pose.camera.crop import BACKGROUND, CropWindow, denormalise_depth
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.safe_output import write_file
from dense_hand_pose.synthesis.crops import CropBatch, render_crops
from dense_hand_pose.visualization import (
    contact_sheet,
    depth_to_bgr,
    draw_pose,
    Image,
    png_bytes,
    zoom,
)
import numpy as np

from .common import CommandError, whole_number

_TILE_PX = 256
_COLUMNS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    count = whole_number('a number of hands from 1 to 400', low=1, high=400)
    seed = whole_number('a whole number that is not negative', low=0)
    parser.add_argument('--out', type=Path, required=True, help='PNG file to write')
    parser.add_argument('--count', type=count, default=32, help='hands (default 32)')
    parser.add_argument('--seed', type=seed, default=0, help='start of the random numbers')
    parser.add_argument('--joints', action='store_true', help='draw the ground truth')


def run(args: argparse.Namespace) -> int:
    """Write the contact sheet."""
    if args.out.suffix.lower() != '.png':
        raise CommandError(f'--out {args.out}: expected a file name that ends with .png', status=2)
    batch = render_crops(args.seed, args.count)
    tiles = [draw_crop(batch, i, joints=args.joints) for i in range(args.count)]
    try:
        write_file(args.out, png_bytes(contact_sheet(tiles, _COLUMNS)))
    except OSError as error:
        raise CommandError(f'cannot write {args.out}: {error.strerror}') from error
    print(f'{args.out}: {args.count} synthetic hands, seed {args.seed}')
    return 0


def draw_crop(batch: CropBatch, index: int, *, joints: bool) -> Image:
    """Return one crop of a batch in colours, (256, 256, 3), with its joints if asked for."""
    x, y, z = (float(value) for value in batch.center_m[index])
    size = float(batch.cube_size_m[index])
    fx, fy, cx, cy = (float(value) for value in batch.intrinsics[index])
    window = CropWindow((x, y, z), size, Intrinsics(fx, fy, cx, cy))
    depth = batch.depth[index]
    metres = np.where(depth < BACKGROUND, denormalise_depth(depth, window), np.float32(0.0))
    coloured = depth_to_bgr(metres, z - size / 2, z + size / 2)
    # The crop is an image of its own: a window over all of it, enlarged to the tile.
    whole = CropWindow((x, y, z), size, window.crop_intrinsics)
    tile, intrinsics = zoom(coloured, whole, _TILE_PX)
    return draw_pose(tile, batch.joints_m[index], intrinsics) if joints else tile
