# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Bring hands into one pose and find the directions in which their shapes differ (build-time tool).

Points are rows, so that rotations stand on the right. Bones as in extract_soma_hand.py.
"""

from extract_soma_hand import bone_names
import numpy as np
from scipy.spatial import cKDTree

COMPONENTS = 12
NAMES = [bone for bone, _ in bone_names()]
PARENT = [NAMES.index(parent) if parent else -1 for _, parent in bone_names()]
PALM = (0, 5, 9, 13, 17)
DISTAL = (4, 8, 12, 16, 20)  # bones, and joints of the tips, from thumb to little finger


def fit(source, target, weight):
    """Return the scale k, rotation R and shift t that take k source R + t closest to target."""
    w = weight / weight.sum()
    a, b = w @ source, w @ target
    u, s, vt = np.linalg.svd(((source - a) * w[:, None]).T @ (target - b))
    d = np.diag([1.0, 1.0, np.linalg.det(u @ vt)])
    rotation = u @ d @ vt
    scale = np.trace(d * s) / np.sum(w[:, None] * (source - a) ** 2)
    return scale, rotation, b - scale * a @ rotation


def bone_fits(source, target, weights):
    """Return fit() for the flesh of every bone; the palm's bones are one piece."""
    palm = fit(source, target, weights[:, PALM].sum(axis=1) ** 2)
    return [
        palm if b in PALM else fit(source, target, weights[:, b] ** 2) for b in range(len(NAMES))
    ]


def repose(vertices, heads, tips, base, weights):
    """
    Return vertices, heads (B, 3) and tips (5, 3) with the bones turned as in the base.

    base: vertices, heads and tips to be like; the middle finger gets the base's length.
    """
    fits = bone_fits(vertices, base[0], weights)

    def reach(points, ends):
        chain = np.concatenate([points[[0, 10, 11, 12]], ends[2:3]])
        return np.linalg.norm(np.diff(chain, axis=0), axis=1).sum()

    k = reach(base[1], base[2]) / reach(heads, tips)
    placed = np.empty_like(heads)
    for b, p in enumerate(PARENT):
        placed[b] = placed[p] + k * (heads[b] - heads[p]) @ fits[p][1] if b else base[1][0]
    out = np.zeros_like(vertices)
    for b in range(len(NAMES)):
        out += weights[:, [b]] * (placed[b] + k * (vertices - heads[b]) @ fits[b][1])
    ends = [
        placed[b] + k * (tip - heads[b]) @ fits[b][1] for b, tip in zip(DISTAL, tips, strict=True)
    ]
    return out, placed, np.array(ends)


def near_tips(vertices, tips):
    """Return for each tip the indices of the vertices around it."""
    return [np.linalg.norm(vertices - tip, axis=1).argsort()[:24] for tip in tips]


def shape_space(samples, base, weights, near):
    """
    Return the components in units of their standard deviation, and the errors without the rest.

    samples: iterable of (vertices, heads); near: near_tips() of the mesh. The components are
    (K, V, 3), (K, B, 3) and (K, 5, 3): vertices, heads, tips.
    """
    rows = []
    for vertices, heads in samples:
        tips = np.array([vertices[n].mean(axis=0) for n in near])
        rows.append(np.concatenate(repose(vertices, heads, tips, base, weights)).ravel())
    rows = np.array(rows)
    rows -= rows.mean(axis=0)
    u, s, vt = np.linalg.svd(rows, full_matrices=False)
    parts = (s[:COMPONENTS, None] * vt[:COMPONENTS]) / np.sqrt(len(rows))
    count = len(base[0])
    rest = (rows - np.sqrt(len(rows)) * u[:, :COMPONENTS] @ parts).reshape(len(rows), -1, 3)
    error = np.linalg.norm(rest[:, :count], axis=2)
    print(
        f'shape space: rms {1e3 * np.sqrt((error**2).mean()):.3f} mm, max {1e3 * error.max():.2f}'
    )
    return np.split(parts.reshape(COMPONENTS, -1, 3), [count, count + len(NAMES)], axis=1)


def shape_arrays(parts, bind, joint_bone):
    """Return the shape's entries of an npz: tips become offsets in their bones' frames."""
    vertices, heads, tips = parts
    offsets = np.zeros((COMPONENTS, 21, 3))
    for tip, joint in enumerate(DISTAL):
        bone = joint_bone[joint]
        offsets[:, joint] = (tips[:, tip] - heads[:, bone]) @ bind[bone, :3, :3]
    return {
        'shape_vertices_m': vertices.astype(np.float16),
        'shape_bones_m': heads.astype(np.float32),
        'shape_offsets_m': offsets.astype(np.float32),
    }


def transfer(mesh, triangles, weights, points):
    """Return the weights (V, B) of the nearest of 21 places on each triangle of a mesh."""
    share = np.array([(i, j, 5 - i - j) for i in range(6) for j in range(6 - i)]) / 5.0
    places = np.einsum('pk,tkx->tpx', share, mesh[triangles]).reshape(-1, 3)
    near = cKDTree(places).query(points)[1]
    triangle, place = np.divmod(near, len(share))
    return np.einsum('vk,vkb->vb', share[place], weights[triangles[triangle]])
