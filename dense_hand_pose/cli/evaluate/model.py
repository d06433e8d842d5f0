# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the parts of ``evaluate`` share: which model is measured, and where the files go."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..common import CommandError

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPoseEstimator


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
