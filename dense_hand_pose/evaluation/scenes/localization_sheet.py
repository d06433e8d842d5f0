# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The sheet of the worst scenes: the whole depth picture with the true and the found hands."""

from collections.abc import Sequence
from typing import Final

from dense_hand_pose.camera.intrinsics import Intrinsics
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

from .detection import render_scene, SceneAnswer

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
    scores = {answer.index: answer.score() for answer in answers}
    false = [a for a in answers if scores[a.index].false]
    false.sort(key=lambda a: (-a.reported[scores[a.index].false[0]].score, a.index))
    missed = [a for a in answers if scores[a.index].missed and not scores[a.index].false]
    missed.sort(key=lambda a: (a.hands[scores[a.index].missed[0]].center_m[2], a.index))
    chosen = [*false[:_OF_A_KIND], *missed[:_OF_A_KIND]]
    taken = {answer.index for answer in chosen}
    rest = [answer for answer in answers if answer.index not in taken]
    rest.sort(key=lambda a: (-_largest_error_m(a), a.index))
    return [*chosen, *rest][:count]


def worst_sheet(answers: Sequence[SceneAnswer]) -> Image:
    """Render the worst scenes again: true hands pale, found ones in colour."""
    return contact_sheet([_tile(answer) for answer in worst_scenes(answers)], _COLUMNS)


def _largest_error_m(answer: SceneAnswer) -> float:
    """Return the largest distance of a found centre from the true one, metres; 0 for none."""
    reported = answer.reported
    distances = [
        float(np.linalg.norm(reported[f].center_m - answer.hands[t].center_m))
        for t, f in answer.score().pairs
    ]
    return max(distances, default=0.0)


def _tile(answer: SceneAnswer) -> Image:
    """Return the picture of a scene below a line of text."""
    scene = render_scene(answer.index)
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
    """Return what to say of a scene."""
    score = answer.score()
    parts = [f'{answer.index} {answer.camera}']
    parts += [f'missed {len(score.missed)}'] if score.missed else []
    parts += [f'false {len(score.false)}'] if score.false else []
    if score.pairs:
        parts.append(f'{1000.0 * _largest_error_m(answer):.0f} mm')
    if answer.found:
        parts.append('scores ' + ' '.join(f'{found.score:.2f}' for found in answer.found))
    return ', '.join(parts)
