# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the commands share: one-line errors, argument types, shipped files, models and folders."""

import argparse
from collections.abc import Callable, Iterator
import math
from pathlib import Path
from typing import NoReturn, TYPE_CHECKING

from dense_hand_pose.safe_output import quoted

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPoseEstimator


class CommandError(Exception):
    """A command cannot go on: its one-line reason and remedy, and the exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


class OneLineParser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line on stderr, with the remedy; exit status 2."""

    def __init__(self, *, prog: str, description: str | None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where the right arguments stand, in one line."""
        line = ' '.join(message.split())
        self.exit(2, f'{self.prog}: {line}; see `{self.prog} --help`\n')


def number(
    expected: str, *, low: float = -math.inf, high: float = math.inf, above: bool = False
) -> Callable[[str], float]:
    """
    Return an argparse type for a finite float in [low, high], or (low, high] with ``above``.

    ``expected`` says in words what is right, for the error message.
    """

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and low <= value <= high) or (above and value == low):
            raise argparse.ArgumentTypeError(f'{text!r} is not {expected}')
        return value

    return convert


def whole_number(expected: str, *, low: int, high: int | None = None) -> Callable[[str], int]:
    """Return an argparse type for an integer in [low, high]."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if value < low or (high is not None and value > high):
            raise argparse.ArgumentTypeError(f'{text!r} is not {expected}')
        return value

    return convert


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


def add_out_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the folder of the results."""
    parser.add_argument(
        '--out', type=Path, metavar='DIR', help='folder for metrics.json, CSV and pictures'
    )


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which model is measured, and what runs it."""
    parser.add_argument(
        '--model', default='default', help='model name or .safetensors file (default: default)'
    )
    parser.add_argument('--backend', default='auto', help='what runs the network (default: auto)')
    parser.add_argument(
        '--precision',
        default='auto',
        help='what the network computes in, or auto: the fastest that agrees with float32 '
        '(default: auto)',
    )


def load_model(args: argparse.Namespace) -> 'tuple[HandPoseEstimator, str]':
    """Return the estimator and the digest of its weights; CommandError for what cannot work."""
    from dense_hand_pose.estimator import HandPoseEstimator
    from dense_hand_pose.runtimes.registry import find_model

    try:
        estimator = HandPoseEstimator.load(
            args.model, backend=args.backend, precision=args.precision
        )
        digest = find_model(args.model, args.backend).sha256
    except (OSError, ValueError, RuntimeError) as error:  # a file, a value, a backend
        raise CommandError(str(error), status=2) from error
    return estimator, digest


def prepare_folder(out: Path | None) -> None:
    """Make the folder of the results and see that plots can be drawn, before the long part."""
    if out is None:
        return
    try:
        import matplotlib  # noqa: F401 (missing: say so before anything is printed)

        out.mkdir(parents=True, exist_ok=True)
    except ImportError as error:
        raise CommandError(f'--out: {error}; pip install matplotlib', status=2) from error
    except OSError as error:
        raise CommandError(str(error), status=2) from error
