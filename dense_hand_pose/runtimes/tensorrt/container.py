# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""An engine's file: what it was made for, the engine, what checks it, a checksum."""

from collections.abc import Mapping
from dataclasses import dataclass
import hashlib
import json

_MAGIC = b'dense_hand_pose engine 1\n'
_LONGEST_HEADER = 1 << 16


class RejectedError(ValueError):
    """A cached engine that must not be used; the message says why."""


@dataclass(frozen=True)
class Parcel:
    """An engine, and the joints (an NPY file) that it must find in the crops of probe_crops.py."""

    engine: bytes
    joints: bytes


def pack(parcel: Parcel, facts: Mapping[str, str]) -> bytes:
    """Return the contents of the file."""
    body = parcel.engine + parcel.joints
    header = {
        'facts': dict(facts),
        'engine_bytes': len(parcel.engine),
        'body_bytes': len(body),
        'sha256': hashlib.sha256(body).hexdigest(),
    }
    return _MAGIC + json.dumps(header, sort_keys=True).encode() + b'\n' + body


def unpack(data: bytes, facts: Mapping[str, str]) -> Parcel:
    """Return what pack was given; RejectedError names what is wrong with the file."""
    if not data.startswith(_MAGIC):
        raise RejectedError('not an engine of this package')
    line, found, body = data.removeprefix(_MAGIC).partition(b'\n')
    if not found or len(line) > _LONGEST_HEADER:
        raise RejectedError('truncated in its header')
    try:
        header = json.loads(line)
        made_for, size = dict(header['facts']), int(header['body_bytes'])
        split, checksum = int(header['engine_bytes']), str(header['sha256'])
    except (ValueError, KeyError, TypeError) as error:
        raise RejectedError('its header cannot be read') from error
    other = sorted(name for name in {*facts, *made_for} if facts.get(name) != made_for.get(name))
    if other:
        name = other[0]
        was, wanted = made_for.get(name), facts.get(name)
        raise RejectedError(f'made for another {name}: {was!r}, here {wanted!r}')
    if len(body) != size:
        raise RejectedError(f'truncated: {len(body)} of {size} bytes')
    if hashlib.sha256(body).hexdigest() != checksum or not 0 <= split <= size:
        raise RejectedError('damaged: its checksum does not fit')
    return Parcel(body[:split], body[split:])
