# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure how hands are found in whole synthetic scenes, and followed in sequences.

The scenes hold none, one or two hands, at random or of named kinds; in the sequences hands come,
go, hide and cross, or handle an object.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TYPE_CHECKING, TypeVar

from dense_hand_pose.safe_output import write_file
from dense_hand_pose.synthesis.seeds import TEST_SCENES, TEST_SEQUENCES

from ..common import (
    add_model_arguments,
    add_out_argument,
    CommandError,
    load_model,
    prepare_folder,
    whole_number,
)

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPoseEstimator
    from dense_hand_pose.evaluation.scenes.detection import SceneAnswer
    from dense_hand_pose.evaluation.scenes.sequences import SequenceAnswer

DATASET = 'synthetic-scenes'
"""The name of the scenes in metrics.json."""
_FARTHEST_M = 1.6
"""The hands of the scenes are up to 1.5 m away, farther than the default looks."""
_QUICK_SCENES, _QUICK_SEQUENCES, _QUICK_OBJECTS, _QUICK_FRAMES = 18, 7, 4, 12

Item = TypeVar('Item')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how many scenes and sequences are measured."""
    parser.add_argument(
        '--scenes',
        '--frames',
        dest='scenes',
        type=whole_number('a number of scenes from 1 to 1000000', low=1, high=1_000_000),
        default=1800,
        metavar='N',
        help='number of scenes (default: 1800)',
    )
    parser.add_argument(
        '--sequences',
        type=whole_number('a number of sequences from 0 to 100000', low=0, high=100_000),
        default=42,
        metavar='N',
        help='number of sequences of 150 frames (default: 42)',
    )
    parser.add_argument(
        '--kind-scenes',
        type=whole_number('a number of scenes from 0 to 100000', low=0, high=100_000),
        default=40,
        metavar='N',
        help='number of scenes of each named kind (default: 40)',
    )
    parser.add_argument(
        '--object-sequences',
        type=whole_number('a number of sequences from 0 to 100000', low=0, high=100_000),
        default=16,
        metavar='N',
        help='number of sequences with an object, of 150 frames (default: 16)',
    )
    parser.add_argument(
        '--quick', action='store_true', help='seconds instead of minutes; figures mean little'
    )
    add_out_argument(parser)
    add_model_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Search all scenes, follow all sequences, print the table and write the files."""
    from dense_hand_pose.runtimes.process import wait_passively

    wait_passively()
    estimator, digest = load_model(args)
    estimator.config = replace(estimator.config, depth_max_m=_FARTHEST_M)
    prepare_folder(args.out)
    frames = _frames(args)
    measured = _measure(args, estimator, frames)
    print(f'{DATASET}, model {args.model}')
    print('\n'.join(measured.lines()))
    if args.out is not None:
        document = {'dataset': DATASET, **_facts(estimator, digest), **measured.figures}
        _write(args.out, document, measured)
        print(f'results in {args.out}/')
    return 0


def _frames(args: argparse.Namespace) -> int:
    """Return the number of frames of each sequence; with --quick fewer of everything."""
    from dense_hand_pose.synthesis.scenes.scene_sequence import FRAMES

    if not args.quick:
        return FRAMES
    args.scenes = min(args.scenes, _QUICK_SCENES)
    args.sequences = min(args.sequences, _QUICK_SEQUENCES)
    args.object_sequences = min(args.object_sequences, _QUICK_OBJECTS)
    args.kind_scenes = min(args.kind_scenes, 1)
    return _QUICK_FRAMES


class _Measured(NamedTuple):
    """The answers, and the figures by their names in metrics.json."""

    scenes: 'Sequence[SceneAnswer]'
    kinds: 'Sequence[SceneAnswer]'
    sequences: 'Sequence[SequenceAnswer]'
    figures: dict[str, Any]

    def lines(self) -> list[str]:
        """Return what is printed."""
        from dense_hand_pose.evaluation.scenes.kinds import kind_lines
        from dense_hand_pose.evaluation.scenes.object_sequences import object_lines
        from dense_hand_pose.evaluation.scenes.report import table

        kinds, objects = self.figures['kinds'], self.figures['object_sequences']
        return [
            table(self.figures),
            *([] if kinds is None else kind_lines(kinds, self.figures['reliability'])),
            *([] if objects is None else object_lines(objects)),
        ]


def _measure(args: argparse.Namespace, estimator: 'HandPoseEstimator', frames: int) -> _Measured:
    """Search all scenes and follow all sequences."""
    from dense_hand_pose.evaluation.scenes import kinds, object_sequences
    from dense_hand_pose.evaluation.scenes.detection import estimate_scenes
    from dense_hand_pose.evaluation.scenes.sequences import follow_sequences
    from dense_hand_pose.evaluation.scenes.summary import summarise_scenes, summarise_tracks

    random = estimate_scenes(estimator, args.scenes, _bar('scene'))
    named = kinds.estimate_kinds(estimator, args.kind_scenes, _bar('scene'))
    sequences = follow_sequences(estimator, args.sequences, _bar('frame'), frames)
    objects = object_sequences.follow_objects(
        estimator, args.object_sequences, _bar('frame'), frames
    )
    figures = {
        'scenes': summarise_scenes(random),
        'kinds': kinds.summarise_kinds(named) if named else None,
        'reliability': kinds.summarise_reliability([*random, *named]),
        'sequences': summarise_tracks(sequences) if sequences else None,
        'object_sequences': object_sequences.summarise_objects(objects) if objects else None,
    }
    return _Measured(random, named, sequences, figures)


def _bar(unit: str) -> Callable[[Iterable[Item]], Iterable[Item]]:
    """Return what shows a bar while things are used."""
    from tqdm import tqdm

    return lambda things: tqdm(things, unit=unit, dynamic_ncols=True, disable=None)


def _facts(estimator: 'HandPoseEstimator', digest: str) -> dict[str, Any]:
    """Return what the figures depend on."""
    from dense_hand_pose.evaluation.scenes.detection import MAX_HANDS

    config = estimator.config
    return {
        'first_seed': TEST_SCENES.start,
        'first_sequence_seed': TEST_SEQUENCES.start,
        'weights_sha256': digest,
        'backend': estimator.backend_name,
        'precision': estimator.precision,
        'cube_size_m': config.cube_size_m,
        'depth_range_m': [config.depth_min_m, config.depth_max_m],
        'min_confidence': config.min_confidence,
        'min_score': config.min_score,
        'min_new_score': config.min_new_score,
        'max_hands': MAX_HANDS,
    }


def _write(out: Path, document: dict[str, Any], measured: _Measured) -> None:
    """Write all files, or raise CommandError for the one that cannot be written."""
    from dense_hand_pose.evaluation.figures import rounded
    from dense_hand_pose.evaluation.frames.report import write_metrics
    from dense_hand_pose.evaluation.scenes import report
    from dense_hand_pose.evaluation.scenes.kinds import render_kind, write_kinds
    from dense_hand_pose.visualization import png_bytes

    try:
        write_metrics(out / 'metrics.json', rounded(document))
        report.write_scenes(out / 'scenes.csv', measured.scenes)
        report.write_sequences(out / 'sequences.csv', measured.sequences)
        report.localization_page(
            out / 'plots.png',
            document['scenes'],
            document['min_new_score'],
            document['kinds'],
            document['reliability'],
        )
        sheet = report.worst_sheet(measured.scenes)
        write_file(out / 'worst_scenes.png', png_bytes(sheet))
        if measured.kinds:
            write_kinds(out / 'kinds.csv', document['kinds'])
            sheet = report.worst_sheet(
                measured.kinds, lambda answer: render_kind(answer.kind, answer.index)
            )
            write_file(out / 'worst_kinds.png', png_bytes(sheet))
    except OSError as error:
        raise CommandError(f'cannot write the results: {error}') from error
