# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Compare the noise of real depth frames with that of rendered frames of the same kind of camera.

    python -m tools.sensor_statistics --set sr300 FOLDER --room kinect FILE.npz ...

A set, or a room without a hand, is the name of a rendered camera and files: .npz (d0, d1, ...
(H, W), whole units of unit_mm millimetres, 1 without this key) or folders of 16-bit PNG files
(--png-unit-mm). Rendered frames have a median depth within a third of the real set's. For each
figure the table has the median of the real frames beside the 10th, 50th and 90th percentile of
the rendered ones; the exit status is 1 when a figure lies outside.

    r1, r2, r4  roughness in mm over 1, 2 and 4 pixels within surfaces; white noise on a wall has
                three equal figures, a camera that smooths has r1 < r2 < r4
    same        share of neighbours with equal depth
    torn        share of pixels within 2 px of a step over 30 mm that have no depth
    flying      share of pixels across such a step that lie 15 mm from both of its sides
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
import sys

from dense_hand_pose.synthesis.crops import sample_view
from dense_hand_pose.synthesis.frames import render_depth
from dense_hand_pose.synthesis.scenes.full_scene import render_full_frame, sample_full_scene
from dense_hand_pose.synthesis.seeds import SENSOR_STATISTICS
from dense_hand_pose.synthesis.sensor.cameras import CAMERAS
from dense_hand_pose.synthesis.sensor.noise import NoiseLevel
import numpy as np
import numpy.typing as npt
from PIL import Image

FloatArray = npt.NDArray[np.float64]
NAMES = ('r1', 'r2', 'r4', 'same', 'torn', 'flying')
_NEAR_MM, _FAR_MM = 200.0, 1300.0
_SURFACE_MM, _STEP_MM, _FLYING_MM = 12.0, 30.0, 15.0
_LEAST_PIXELS, _LEAST_TRIPLES = 1000, 500
_ALIKE = 4.0 / 3.0  # ratio of median depths
_MOST_TRIES = 400  # for each frame that is asked for


def roughness_mm(depth_mm: FloatArray, pixels: int) -> float:
    """
    Return 1.4826 median |a - 2 b + c| / sqrt(6) of triples at a distance; NaN for too few.

    The median is a mean over the middle tenth of the values, since depth comes in whole units.
    """
    bends = []
    for z in (depth_mm, depth_mm.T):
        whole = 2 * pixels
        first, middle, last = z[:, :-whole], z[:, pixels:-pixels], z[:, whole:]
        valid = (first > 0) & (middle > 0) & (last > 0)
        valid &= np.abs(first - middle) < _SURFACE_MM * pixels
        valid &= np.abs(last - middle) < _SURFACE_MM * pixels
        bends.append(np.abs(first - 2.0 * middle + last)[valid])
    values = np.sort(np.concatenate(bends))
    if len(values) <= _LEAST_TRIPLES:
        return float('nan')
    low, high = int(0.45 * len(values)), int(0.55 * len(values)) + 1
    middle_tenth = values[low:high]
    return float(1.4826 * middle_tenth.mean() / np.sqrt(6.0))


def _grown(mask: npt.NDArray[np.bool_], pixels: int) -> npt.NDArray[np.bool_]:
    """Return a mask grown by so many pixels up, down and sideways."""
    for _ in range(pixels):
        p = np.pad(mask, 1)
        mask = p[1:-1, 1:-1] | p[:-2, 1:-1] | p[2:, 1:-1] | p[1:-1, :-2] | p[1:-1, 2:]
    return mask


def figures(depth_mm: FloatArray) -> FloatArray | None:
    """Return NAMES and the median depth in mm as an array (7,); None for an empty image."""
    z = np.where((depth_mm >= _NEAR_MM) & (depth_mm <= _FAR_MM), depth_mm, 0.0)
    if np.count_nonzero(z) < _LEAST_PIXELS:
        return None
    both = (z[:, 1:] > 0) & (z[:, :-1] > 0)
    change = np.abs(np.diff(z, axis=1))
    stepped = both & (change > _STEP_MM)
    beside = np.zeros(z.shape, bool)
    beside[:, 1:] |= stepped
    beside[:, :-1] |= stepped
    ring = _grown(beside, 2)
    first, middle, last = z[:, :-2], z[:, 1:-1], z[:, 2:]
    across = (first > 0) & (middle > 0) & (last > 0) & (np.abs(first - last) > _STEP_MM)
    flying = across & (np.abs(middle - first) > _FLYING_MM) & (np.abs(middle - last) > _FLYING_MM)
    return np.array(
        [
            *(roughness_mm(z, pixels) for pixels in (1, 2, 4)),
            np.mean(change[both] == 0),
            np.mean(z[ring] == 0) if ring.any() else np.nan,
            flying.sum() / max(across.sum(), 1),
            np.median(z[z > 0]),
        ]
    )


def real_frames(path: Path, png_unit_mm: float) -> Iterator[FloatArray]:
    """Yield the depth images (H, W) in millimetres of an .npz file or a folder of PNG files."""
    if path.is_dir():
        for file in sorted(path.rglob('*.png')):
            yield np.asarray(Image.open(file)).astype(np.float64) * png_unit_mm
        return
    with np.load(path) as arrays:
        unit_mm = float(arrays['unit_mm']) if 'unit_mm' in arrays.files else 1.0
        for name in arrays.files:
            if name[:1] == 'd' and name[1:].isdigit():
                yield arrays[name].astype(np.float64) * unit_mm


def rendered_frames(camera: str, seed: int, rooms: bool) -> Iterator[FloatArray]:
    """
    Yield noisy images (H, W) in millimetres of a camera, and an empty one now and then.

    Hands and whole scenes in turn, or rooms without a hand.
    """
    while True:
        rng = np.random.default_rng([seed, 8])
        seed += 1
        if rooms or seed % 2:
            scene = sample_full_scene(rng, 0 if rooms else None)
            if scene.camera.name == camera:
                yield 1000.0 * render_full_frame(scene, rng).astype(np.float64)
        else:
            view = sample_view(rng).scene
            if view.camera.name == camera:
                level = NoiseLevel.sample(rng, view.camera)
                yield 1000.0 * render_depth(view, level, rng).astype(np.float64)
        if seed % _MOST_TRIES == 0:
            yield np.zeros((1, 1))


def rendered_figures(camera: str, median_mm: float, count: int, rooms: bool) -> FloatArray:
    """Return the figures (N, 6), N <= count, of rendered frames about as far as real ones."""
    rows: list[FloatArray] = []
    empty = 0
    for depth in rendered_frames(camera, SENSOR_STATISTICS.start, rooms):
        empty += depth.size == 1
        row = figures(depth)
        if row is not None and 1.0 / _ALIKE < row[-1] / median_mm < _ALIKE:
            rows.append(row[:-1])
        if len(rows) == count or empty == count:
            break
    return np.array(rows)


def compare(
    camera: str, paths: list[Path], count: int, png_unit_mm: float, rooms: bool
) -> list[str]:
    """Print the table of a set and return the names of the figures outside."""
    frames = [frame for path in paths for frame in real_frames(path, png_unit_mm)]
    real = np.array([row for row in map(figures, frames) if row is not None])
    if not len(real):
        raise ValueError(f'{", ".join(map(str, paths))}: no frame with depth from 0.2 to 1.3 m')
    median = np.nanmedian(real, axis=0)
    rendered = rendered_figures(camera, float(median[-1]), count, rooms)
    low, middle, high = np.nanpercentile(rendered, (10, 50, 90), axis=0)
    print(f'{paths[0].name}: {len(real)} frames at {median[-1] / 1000.0:.2f} m; '
          f'{camera}: {len(rendered)} rendered')  # fmt: skip
    outside = []
    for n, name in enumerate(NAMES):
        value = float(median[n])
        inside = np.isnan(value) or low[n] - 5e-3 <= value <= high[n] + 5e-3
        outside += [] if inside else [f'{paths[0].name} {name}']
        mark = '' if inside else '   outside'
        print(f'  {name:7s} {value:6.2f}   {low[n]:6.2f} {middle[n]:6.2f} {high[n]:6.2f}{mark}')
    return outside


def main() -> int:
    """Print one table for each set; returns 1 when a figure lies outside."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--set', nargs='+', action='append', default=[], metavar='CAMERA PATH')
    parser.add_argument('--room', nargs='+', action='append', default=[], metavar='CAMERA PATH')
    parser.add_argument('--frames', type=int, default=150, help='rendered ones for each set')
    parser.add_argument('--png-unit-mm', type=float, default=1.0)
    args = parser.parse_args()
    names = {camera.name for camera in CAMERAS}
    outside = []
    for (camera, *paths), rooms in [
        *((s, False) for s in args.set),
        *((s, True) for s in args.room),
    ]:
        if camera not in names or not paths:
            parser.error(f'set {camera}: expected one of {", ".join(sorted(names))} and paths')
        files = list(map(Path, paths))
        outside += compare(camera, files, args.frames, args.png_unit_mm, rooms)
    print(f'outside: {", ".join(outside) or "none"}')
    return 1 if outside else 0


if __name__ == '__main__':
    sys.exit(main())
