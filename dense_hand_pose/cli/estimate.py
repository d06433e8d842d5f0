# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Estimate hands in depth files: an overlay of each file, a contact sheet and estimates.json.

A file is a 16-bit PNG or a NumPy array (H, W). Each is taken by itself, not as a video. Exit
status 1 when a file cannot be read or no file shows a hand.
"""

import argparse
from collections.abc import Sequence
import io
import json
from pathlib import Path
import sys
from typing import Any, TYPE_CHECKING

from ._common import CommandError, number

if TYPE_CHECKING:
    from dense_hand_pose import HandPose, HandPoseEstimator, Intrinsics

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
    parser.add_argument('--model', default='default', help='model name or .safetensors file')
    parser.add_argument('--backend', default='auto', help='what runs the network (default: auto)')


def run(args: argparse.Namespace) -> int:
    """Estimate each file and write the results."""
    estimator, intrinsics = _set_up(args)
    args.out.mkdir(parents=True, exist_ok=True)
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
            print(f'{path}: {error}', file=sys.stderr)
            entry['error'] = str(error)
        else:
            entry.update(_as_json(pose), overlay=name)
            tiles.append(_draw(args.out / name, path, depth * unit_m, intrinsics, pose))
        entries.append(entry)
    return _finish(args.out, entries, tiles)


def read_depth(path: Path) -> Any:
    """
    Return the depth image (H, W) of a PNG or NPY file, uint16 or float32, in the file's unit.

    OSError where it cannot be opened, ValueError where it holds no depth image.
    """
    import numpy as np

    if path.suffix.lower() == '.npy':
        image = np.load(path, allow_pickle=False)
    else:
        image = _decoded(path.read_bytes())
    if image.ndim != 2 or image.dtype.kind not in 'uif' or image.dtype.itemsize < 2:
        raise ValueError(
            f'holds {image.dtype} of shape {image.shape}; expected one channel of depth (H, W) '
            'in 16-bit integers or floats'
        )
    return image.astype(np.float32) if image.dtype.kind == 'f' else image.astype(np.uint16)


def _decoded(data: bytes) -> Any:
    """Return the pixels of an image file; ValueError where it is none."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=('PNG', 'TIFF')) as image:
            return np.array(image)
    # A damaged file is any of these to Pillow; a far too large one is the last.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(
            f'not a readable image ({error}); expected a 16-bit PNG or a NumPy .npy file'
        ) from error


def overlay_names(paths: Sequence[Path]) -> list[str]:
    """Return a file name for the overlay of each path; numbered where stems are not unique."""
    stems = [path.stem for path in paths]
    unique = len(set(stems)) == len(stems)
    return [
        f'{stem}_overlay.png' if unique else f'{place:03d}_{stem}_overlay.png'
        for place, stem in enumerate(stems)
    ]


def _set_up(args: argparse.Namespace) -> 'tuple[HandPoseEstimator, Intrinsics]':
    """Return the estimator and the intrinsics, or raise CommandError for values they refuse."""
    from dense_hand_pose.process import wait_passively

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
    }


def _draw(
    file: Path, source: Path, depth_m: Any, intrinsics: 'Intrinsics', pose: 'HandPose | None'
) -> Any:
    """Write the overlay of a frame and return its tile for the contact sheet."""
    from dense_hand_pose import visualization as vis
    from dense_hand_pose.crop import CropWindow
    from dense_hand_pose.drawing import png_bytes, shrink
    import numpy as np

    depth_m = depth_m.astype(np.float32)
    picture = vis.depth_to_bgr(depth_m, *vis.depth_range_m(depth_m))
    if pose is None:
        tile = shrink(picture, _TILE_PX)
        tile = vis.draw_text(tile, 'no hand', (6, tile.shape[0] - 10))
        picture = vis.draw_text(picture, 'no hand')
    else:
        x, y, z = (float(value) for value in pose.center)
        window = CropWindow((x, y, z), pose.cube_size_m, intrinsics)
        picture = vis.draw_crop_box(picture, window)
        picture = vis.draw_pose(picture, pose.joints, intrinsics, pose.confidence)
        tile = vis.hand_tile(depth_m, pose.joints, intrinsics, _TILE_PX, pose.confidence)
    try:
        file.write_bytes(png_bytes(picture))
    except OSError as error:
        raise CommandError(f'cannot write {file}: {error.strerror}') from error
    return vis.draw_text(tile, source.stem, (6, 16), scale=0.42)


def _finish(out: Path, entries: list[dict[str, Any]], tiles: list[Any]) -> int:
    """Write estimates.json and the sheet, say what was found and return the exit status."""
    from dense_hand_pose.drawing import png_bytes
    from dense_hand_pose.skeleton import HAND_21
    from dense_hand_pose.visualization import contact_sheet

    document = {'joint_names': list(HAND_21.joints), 'frames': entries}
    (out / 'estimates.json').write_text(json.dumps(document, indent=1) + '\n')
    if tiles:
        (out / 'sheet.png').write_bytes(png_bytes(contact_sheet(tiles, _SHEET_COLUMNS)))
    hands = sum(bool(entry.get('hand')) for entry in entries)
    failed = sum('error' in entry for entry in entries)
    print(f'{hands} of {len(entries)} files show a hand; results in {out}/')
    if not hands:
        print('no hand in any file: check --depth-unit-mm and --intrinsics', file=sys.stderr)
    return 1 if failed or not hands else 0
