# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A bag from its file to its records, and from these to the files of an evaluation."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
import json
import math
from pathlib import Path
from typing import Any

from dense_hand_pose.bags.frames import bag_frames, BagFrame, FrameOptions, read_sidecar, Sidecar
from dense_hand_pose.bags.reader import BagError, BagFile
from dense_hand_pose.bags.topics import BagTopics, camera_topics, result_topics, TopicWishes
from dense_hand_pose.estimator import HandPoseEstimator

from . import tables
from .answers import estimate_offline
from .recorded import read_answers, recorded_answers
from .records import FrameRecord, Recording
from .result_bag import write_results
from .summary import summarise_recording, summarise_timing
from ..report_page.page import report_page
from ..report_page.worst_frames import worst_pictures

Progress = Callable[[Iterable[BagFrame], int], Iterable[BagFrame]]
RESULT_BAG = 'bag'


@dataclass(frozen=True)
class OpenBag:
    """A bag whose topics are chosen and whose small messages are read."""

    file: BagFile
    topics: BagTopics
    sidecar: Sidecar
    options: FrameOptions

    def frames(self) -> Iterable[BagFrame]:
        """Return its depth frames from the first one."""
        return bag_frames(self.file, self.topics, self.sidecar, self.options)

    def count(self) -> int:
        """Return how many depth images it holds, outside of the span, too."""
        return next(t.count for t in self.file.topics if t.name == self.topics.depth)


@dataclass(frozen=True)
class Evaluation:
    """The records of a bag with all figures; ``damage`` says what could not be read, or is ''."""

    recording: Recording
    document: Mapping[str, Any]
    timing: Mapping[str, Any]
    damage: str

    def table(self) -> str:
        """Return the figures as lines of text."""
        return tables.figures_table(self.document, self.timing)


def open_bag(
    path: Path, wishes: TopicWishes, options: FrameOptions, calibrated: bool = True
) -> OpenBag:
    """Open a bag of a depth camera; raises BagError."""
    file = BagFile(path)
    topics = camera_topics(file, wishes, calibrated)
    return OpenBag(file, topics, read_sidecar(file, topics), options)


def estimate_bag(
    bag: OpenBag, estimator: HandPoseEstimator, progress: Progress, facts: Mapping[str, Any]
) -> Evaluation:
    """Run the estimator over a bag; ``facts`` say what it is made of. Raises BagError."""
    frames = estimate_offline(progress(bag.frames(), bag.count()), estimator)
    return _evaluation(bag, list(frames), {'source': 'estimator', **facts}, bag.file.damage)


def measure_bag(
    bag: OpenBag, results: Path, wishes: TopicWishes, progress: Progress
) -> Evaluation:
    """Measure the answers that the bag ``results`` holds, which may be the same. BagError."""
    other = BagFile(results)
    topics = result_topics(other, wishes)
    same_bag = results.resolve() == bag.file.path.resolve()
    answers = read_answers(other, topics)
    frames = recorded_answers(progress(bag.frames(), bag.count()), answers, same_bag)
    facts = {'source': 'recorded', 'results': results.name, 'results_topic': topics.joints}
    records = list(frames)
    damage = '; '.join(dict.fromkeys(text for text in (bag.file.damage, other.damage) if text))
    return _evaluation(bag, records, facts, damage)


def write_evaluation(out: Path, bag: OpenBag, evaluation: Evaluation) -> None:
    """Write all files to a folder that is there and holds no result bag; OSError where not."""
    recording = evaluation.recording
    _write_json(out / 'metrics.json', evaluation.document)
    _write_json(out / 'timing.json', evaluation.timing)
    tables.write_frames(out / 'per_frame.csv', recording)
    tables.write_joints(out / 'joints.csv', recording)
    write_results(out / RESULT_BAG, recording)
    warning = f'Incomplete: {evaluation.damage}' if evaluation.damage else ''
    page = report_page(
        recording,
        evaluation.document,
        worst_pictures(recording, bag.frames()),
        evaluation.table(),
        title=f'Hands of {bag.file.path.name}',
        facts=_facts(evaluation.document),
        warning=warning,
    )
    (out / 'report.html').write_text(page, encoding='utf-8')


def _evaluation(
    bag: OpenBag, frames: list[FrameRecord], facts: Mapping[str, Any], damage: str
) -> Evaluation:
    """Return the figures; BagError where there is no frame."""
    if not frames:
        raise BagError(f'{bag.file.path}: no depth frame {damage or "within --start and --end"}')
    recording = Recording(frames, bag.sidecar.truth)
    options, topics = bag.options, bag.topics
    document = {
        'bag': bag.file.path.name,
        'complete': not damage,
        'damage': damage,
        'note': bag.file.note,
        'depth_topic': topics.depth,
        'camera_info_topic': topics.camera_info,
        'truth_topic': topics.truth,
        'sync': options.sync,
        'image_kind': options.image_kind,
        'start_s': _finite(options.start_s),
        'end_s': _finite(options.end_s),
        'first_stamp_ns': frames[0].stamp_ns,
        'last_stamp_ns': frames[-1].stamp_ns,
        'unreadable_messages': bag.sidecar.unreadable,
        **facts,
        **summarise_recording(recording),
    }
    return Evaluation(recording, document, summarise_timing(frames), damage)


def _finite(value: float) -> float | None:
    """Return a number that JSON has, None for infinity."""
    return value if math.isfinite(value) else None


def _facts(document: Mapping[str, Any]) -> str:
    """Return what was measured, in one line."""
    parts = [f'{document["frames"]} depth frames of {document["depth_topic"]}']
    if document['camera_rate_hz'] is not None:
        parts.append(f'{document["camera_rate_hz"]:.1f} Hz')
    if document['source'] == 'recorded':
        parts.append(f'answers of {document["results_topic"]} in {document["results"]}')
    else:
        how = f'{document["backend"]} in {document["precision"]}'
        parts.append(f'estimated offline on {how}')
    truth = document['truth_topic']
    parts.append(f'ground truth of {truth}' if truth else 'no ground truth')
    return ', '.join(parts)


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write JSON; the same document gives the same bytes."""
    text = json.dumps(document, indent=2, allow_nan=False)
    path.write_text(text + '\n', encoding='utf-8')
