# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Writers of NYU, ICVL and MSRA in their official layouts, from known joints.

They share nothing with the readers: plain numpy, Pillow and scipy. Joints are millimetres in the
camera's optical frame; each is drawn as a small disc of its own depth around its projection.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.io import savemat

Points = npt.NDArray[np.float64]

NYU_CAMERA = (588.03, 587.07, 320.0, 240.0)
ICVL_CAMERA = (240.99, 240.96, 160.0, 120.0)
MSRA_CAMERA = (241.42, 241.42, 160.0, 120.0)
NYU_EVALUATED = (0, 3, 6, 9, 12, 15, 18, 21, 24, 25, 27, 30, 31, 32)
MSRA_GESTURES = (
    '1', '2', '3', '4', '5', '6', '7', '8', '9', 'I', 'IP', 'L', 'MP', 'RP', 'T', 'TIP', 'Y',
)  # fmt: skip


def make_joints(count: int, seed: int) -> Points:
    """
    Return ``count`` joints (mm) whose discs do not touch, up and left of the optical axis.

    A mirrored or negated axis therefore lands where nothing was drawn.
    """
    rng = np.random.default_rng(seed)
    place = rng.permutation(np.arange(36))[:count]
    joints = np.stack(
        [-150.0 + 24.0 * (place % 6), -150.0 + 24.0 * (place // 6), np.full(count, 400.0)], axis=1
    )
    return joints + rng.uniform(-3.0, 3.0, joints.shape) * (1.0, 1.0, 10.0)


def pixels(joints: Points, camera: tuple[float, float, float, float]) -> Points:
    """Return where joints (..., 3) project, (..., 2)."""
    fx, fy, cx, cy = camera
    x, y, z = np.moveaxis(joints, -1, 0)
    return np.stack([fx * x / z + cx, fy * y / z + cy], axis=-1)


def draw(joints: Points, camera: tuple[float, float, float, float], width: int) -> Points:
    """Return a depth image in mm (3/4 as high as wide), 0 where there is no disc."""
    depth = np.zeros((width * 3 // 4, width))
    rows, columns = np.mgrid[-4:5, -4:5]
    for (u, v), z in zip(pixels(joints, camera), joints[:, 2], strict=True):
        column, row = columns + round(u), rows + round(v)
        disc = (column - u) ** 2 + (row - v) ** 2 <= 3.0**2
        depth[row[disc], column[disc]] = z
    return depth


def write_nyu_image(path: Path, joints: Points) -> None:
    """Write depth as NYU does: high byte green, low byte blue, the red one means nothing."""
    depth = np.rint(draw(joints, NYU_CAMERA, 640)).astype(int)
    red = np.full_like(depth, 77)
    rgb = np.stack([red, depth // 256, depth % 256], axis=-1).astype(np.uint8)
    Image.fromarray(rgb).save(path, compress_level=1)


def write_nyu_labels(folder: Path, joints: Points) -> None:
    """Write joint_data.mat from joints (3 views, N, 36, 3): y upward, uvd and names beside."""
    uvd = np.concatenate([pixels(joints, NYU_CAMERA), joints[..., 2:]], axis=-1)
    names = np.array([f'F{i}' for i in range(36)], dtype=object).reshape(1, 36)
    content = {'joint_names': names, 'joint_uvd': uvd, 'joint_xyz': joints * (1.0, -1.0, 1.0)}
    savemat(folder / 'joint_data.mat', content, do_compression=True)


def write_nyu(root: Path, train: int = 3, test: int = 4) -> dict[str, Points]:
    """Write views 1 and 2; return the 36 joints (3, N, 36, 3) of each split."""
    written: dict[str, Points] = {}
    for split, count in (('train', train), ('test', test)):
        folder = root / split
        folder.mkdir(parents=True)
        seeds = range(len(split), len(split) + 3 * count)
        joints = np.array([make_joints(36, s) for s in seeds]).reshape(3, count, 36, 3)
        write_nyu_labels(folder, joints)
        for view in (1, 2):
            for i in range(count):
                drawn = joints[view - 1, i, list(NYU_EVALUATED)]
                write_nyu_image(folder / f'depth_{view}_{i + 1:07d}.png', drawn)
        written[split] = joints
    return written


def write_icvl_image(path: Path, joints: Points) -> None:
    """Write a 16-bit PNG in mm with 32001 where the camera saw nothing."""
    depth = np.rint(draw(joints, ICVL_CAMERA, 320)).astype(np.uint16)
    depth[-20:] = 32001
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(depth).save(path)


def icvl_line(name: str, joints: Points) -> str:
    """Return a line of labels: path, then u v d of each joint."""
    uvd = np.concatenate([pixels(joints, ICVL_CAMERA), joints[:, 2:]], axis=1)
    return ' '.join([name, *(f'{value:.4f}' for value in uvd.reshape(-1))]) + ' \n'


def write_icvl(root: Path) -> dict[str, Points]:
    """Write 3 originals among rotated copies (labels only), and 2 + 3 test frames."""
    written: dict[str, Points] = {}
    for split, names in (
        ('labels', [f'201403121135/image_{i:04d}.png' for i in range(1, 4)]),
        ('test_seq_1', [f'test_seq_1/image_{i:04d}.png' for i in range(2)]),
        ('test_seq_2', [f'test_seq_2/image_{i:04d}.png' for i in range(3)]),
    ):
        folder = root / ('Training' if split == 'labels' else 'Testing')
        joints = np.array([make_joints(16, 50 * len(written) + i) for i in range(len(names))])
        for name, one in zip(names, joints, strict=True):
            write_icvl_image(folder / 'Depth' / name, one)
        lines = [icvl_line(name, one) for name, one in zip(names, joints, strict=True)]
        if split == 'labels':
            lines = [f'22.5/{lines[0]}', *lines, f'-112.5/{lines[1]}']
        (folder / f'{split}.txt').write_text(''.join(lines) + '\n')
        written[split] = joints
    return written


def write_msra_image(path: Path, depth: Points) -> None:
    """Write the box of an image: six int32, then float32 mm row by row."""
    rows, columns = np.nonzero(depth)
    top, bottom = rows.min(), rows.max() + 1
    left, right = columns.min(), columns.max() + 1
    header = np.array([320, 240, left, top, right, bottom], '<i4')
    path.write_bytes(header.tobytes() + depth[top:bottom, left:right].astype('<f4').tobytes())


def write_msra_labels(folder: Path, joints: Points) -> None:
    """Write joint.txt: the count, then 63 numbers a line with y and z negated."""
    lines = [' '.join(f'{v:.3f}' for v in j.reshape(-1)) for j in joints * (1.0, -1.0, -1.0)]
    (folder / 'joint.txt').write_text('\n'.join([str(len(lines)), *lines]) + '\n')


def write_msra(root: Path, frames: int = 2) -> dict[str, Points]:
    """Write nine subjects with 17 gestures; return the joints (frames, 21, 3) by folder."""
    written: dict[str, Points] = {}
    for subject in range(9):
        for gesture in MSRA_GESTURES:
            folder = root / f'P{subject}' / gesture
            folder.mkdir(parents=True)
            seed = 100 * len(written)
            joints = np.array([make_joints(21, seed + i) for i in range(frames)])
            write_msra_labels(folder, joints)
            for i, one in enumerate(joints):
                write_msra_image(folder / f'{i:06d}_depth.bin', draw(one, MSRA_CAMERA, 320))
            written[f'P{subject}/{gesture}'] = joints
    return written
