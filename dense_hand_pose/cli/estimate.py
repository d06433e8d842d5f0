# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Estimate hands in depth files: an overlay of each file, a contact sheet and estimates.json.

A file is a 16-bit PNG or a NumPy array (H, W). Each is taken by itself, not as a video. Exit
status 1 when a file cannot be read or no file shows a hand.
"""

import argparse
import json
from pathlib import Path
import sys
from typing import Any, TYPE_CHECKING

from dense_hand_pose.camera.depth_files import overlay_names, read_depth
from dense_hand_pose.safe_output import printable, write_file

from .common import CommandError, number

if TYPE_CHECKING:
    from dense_hand_pose import HandPose, HandPoseEstimator, Intrinsics
    from dense_hand_pose.visualization import Image

_SHEET_COLUMNS = 5
_TILE_PX = 280


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    finite = number('a finite number')
    positive = number('a positive number', low=0.0, above=True)
    parser.add_argument('files', nargs='+', type=Path, metavar='FILE', help='depth PNG or NPY')
    parser.add_argument(
        '--intrinsics',
        nargs=4,
        type=finite,
        required=True,
        metavar=('FX', 'FY', 'CX', 'CY'),
        help='focal lengths and principal point, pixels',
    )
    parser.add_argument(
        '--depth-unit-mm',
        type=positive,
        required=True,
        metavar='U',
        help='millimetres of one unit of depth (1 for 16UC1, 1000 for metres)',
    )
    parser.add_argument('--out', type=Path, required=True, metavar='DIR', help='folder to write')
    parser.add_argument(
        '--center',
        nargs=3,
        type=finite,
        metavar=('X', 'Y', 'Z'),
        help='where the hand is, metres in the camera frame (default: it is searched)',
    )
    parser.add_argument(
        '--cube-size-m',
        type=positive,
        default=None,
        metavar='S',
        help='edge of the cube around the hand (default: that of EstimatorConfig)',
    )
    parser.add_argument(
        '--sheet',
        choices=('hands', 'frames'),
        default='hands',
        help='what sheet.png shows: the hands enlarged, or whole frames (default: hands)',
    )
    parser.add_argument('--model', default='auto', help='model name or .safetensors file, or auto')
    parser.add_argument('--backend', default='auto', help='what runs the network (default: auto)')


def run(args: argparse.Namespace) -> int:
    """Estimate each file and write the results."""
    from dense_hand_pose.visualization import png_bytes

    estimator, intrinsics = _set_up(args)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f'--out: {error}', status=2) from error
    entries: list[dict[str, Any]] = []
    tiles: list[Any] = []
    for path, name in zip(args.files, overlay_names(args.files), strict=True):
        entry: dict[str, Any] = {'file': str(path)}
        try:
            depth = read_depth(path)
            unit_m = args.depth_unit_mm / 1000.0
            estimator.reset()
            pose = estimator.estimate(depth, intrinsics, args.center, unit_m=unit_m)
        except (OSError, ValueError) as error:
            print(f'{printable(path)}: {error}', file=sys.stderr)
            entry['error'] = str(error)
        else:
            entry.update(_as_json(pose), overlay=name)
            picture, tile = _draw(depth * unit_m, intrinsics, pose, args.sheet == 'frames')
            _write(args.out / name, png_bytes(picture))
            tiles.append(_named(tile, path, pose))
        entries.append(entry)
    return _finish(args.out, entries, tiles)


def _set_up(args: argparse.Namespace) -> 'tuple[HandPoseEstimator, Intrinsics]':
    """Return the estimator and the intrinsics, or raise CommandError for values they refuse."""
    from dense_hand_pose.runtimes.process import wait_passively

    wait_passively()
    from dense_hand_pose import EstimatorConfig, HandPoseEstimator, Intrinsics

    try:
        intrinsics = Intrinsics(*args.intrinsics)
        size = {} if args.cube_size_m is None else {'cube_size_m': args.cube_size_m}
        config = EstimatorConfig(**size)
        estimator = HandPoseEstimator.load(args.model, backend=args.backend, config=config)
    except (OSError, ValueError, RuntimeError) as error:  # a file, a value, a backend
        raise CommandError(str(error), status=2) from error
    return estimator, intrinsics


def _as_json(pose: 'HandPose | None') -> dict[str, Any]:
    """Return what estimates.json holds for a frame."""
    if pose is None:
        return {'hand': False}
    return {
        'hand': True,
        'joints_m': pose.joints.round(6).tolist(),
        'confidence': pose.confidence.round(4).tolist(),
        'spread_m': pose.spread.round(6).tolist(),
        'center_m': [round(float(value), 6) for value in pose.center],
        'cube_size_m': pose.cube_size_m,
        'score': round(pose.score, 4),
        'side': pose.side,
        'side_score': round(pose.side_score, 4),
    }


def _draw(
    depth_m: Any, intrinsics: 'Intrinsics', pose: 'HandPose | None', whole: bool
) -> 'tuple[Image, Image]':
    """Return the overlay of a frame and its tile for the sheet: the whole of it, or the hand."""
    from dense_hand_pose import visualization as vis
    from dense_hand_pose.camera.crop import CropWindow
    from dense_hand_pose.visualization import shrink
    import numpy as np

    depth_m = depth_m.astype(np.float32)
    picture = vis.depth_to_bgr(depth_m, *vis.depth_range_m(depth_m))
    if pose is None:
        return vis.draw_text(picture, 'no hand'), shrink(picture, _TILE_PX)
    drawn = vis.draw_pose(picture, pose.joints, intrinsics, pose.confidence)
    x, y, z = (float(value) for value in pose.center)
    overlay = vis.draw_crop_box(picture, CropWindow((x, y, z), pose.cube_size_m, intrinsics))
    overlay = vis.draw_pose(overlay, pose.joints, intrinsics, pose.confidence)
    if whole:
        return overlay, shrink(drawn, _TILE_PX)
    tile = vis.hand_tile(depth_m, pose.joints, intrinsics, _TILE_PX, pose.confidence)
    return overlay, tile


def _named(tile: 'Image', source: Path, pose: 'HandPose | None') -> 'Image':
    """Return a tile with the name of its file and what was found."""
    from dense_hand_pose.visualization import draw_text

    said = 'no hand' if pose is None else f'{pose.side} {pose.score:.2f}'
    named = draw_text(tile, source.stem, (6, 16), scale=0.42)
    return draw_text(named, said, (6, tile.shape[0] - 10), scale=0.42)


def _write(file: Path, content: bytes) -> None:
    """Write a file, or raise CommandError."""
    try:
        write_file(file, content)
    except OSError as error:
        raise CommandError(f'cannot write {file}: {error.strerror}') from error


def _finish(out: Path, entries: list[dict[str, Any]], tiles: list[Any]) -> int:
    """Write estimates.json and the sheet, say what was found and return the exit status."""
    from dense_hand_pose.skeleton import HAND_21
    from dense_hand_pose.visualization import contact_sheet, png_bytes

    document = {'joint_names': list(HAND_21.joints), 'frames': entries}
    _write(out / 'estimates.json', (json.dumps(document, indent=1) + '\n').encode())
    if tiles:
        _write(out / 'sheet.png', png_bytes(contact_sheet(tiles, _SHEET_COLUMNS)))
    hands = sum(bool(entry.get('hand')) for entry in entries)
    failed = sum('error' in entry for entry in entries)
    print(f'{hands} of {len(entries)} files show a hand; results in {out}/')
    if not hands:
        print('no hand in any file: check --depth-unit-mm and --intrinsics', file=sys.stderr)
    return 1 if failed or not hands else 0
