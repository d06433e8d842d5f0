# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A bag from its file to its records, and from these to the files of an evaluation."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
import json
import math
from pathlib import Path
from typing import Any

from dense_hand_pose.bags.camera_stream import CameraStream, read_camera_stream
from dense_hand_pose.bags.frames import bag_frames, BagFrame, FrameOptions
from dense_hand_pose.bags.messages import MessageWriter
from dense_hand_pose.bags.raw import RawMessage
from dense_hand_pose.bags.reader import BagError, BagFile
from dense_hand_pose.bags.rosbag import BagTopic, write_bag
from dense_hand_pose.bags.topics import (
    BagTopics,
    camera_topics,
    CLOUD,
    POSES,
    result_topics,
    TopicOverrides,
)
from dense_hand_pose.estimator import HandPoseEstimator
from dense_hand_pose.safe_output import printable, write_file
from dense_hand_pose.skeleton import HAND_21

from . import tables
from .answers import estimate_offline, read_answers, recorded_answers
from .records import FrameRecord, Recording, REMEDIES
from .summary import summarise_recording, summarise_timing
from ..report_page.page import report_page
from ..report_page.worst_frames import worst_pictures

Progress = Callable[[Iterable[BagFrame], int], Iterable[BagFrame]]
RESULT_BAG = 'bag'
_CLOUD_TOPIC = '/hand_pose/joints_cloud'
_NAMES_TOPIC = '/hand_pose/joint_names'


@dataclass(frozen=True)
class OpenBag:
    """A bag whose topics are chosen and whose small messages are read."""

    file: BagFile
    topics: BagTopics
    stream: CameraStream
    options: FrameOptions

    def frames(self) -> Iterable[BagFrame]:
        """Return its depth frames from the first one."""
        return bag_frames(self.file, self.topics, self.stream, self.options)

    @property
    def notes(self) -> list[str]:
        """Return what is unusual, though every frame can be used."""
        return [note for note in (self.file.note, *self.stream.notes) if note]

    def count(self) -> int:
        """Return how many depth images it holds, outside of the span, too."""
        return next(t.count for t in self.file.topics if t.name == self.topics.depth)


@dataclass(frozen=True)
class Evaluation:
    """The records of a bag with all figures; ``damage``: what could not be read, or ''."""

    recording: Recording
    document: Mapping[str, Any]
    timing: Mapping[str, Any]
    damage: str

    def rows(self) -> list[tuple[str, str]]:
        """Return name and value of each figure."""
        return tables.figure_rows(self.document, self.timing)

    def table(self) -> str:
        """Return the figures as lines of text."""
        return tables.figures_table(self.rows())


def open_bag(
    path: Path, wishes: TopicOverrides, options: FrameOptions, calibrated: bool = True
) -> OpenBag:
    """Open a bag of a depth camera; raises BagError."""
    file = BagFile(path)
    topics = camera_topics(file, wishes, calibrated)
    return OpenBag(file, topics, read_camera_stream(file, topics), options)


def estimate_bag(
    bag: OpenBag, estimator: HandPoseEstimator, progress: Progress, facts: Mapping[str, Any]
) -> Evaluation:
    """Run the estimator over a bag; ``facts`` say what it is made of. Raises BagError."""
    frames = estimate_offline(progress(bag.frames(), bag.count()), estimator)
    return _evaluation(bag, list(frames), {'source': 'estimator', **facts}, bag.file.damage)


def measure_bag(
    bag: OpenBag, results: Path, wishes: TopicOverrides, progress: Progress
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
    warnings = [f'Incomplete: {evaluation.damage}'] if evaluation.damage else []
    warnings += drop_lines(recording)
    page = report_page(
        recording,
        evaluation.document,
        worst_pictures(recording, bag.frames()),
        evaluation.rows(),
        title=f'Hands of {printable(bag.file.path.name)}',
        facts=_facts(evaluation.document),
        warning=' '.join(warnings),
    )
    write_file(out / 'report.html', page)


def drop_lines(recording: Recording) -> list[str]:
    """Return a line for each cause of drops: how many, what was found, and what to do."""
    reasons = recording.reasons
    lines = []
    for cause, count in recording.drops.items():
        found = f': {printable(reasons[cause], 300)}.' if reasons[cause] else '.'
        lines.append(f'{count} dropped ({cause}){found} {REMEDIES.get(cause, "")}'.rstrip())
    return lines


def write_results(folder: Path, recording: Recording) -> int:
    """
    Write a new bag with the answers, as the node's topics, and return how many messages it holds.

    Each bears the header of its image and the image's time of receipt. Raises FileExistsError
    when ``folder`` exists.
    """
    ids = [frame.hand_id for frame in recording.frames]
    ids += [other.hand_id for frame in recording.frames for other in frame.others]
    others = [f'/hand_pose/hand_{number}/joints' for number in range(1, max(ids, default=0) + 1)]
    joints = ['/hand_pose/joints', *others]
    topics = [BagTopic(name=name, type_name=POSES) for name in joints]
    topics.append(BagTopic(name=_CLOUD_TOPIC, type_name=CLOUD))
    topics.append(BagTopic(name=_NAMES_TOPIC, type_name='std_msgs/msg/String', latched=True))
    return write_bag(folder, topics, _result_messages(recording, joints))


def _result_messages(recording: Recording, topics: list[str]) -> Iterator[RawMessage]:
    """Yield the names of the joints and the answer to each frame that was looked at."""
    answered = [frame for frame in recording.frames if frame.answered]
    for place, frame in enumerate(answered):
        make = MessageWriter(frame.stamp_ns, frame.received_ns, frame.frame_id)
        if place == 0:
            yield make.names(_NAMES_TOPIC, HAND_21.joints)
        hands = {frame.hand_id: frame.joints_m, **{o.hand_id: o.joints_m for o in frame.others}}
        for number, topic in enumerate(topics):
            yield make.poses(topic, hands.get(number))
        if frame.joints_m is None or frame.confidence is not None:
            certainty = frame.confidence, frame.spread_m
            yield make.cloud(_CLOUD_TOPIC, frame.joints_m, *certainty, frame.verdict)


def _evaluation(
    bag: OpenBag, frames: list[FrameRecord], facts: Mapping[str, Any], damage: str
) -> Evaluation:
    """Return the figures; BagError where there is no frame."""
    if not frames:
        where = damage or 'within --start and --end'
        raise BagError(f'{printable(bag.file.path)}: no depth frame {where}')
    recording = Recording(frames, bag.stream.truth)
    options, topics = bag.options, bag.topics
    document = {
        'bag': printable(bag.file.path.name),
        'complete': not damage,
        'damage': damage,
        'note': '; '.join(bag.notes),
        'depth_topic': topics.depth,
        'camera_info_topic': topics.camera_info,
        'truth_topic': topics.truth,
        'sync': options.sync,
        'image_kind': options.image_kind,
        'start_s': _finite(options.start_s),
        'end_s': _finite(options.end_s),
        'first_stamp_ns': frames[0].stamp_ns,
        'last_stamp_ns': frames[-1].stamp_ns,
        'unreadable_messages': bag.stream.unreadable,
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
    write_file(path, text + '\n')
