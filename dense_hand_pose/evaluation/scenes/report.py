# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The files of the test on scenes: table, CSV, a page of plots, the sheet of the worst scenes."""

from collections.abc import Callable, Mapping, Sequence
import csv
from pathlib import Path
from typing import Any, Final

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.safe_output import text_file
from dense_hand_pose.visualization import (
    contact_sheet,
    depth_range_m,
    depth_to_bgr,
    draw_pose,
    draw_text,
    Image,
)
import numpy as np
from PIL import Image as PilImage

from .detection import render_scene, SceneAnswer, TestScene
from .sequences import SequenceAnswer
from ..figures import decimal, new_page, percent

Figures = Mapping[str, Any]
_SCENE_COLUMNS = (
    'scene', 'camera', 'asked', 'present', 'found', 'missed', 'false', 'best_score',
    'center_error_mm', 'mean_joint_error_mm', 'at_true_center_mm',
)  # fmt: skip
_SEQUENCE_COLUMNS = (
    'sequence', 'kind', 'camera', 'frames', 'seen', 'missed', 'false_positives', 'false_tracks',
    'switches', 'renamed', 'handed_over', 'first_found', 'reacquired',
)  # fmt: skip


def table(document: Figures) -> str:
    """Return what is printed; a part that was not measured is left out."""
    lines: list[str] = []
    if document.get('scenes') is not None:
        lines += _scene_lines(document['scenes'])
    if document.get('sequences') is not None:
        lines += _sequence_lines(document['sequences'])
    return '\n'.join(lines)


def write_scenes(path: Path, answers: Sequence[SceneAnswer]) -> None:
    """Write a row per scene; a cell is empty where there is nothing to measure."""
    with text_file(path) as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(_SCENE_COLUMNS)
        writer.writerows(map(_scene_row, answers))


def write_sequences(path: Path, answers: Sequence[SequenceAnswer]) -> None:
    """Write a row per sequence; delays are separated by spaces, '-' for never."""
    with text_file(path) as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(_SEQUENCE_COLUMNS)
        for answer in answers:
            counts = vars(answer.counts)
            delays = [
                ' '.join('-' if delay is None else str(delay) for delay in counts[name])
                for name in _SEQUENCE_COLUMNS[-2:]
            ]
            cells = [counts[name] for name in _SEQUENCE_COLUMNS[3:-2]]
            writer.writerow([answer.index, answer.kind, answer.camera, *cells, *delays])


def _scene_row(answer: SceneAnswer) -> list[Any]:
    """Return the cells of a scene; errors are means over its hands."""
    score, reported = answer.score(), answer.reported
    pairs = [(answer.hands[t], reported[f], answer.at_truth[t]) for t, f in score.pairs]
    centers = [np.linalg.norm(found.center_m - hand.center_m) for hand, found, _ in pairs]
    errors = [np.linalg.norm(f.joints_m - h.joints_m, axis=1).mean() for h, f, _ in pairs]
    best = [
        np.linalg.norm(own.joints_m - hand.joints_m, axis=1).mean()
        for hand, own in zip(answer.hands, answer.at_truth, strict=True)
        if own is not None
    ]
    present = sum(hand.present for hand in answer.hands)
    top = f'{answer.found[0].score:.4f}' if answer.found else ''
    counts = [present, len(score.pairs), len(score.missed), len(score.false)]
    cells = [answer.index, answer.camera, answer.asked, *counts, top]
    return cells + [f'{1000.0 * np.mean(v):.4f}' if v else '' for v in (centers, errors, best)]


def _scene_lines(scenes: Figures) -> list[str]:
    """Return the lines of the scenes."""
    one, two, none = scenes['one_hand'], scenes['two_hands'], scenes['no_hand']
    lines = [
        f'scenes: {scenes["scenes"]}, found: within {scenes["gate_mm"]:.0f} mm',
        table_line('one hand, found', percent(one['recall']), f'of {one["hands"]}'),
        table_line('two hands, both found', percent(two['both_found']), f'of {two["scenes"]}'),
        table_line(
            'no hand, one reported', percent(none['false_positive_share']), f'of {none["scenes"]}'
        ),
        table_line('false hands per scene', f'{scenes["false_positives_per_scene"]:.3f}'),
    ]
    names = ('recall', 'center', 'joints', 'true c.', 'costs', 'side')
    lines.append(table_row('errors in mm, side in %', names))
    groups = {'': {'all': scenes['all_hands']}}
    groups |= {title: scenes[f'per_{title}'] for title in ('distance_m', 'camera', 'side')}
    for title, entries in groups.items():
        for name, figures in entries.items():
            cells = (
                percent(figures['recall']),
                *(
                    decimal(figures[key])
                    for key in (
                        'center_error_mm',
                        'mean_joint_error_mm',
                        'at_true_center_mm',
                        'detection_costs_mm',
                    )
                ),
                percent(figures['side_right']),
            )
            named = f'{title.removesuffix("_m")} {name}'.strip()
            lines.append(table_row(f'  {named} ({figures["hands"]})', cells))
    return lines


def _sequence_lines(sequences: Figures) -> list[str]:
    """Return the lines of the sequences."""
    kinds = sequences['per_kind']
    lines = [f'sequences: {sequences["sequences"]}, {sequences["frames"]} frames']
    names = ('missed', 'false/fr.', 'false tr.', 'switches', 'back', 'in time', 'jitter')
    lines.append(table_row('by kind; jitter in mm', names))
    for name, figures in [('all', sequences), *kinds.items()]:
        back = figures['reacquired']
        cells = (
            percent(figures['missed_share']),
            decimal(figures['false_positives_per_frame'], 3),
            str(figures['false_tracks']),
            str(figures['switches']),
            str(back['times']),
            percent(back['in_time_share']),
            decimal(figures['jitter_mm'], 2),
        )
        lines.append(table_row(f'  {name}', cells))
    return lines


def table_line(name: str, value: str, more: str = '') -> str:
    """Return a line of the printed table."""
    return f'  {name:<26}{value:>10} {more}'.rstrip()


def table_row(name: str, cells: Sequence[str]) -> str:
    """Return a row of the printed table."""
    return f'{name:<28}' + ''.join(f'{cell:>10}' for cell in cells)


_BLUE, _RED, _GREY = '#2d96d7', '#e64b3c', '#666666'


def localization_page(
    path: Path, scenes: Figures, min_score: float, kinds: Figures | None, reliability: Figures
) -> None:
    """Plot the figures of summary.py and kinds.py; min_score is the chosen threshold."""
    with new_page(path, (11.0, 12.0), 3, 2) as axes:
        _gate(axes[0, 0], scenes)
        _score(axes[0, 1], scenes['over_score'], min_score)
        _bars(axes[1, 0], scenes['per_distance_m'], 'distance, m')
        _bars(axes[1, 1], scenes['per_camera'], 'camera')
        _reliability(axes[2, 0], reliability)
        _kinds(axes[2, 1], {} if kinds is None else kinds['per_kind'])


def _gate(axes: Any, scenes: Mapping[str, Any]) -> None:
    """Plot the share of hands whose centre is found within a distance."""
    curve = scenes['recall_under_mm']
    shares = 100.0 * np.array(list(curve.values()))
    axes.plot([int(gate) for gate in curve], shares, 'o-', color=_BLUE, markersize=3)
    axes.axvline(scenes['gate_mm'], color=_GREY, linewidth=0.8, linestyle='--')
    axes.set(xlabel='error of the centre, mm', ylabel='hands found within it, %', ylim=(0, 101))
    axes.set_title('Hands found', fontsize=10)


def _score(axes: Any, curve: Mapping[str, Any], min_score: float) -> None:
    """Plot recall and false positives over the score's threshold, with the chosen one."""
    at = curve['min_score']
    axes.plot(at, 100.0 * np.array(curve['recall']), color=_BLUE, label='hands found')
    false = 100.0 * np.array(curve['false_positive_share'])
    axes.plot(at, false, color=_RED, label='scenes without a hand that give one')
    axes.axvline(min_score, color=_GREY, linewidth=0.8, linestyle='--', label='threshold')
    axes.set(xlabel='threshold of the score', ylabel='%', xlim=(0, 1), ylim=(0, 101))
    axes.set_title('Threshold', fontsize=10)
    axes.legend(loc='center', fontsize=8)


def _bars(axes: Any, groups: Mapping[str, Any], title: str) -> None:
    """Plot the share of hands found in each group, and how many hands it has."""
    names = [f'{name}\n{group["hands"]}' for name, group in groups.items()]
    axes.bar(names, [100.0 * group['recall'] for group in groups.values()], color=_BLUE)
    axes.set(ylabel='hands found, %', ylim=(0, 101))
    axes.tick_params(axis='x', labelrotation=30 if len(names) > 6 else 0, labelsize=7)
    axes.set_title(f'Hands found by {title}', fontsize=10)


def _reliability(axes: Any, reliability: Figures) -> None:
    """Plot the share of hands that are right over the published score: a diagonal is exact."""
    axes.plot([0, 1], [0, 100], color=_GREY, linewidth=0.8, linestyle='--')
    for name, colour in (('candidates', _GREY), ('reported', _BLUE)):
        bins = reliability[name]['bins']
        at = [one['mean_score'] for one in bins]
        shares = [100.0 * one['right_share'] for one in bins]
        axes.plot(at, shares, 'o-', color=colour, markersize=3, label=name)
    error = decimal(reliability['reported']['error'], 3)
    axes.set(xlabel='published score', ylabel='are hands, %', xlim=(0, 1), ylim=(-1, 101))
    axes.set_title(f'Reliability of the score, calibration error {error}', fontsize=10)
    axes.legend(loc='upper left', fontsize=8)


def _kinds(axes: Any, kinds: Figures) -> None:
    """Plot the share of hands found in scenes of each kind, and of scenes with a false one."""
    places = np.arange(len(kinds))
    found = [100.0 * np.nan_to_num(one['recall']) for one in kinds.values()]
    false = [100.0 * one['false_scenes'] for one in kinds.values()]
    axes.barh(places, found, height=0.6, color=_BLUE, label='hands found')
    axes.barh(places, false, height=0.3, color=_RED, label='scenes with a false hand')
    axes.set_yticks(places, list(kinds), fontsize=6)
    axes.invert_yaxis()
    axes.set(xlabel='%', xlim=(0, 101))
    axes.set_title('Kinds of scenes', fontsize=10)
    if kinds:
        axes.legend(loc='lower right', fontsize=7)


WORST: Final = 12
_OF_A_KIND: Final = 4
_COLUMNS: Final = 3
_WIDTH_PX, _HEIGHT_PX, _HEADER_PX = 400, 300, 20


def worst_scenes(answers: Sequence[SceneAnswer], count: int = WORST) -> list[SceneAnswer]:
    """
    Return scenes in which a false hand was reported, a hand was missed, or found far off.

    Up to four of the first two kinds, the surest false hands and the nearest missed ones first;
    the largest errors of the centre fill the places left.
    """
    scores = {(a.kind, a.index): a.score() for a in answers}
    false = [a for a in answers if scores[a.kind, a.index].false]
    false.sort(
        key=lambda a: (-a.reported[scores[a.kind, a.index].false[0]].score, a.kind, a.index)
    )
    missed = [
        a for a in answers if scores[a.kind, a.index].missed and not scores[a.kind, a.index].false
    ]
    missed.sort(
        key=lambda a: (a.hands[scores[a.kind, a.index].missed[0]].center_m[2], a.kind, a.index)
    )
    chosen = [*false[:_OF_A_KIND], *missed[:_OF_A_KIND]]
    taken = {(answer.kind, answer.index) for answer in chosen}
    rest = [answer for answer in answers if (answer.kind, answer.index) not in taken]
    rest.sort(key=lambda a: (-_largest_error_m(a), a.kind, a.index))
    return [*chosen, *rest][:count]


def worst_sheet(
    answers: Sequence[SceneAnswer],
    render: Callable[[SceneAnswer], TestScene] = lambda answer: render_scene(answer.index),
) -> Image:
    """Render the worst scenes again: true hands pale, found ones in colour."""
    worst = worst_scenes(answers)
    return contact_sheet([_tile(answer, render(answer)) for answer in worst], _COLUMNS)


def _largest_error_m(answer: SceneAnswer) -> float:
    """Return the largest distance of a found centre from the true one, metres; 0 for none."""
    reported = answer.reported
    distances = [
        float(np.linalg.norm(reported[f].center_m - answer.hands[t].center_m))
        for t, f in answer.score().pairs
    ]
    return max(distances, default=0.0)


def _tile(answer: SceneAnswer, scene: TestScene) -> Image:
    """Return the picture of a scene below a line of text."""
    near, far = depth_range_m(scene.depth_m)
    picture = depth_to_bgr(scene.depth_m, near, far)
    height, width = picture.shape[:2]
    factor = min(_WIDTH_PX / width, _HEIGHT_PX / height)
    size = round(factor * width), round(factor * height)
    small = PilImage.fromarray(picture).resize(size, PilImage.Resampling.BOX)
    picture = np.array(small, dtype=np.uint8)
    k = scene.intrinsics
    own = Intrinsics(
        factor * k.fx,
        factor * k.fy,
        factor * (k.cx + 0.5) - 0.5,
        factor * (k.cy + 0.5) - 0.5,
    )
    for hand in answer.hands:
        picture = draw_pose(picture, hand.joints_m, own, np.zeros(len(hand.joints_m)))
    for found in answer.reported:
        picture = draw_pose(picture, found.joints_m, own)
    tile = np.full((_HEADER_PX + _HEIGHT_PX, _WIDTH_PX, 3), 28, np.uint8)
    bottom, right = _HEADER_PX + size[1], size[0]
    tile[_HEADER_PX:bottom, :right] = picture
    return draw_text(tile, _text(answer), (6, 14), 0.36)


def _text(answer: SceneAnswer) -> str:
    """Return the line of text above a scene."""
    score = answer.score()
    parts = [f'{answer.kind} {answer.index} {answer.camera}'.strip()]
    parts += [f'missed {len(score.missed)}'] if score.missed else []
    parts += [f'false {len(score.false)}'] if score.false else []
    if score.pairs:
        parts.append(f'{1000.0 * _largest_error_m(answer):.0f} mm')
    if answer.found:
        parts.append('scores ' + ' '.join(f'{found.score:.2f}' for found in answer.found))
    return ', '.join(parts)
