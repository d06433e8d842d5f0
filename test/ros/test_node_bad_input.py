# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Every bad input between good frames: dropped or answered empty, counted, logged once."""

from collections.abc import Callable, Iterator

from dense_hand_pose.camera.camera_info import stamp_ns
from dense_hand_pose.ros.frame_counters import CAUSES
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, Image
from support.node_fixture import hand_depth_mm, HEIGHT, NodeFixture, running_node, WIDTH

pytestmark = pytest.mark.dds

Change = Callable[[Image, CameraInfo], None]


@pytest.fixture(scope='module')
def rig(model: str) -> Iterator[NodeFixture]:
    # nearest: no memory between frames, so equal images have equal answers.
    with running_node(model, roi__mode='nearest', sync__queue_size=2) as running:
        assert running.ask(running.image()) is not None
        yield running


def count(rig: NodeFixture, cause: str) -> int:
    return rig.node.counters.counts().causes[cause]


def check_good_frame(rig: NodeFixture) -> None:
    """Assert that the node still finds the hand."""
    answer = rig.ask(rig.image())
    assert answer is not None
    assert len(answer.poses) == 21


def zero(matrix: str) -> Change:
    """Return a change that zeroes a matrix of camera_info, and P with it."""

    def change(_: Image, info: CameraInfo) -> None:
        info.p = [0.0] * 12
        setattr(info, matrix, [0.0] * len(getattr(info, matrix)))

    return change


def set_image(**values: object) -> Change:
    """Return a change that sets fields of the image."""

    def change(image: Image, _: CameraInfo) -> None:
        for name, value in values.items():
            setattr(image, name, value)

    return change


def cut_data(image: Image, _: CameraInfo) -> None:
    image.data = image.data[:-1]


def nan_focal_length(_: Image, info: CameraInfo) -> None:
    info.p[0] = float('nan')


def tiny_focal_length(_: Image, info: CameraInfo) -> None:
    info.p[0] = 1e-30


def denormal_focal_length(_: Image, info: CameraInfo) -> None:
    info.p[5] = 5e-324


def halve_info(_: Image, info: CameraInfo) -> None:
    info.width, info.height = WIDTH // 2, HEIGHT // 2


DROPPED: dict[str, tuple[str, Change]] = {
    'colour image': ('unknown_encoding', set_image(encoding='bgr8')),
    'unheard-of encoding': ('unknown_encoding', set_image(encoding='depth!')),
    'K and P of zeros': ('bad_camera_info', zero('k')),
    'NaN focal length': ('bad_camera_info', nan_focal_length),
    'focal length of 1e-30': ('bad_camera_info', tiny_focal_length),
    'focal length of 5e-324': ('bad_camera_info', denormal_focal_length),
    'sizes disagree': ('size_mismatch', halve_info),
    'step too small': ('bad_step', set_image(step=WIDTH)),
    'step of half pixels': ('bad_step', set_image(step=2 * WIDTH + 1)),
    'data too short': ('short_data', cut_data),
    'no data': ('short_data', set_image(data=b'')),
    'no width': ('empty_image', set_image(width=0)),
}


@pytest.mark.parametrize('name', DROPPED)
def test_unusable_input_is_dropped_and_the_node_works_on(rig: NodeFixture, name: str) -> None:
    cause, change = DROPPED[name]
    before = count(rig, cause)
    for expected in (before + 1, before + 2):
        image = rig.image()
        info = rig.info_for(image)
        change(image, info)
        rig.send(image, info)
        assert rig.until(lambda: count(rig, cause) == expected)  # noqa: B023 (called at once)
        check_good_frame(rig)
        assert rig.answer(image, patience_s=0.0) is None
    (line,) = rig.logs(f'image dropped ({cause})')
    assert line.startswith(f'{rig.namespace}/image_rect with {rig.namespace}/camera_info: ')
    assert CAUSES[cause].remedy in line


EMPTY: dict[str, tuple[str, np.ndarray]] = {
    'all zero': ('no_valid_depth', np.zeros((HEIGHT, WIDTH), np.uint16)),
    'all NaN': ('no_valid_depth', np.full((HEIGHT, WIDTH), np.nan, np.float32)),
    'all Inf': ('no_valid_depth', np.full((HEIGHT, WIDTH), -np.inf, np.float32)),
    'only a wall': ('no_hand', np.full((HEIGHT, WIDTH), 2500, np.uint16)),
}


@pytest.mark.parametrize('name', EMPTY)
def test_nothing_to_see_is_answered_with_no_poses(rig: NodeFixture, name: str) -> None:
    cause, depth = EMPTY[name]
    before = count(rig, cause)
    for _ in range(2):
        image = rig.image(depth)
        answer = rig.ask(image)
        assert answer.header == image.header
        assert answer.poses == []
        check_good_frame(rig)
    assert count(rig, cause) == before + 2
    (line,) = rig.until(lambda: rig.logs(f'empty result ({cause})'))
    assert CAUSES[cause].remedy in line


def test_nan_and_inf_among_metres_do_no_harm(rig: NodeFixture) -> None:
    depth = (hand_depth_mm() * 0.001).astype(np.float32)
    depth[::3, ::2] = np.nan
    depth[1::3, ::3] = np.inf
    depth[5, :] = -np.inf
    depth[7, :] = -1.0
    answer = rig.ask(rig.image(depth))
    assert len(answer.poses) == 21
    for pose in answer.poses:
        p, q = pose.position, pose.orientation
        assert np.isfinite([p.x, p.y, p.z, q.x, q.y, q.z, q.w]).all()


@pytest.mark.parametrize('dtype', [np.uint16, np.float32])
def test_big_endian_image_is_read(rig: NodeFixture, dtype: type) -> None:
    depth = hand_depth_mm() if dtype is np.uint16 else hand_depth_mm().astype(np.float32) * 0.001
    expected = rig.ask(rig.image(depth)).poses
    image = rig.image(depth)
    image.is_bigendian = 1
    image.data = depth.astype(depth.dtype.newbyteorder('>')).tobytes()
    assert rig.ask(image).poses == expected


def test_missing_camera_info_is_said(rig: NodeFixture) -> None:
    before = count(rig, 'no_camera_info')
    alone = [rig.image() for _ in range(4)]
    for image in alone:
        received = rig.node.counters.counts().images
        rig.send(image, with_info=False)
        # One that the node has not taken would be overwritten by the next.
        assert rig.until(lambda: rig.node.counters.counts().images > received)  # noqa: B023
    check_good_frame(rig)
    # The queue holds two; the good frame needs a place, too, where its camera_info comes later.
    assert rig.until(lambda: count(rig, 'no_camera_info') >= before + 2)
    assert count(rig, 'no_camera_info') <= before + 3
    (line,) = rig.logs('image dropped (no_camera_info)')
    assert 'sync.mode' in line


def earlier(rig: NodeFixture, image: Image, seconds: float) -> Image:
    """Return an image whose stamp lies before that of another."""
    nanoseconds = stamp_ns(image) - round(seconds * 1e9)
    message = rig.image()
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(nanoseconds, 10**9)
    return message


def test_time_going_backwards_is_said_and_survived(rig: NodeFixture) -> None:
    good = rig.image()
    assert rig.ask(good) is not None
    slightly, far, again = (earlier(rig, good, seconds) for seconds in (0.3, 100.9, 100.8))
    before = count(rig, 'time_backwards')
    rig.send(slightly)
    assert rig.until(lambda: count(rig, 'time_backwards') == before + 1)
    check_good_frame(rig)
    rig.send(far)
    assert rig.until(lambda: count(rig, 'time_backwards') >= before + 2)
    rig.send(again)  # the source began anew: its next frames count, here as too old
    assert rig.until(lambda: count(rig, 'too_old') == 1)
    check_good_frame(rig)
    line, *_ = rig.logs('image dropped (time_backwards)')  # again after a minute
    assert CAUSES['time_backwards'].remedy in line
    line, *_ = rig.logs('image dropped (too_old)')
    assert 'sync.max_age_s' in line


def test_a_repeated_stamp_is_dropped(rig: NodeFixture) -> None:
    image = rig.image()
    assert rig.ask(image) is not None
    rig.send(image)
    assert rig.until(lambda: count(rig, 'repeated_stamp') == 1)
    check_good_frame(rig)


def test_the_counters_balance_after_all_that(rig: NodeFixture) -> None:
    check_good_frame(rig)
    rig.pause(0.5)  # an answer is counted after it went out
    counts = rig.node.counters.counts()
    assert counts.in_flight <= 2  # images that still wait for their camera_info
    assert counts.causes['internal_error'] == 0
    answered = counts.hands + counts.empty
    assert len(rig.heard['hand_pose/joints']) == answered
    assert counts.images == answered + counts.dropped + counts.in_flight
