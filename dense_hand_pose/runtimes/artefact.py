# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What a runtime prepared from a model as one file: a zip, with what it was made for.

``metadata.json`` holds the format and the facts that the content depends on (weights, code,
machine), so that a file that is older than any of them is found out. One file, because a pair can
be half replaced. OpenVINO's graphs and TensorRT's engines lie in such files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
import io
import json
from pathlib import Path
from typing import Any
import zipfile

from dense_hand_pose.safe_output import refusing

_METADATA = 'metadata.json'
_NOTES = 'made_with'
_LARGEST_BYTES = 1 << 30
"""More would be a damaged file that asks for all memory rather than a network."""


class RejectedError(ValueError):
    """A file that must not be used; the message says why and does not name it."""


@dataclass(frozen=True)
class Artefact:
    """
    The content of such a file.

    ``facts``: what it was made for, all of which has to fit. ``notes``: what it was made with.
    """

    format_name: str
    facts: Mapping[str, Any]
    members: Mapping[str, bytes]
    notes: Mapping[str, str] = field(default_factory=dict)


def pack(artefact: Artefact, *, compress: bool = True) -> bytes:
    """Return the file's bytes; the same content gives the same bytes."""
    metadata = {'format': artefact.format_name, **artefact.facts, _NOTES: dict(artefact.notes)}
    members = {
        _METADATA: json.dumps(metadata, indent=1, sort_keys=True).encode(), **artefact.members
    }  # fmt: skip
    kind = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, 'w', kind) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, kind)
    return packed.getvalue()


def unpack(source: bytes | Path, wanted: str, facts: Mapping[str, Any]) -> Artefact:
    """
    Return the content of a file of the format ``wanted``, made for ``facts``.

    Raises FileNotFoundError for a missing file, RejectedError for one that is damaged, of another
    format, or made for anything else.
    """
    with (
        refusing(
            lambda reason: RejectedError(f'is damaged ({reason})'),
            FileNotFoundError,
            RejectedError,
        ),
        zipfile.ZipFile(source if isinstance(source, Path) else io.BytesIO(source)) as file,
    ):
        if sum(info.file_size for info in file.infolist()) > _LARGEST_BYTES:
            raise ValueError('it claims more than a gigabyte')
        metadata = dict(json.loads(_read(file, _METADATA)))
        notes = dict(metadata.pop(_NOTES, {}))
        _check(metadata, {'format': wanted, **facts})
        names = [name for name in file.namelist() if name != _METADATA]
        members = {name: _read(file, name) for name in names}
    return Artefact(wanted, facts, members, notes)


def _read(file: zipfile.ZipFile, name: str) -> bytes:
    """Return a member; ValueError where it is larger than the directory of the zip says."""
    with file.open(name) as member:
        content = member.read(_LARGEST_BYTES + 1)
    if len(content) > file.getinfo(name).file_size:
        raise ValueError(f'{name} is larger than it claims')
    return content


def _check(found: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    other = sorted(name for name in {*facts, *found} if facts.get(name) != found.get(name))
    if other:
        name = 'format' if 'format' in other else other[0]
        was, wanted = found.get(name), facts.get(name)
        raise RejectedError(f'was made for another {name}: {was!r}, here {wanted!r}')
