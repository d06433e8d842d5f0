# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Print the table of recording layouts in docs/evaluation.md: frames answered, and their error.

`PYTHONPATH=.:test python test/bags/measure_layouts.py [FRAMES]` writes each layout of layouts.py
to a folder of its own and evaluates it with the shipped weights.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
import sys
import tempfile

from dense_hand_pose.bags.frames import FrameOptions
from dense_hand_pose.bags.topics import TopicOverrides
from dense_hand_pose.estimator import HandPoseEstimator
from dense_hand_pose.evaluation.recordings.evaluate import estimate_bag, Evaluation, open_bag
from support import layouts

FACTS = {'weights_sha256': '', 'backend': '', 'precision': ''}


def evaluated(path: Path, estimator: HandPoseEstimator) -> tuple[Evaluation, str]:
    """Return the evaluation of a bag and its notes."""
    bag = open_bag(path, TopicOverrides(), FrameOptions())
    evaluation = estimate_bag(bag, estimator, lambda frames, _: frames, FACTS)
    return evaluation, '; '.join(bag.notes)


def rows(shots: Sequence[layouts.Shot]) -> Iterator[str]:
    """Yield a row of the table for each layout."""
    estimator = HandPoseEstimator.load()
    for layout in layouts.LAYOUTS:
        with tempfile.TemporaryDirectory() as folder:
            path = layout.write(Path(folder), layout.entries(shots))
            evaluation, _ = evaluated(path, estimator)
        document = evaluation.document
        accuracy = document['accuracy']
        error = f'{accuracy["mean_joint_error_mm"]:.2f}' if accuracy else '-'
        yield f'| {layout.name} | {document["frames_answered"]} of {len(shots)} | {error} |'


if __name__ == '__main__':
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    print('| recording | answered | mean joint error, mm |\n|---|---|---|')
    for row in rows(layouts.sample_shots(frames)):
        print(row, flush=True)
