# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What ships with the package: configurations of trainings, and weights by their name."""

from collections.abc import Iterator
from pathlib import Path

from dense_hand_pose.safe_output import quoted

from .common import CommandError


def configuration(path: Path) -> Path:
    """
    Return a configuration by its path, or a shipped one by its name.

    config/train/default.yaml and default name the same file, wherever the package is installed.
    Raises CommandError with status 2 for neither.
    """
    if path.is_file():
        return path
    name = path.name if path.suffix in ('.yaml', '.yml') else f'{path.name}.yaml'
    known: list[str] = []
    for folder in _folders():
        if (folder / name).is_file():
            return folder / name
        known += [file.stem for file in folder.glob('*.yaml')]
    shipped = ', '.join(sorted(set(known))) or 'none'
    raise CommandError(
        f'{quoted(path)} is neither a YAML file nor a shipped configuration ({shipped})', 2
    )


def weights(path: Path) -> Path:
    """Return weights by their path (or the folder of a training) or shipped name; CommandError."""
    from dense_hand_pose.network.weight_file import find_weights

    if path.exists():
        return path
    try:
        return find_weights(str(path))
    except ValueError as error:
        raise CommandError(str(error), 2) from error


def _folders() -> Iterator[Path]:
    """Yield where config/train may be: beside the package, or in the share folder of a prefix."""
    package = Path(__file__).parents[1]
    yield package.parent / 'config' / 'train'
    for prefix in package.parents:
        yield prefix / 'share' / package.name / 'config' / 'train'
