# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The batches that training eats."""

from dense_hand_pose.camera.crop import CROP_SIZE_PX, CropWindow
from dense_hand_pose.camera.intrinsics import Intrinsics, project
from dense_hand_pose.synthesis.crops import CropBatch, render_crops
import numpy as np
import numpy.typing as npt
import pytest

FloatArray = npt.NDArray[np.float64]
COUNT = 200
KNUCKLES, MIDDLE_JOINTS, DISTAL_JOINTS, TIPS = (np.arange(n, 21, 4) for n in (5, 6, 7, 8))


@pytest.fixture(scope='module')
def batch() -> CropBatch:
    return render_crops(seed=11, count=COUNT)


def test_shapes_and_ranges(batch: CropBatch) -> None:
    assert batch.depth.shape == (COUNT, CROP_SIZE_PX, CROP_SIZE_PX)
    assert batch.depth.dtype == np.float32
    assert batch.joints_m.shape == (COUNT, 21, 3)
    for values in (batch.depth, batch.joints_m, batch.center_m, batch.intrinsics):
        assert np.isfinite(values).all()
    assert np.abs(batch.depth).max() <= 1.0
    assert np.all((batch.cube_size_m >= 0.24 - 1e-6) & (batch.cube_size_m <= 0.36 + 1e-6))
    assert set(np.unique(batch.side)) == {-1, 1}
    assert np.all(batch.joints_m[..., 2] > 0.1)


def test_every_crop_shows_something(batch: CropBatch) -> None:
    share = (batch.depth < 1.0).mean(axis=(1, 2))
    assert np.quantile(share, 0.05) > 0.03
    assert 0.08 < np.median(share) < 0.6


def test_joints_lie_in_the_crop_and_near_its_surface(batch: CropBatch) -> None:
    inside, gaps = [], []
    for i in range(COUNT):
        k = Intrinsics(*batch.intrinsics[i].astype(float).tolist())
        x, y, z = map(float, batch.center_m[i])
        size = float(batch.cube_size_m[i])
        pixels = project(batch.joints_m[i], CropWindow((x, y, z), size, k).crop_intrinsics)
        ok = np.all((pixels >= 0) & (pixels < CROP_SIZE_PX), axis=1)
        inside.append(ok.mean())
        u, v = np.rint(pixels[ok]).astype(int).clip(0, CROP_SIZE_PX - 1).T
        seen = batch.depth[i, v, u]
        depth = seen[seen < 1.0] * size / 2 + z
        gaps.extend(batch.joints_m[i, ok, 2][seen < 1.0] - depth)
    assert np.mean(inside) > 0.95
    # A joint is hidden in the flesh: the surface before it is nearer, mostly by 3 to 20 mm.
    assert 0.003 < np.median(gaps) < 0.020
    assert np.mean(np.array(gaps) > -0.004) > 0.9


def test_center_is_the_jittered_mean_of_the_joints(batch: CropBatch) -> None:
    miss = batch.center_m - batch.joints_m.mean(axis=1)
    fast = (0.05**3 - 0.03**3) / 0.02 / 3  # mean square of a length from 3 to 5 cm
    expected = np.sqrt(0.58 * 0.010**2 + 0.30 * 0.020**2 + 0.12 * fast / 3)
    assert np.std(miss) == pytest.approx(expected, rel=0.12)
    assert np.abs(miss.mean(axis=0)).max() < 0.004
    assert 0.18 < np.mean(np.linalg.norm(miss, axis=1) > 0.03) < 0.40


def test_hand_sizes_are_human(batch: CropBatch) -> None:
    chain = batch.joints_m[:, [0, 9, 10, 11, 12]]
    length = np.linalg.norm(np.diff(chain, axis=1), axis=2).sum(axis=1)
    assert np.median(length) == pytest.approx(0.186, abs=0.008)
    assert length.min() > 0.11
    assert length.max() < 0.265


def test_same_seed_same_crops_and_independent_of_count() -> None:
    first, second = render_crops(5, 6), render_crops(5, 3)
    np.testing.assert_array_equal(first.depth[:3], second.depth)
    np.testing.assert_array_equal(first.joints_m[:3], second.joints_m)
    later = render_crops(5, 2, first=4)
    np.testing.assert_array_equal(first.depth[4:], later.depth)
    np.testing.assert_array_equal(first.joints_m[4:], later.joints_m)
    other = render_crops(6, 3)
    assert not np.array_equal(other.depth, second.depth)


def angles_deg(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the angles (...) between vectors (..., 3)."""
    lengths = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    cosines: FloatArray = (first * second).sum(axis=-1) / lengths
    angles: FloatArray = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
    return angles


def test_every_bent_finger_tells_the_side(batch: CropBatch) -> None:
    """
    A finger's middle joint bends towards the palm alone, by 3 degrees at most the other way.

    Whatever the mesh, the pose and the view are, the sense in which it turns is the side's.
    """
    joints = batch.joints_m.astype(np.float64)
    across = joints[:, None, 17] - joints[:, None, 5]
    proximal = joints[:, MIDDLE_JOINTS] - joints[:, KNUCKLES]
    middle = joints[:, DISTAL_JOINTS] - joints[:, MIDDLE_JOINTS]
    bent = angles_deg(proximal, middle) > 10.0
    sense = (np.cross(across, proximal) * middle).sum(axis=2) * batch.side[:, None]
    assert bent.sum() > 2 * COUNT
    assert np.all(sense[bent] < 0.0)


def test_hands_that_close_do_so_towards_the_palm(batch: CropBatch) -> None:
    """Straight fingers say nothing: bent back by up to 20 degrees they lie behind the palm."""
    joints = batch.joints_m.astype(np.float64)
    index, little = (joints[:, j] - joints[:, 0] for j in (5, 17))
    fingers = joints[:, TIPS] - joints[:, KNUCKLES]
    closed = angles_deg(joints[:, KNUCKLES] - joints[:, :1], fingers).mean(axis=1) > 40.0
    # Out of the palm of a right hand.
    toward_palm = (np.cross(index, little) * fingers.mean(axis=1)).sum(axis=1) * batch.side
    assert closed.mean() > 0.4
    assert np.mean(toward_palm[closed] > 0.0) > 0.99


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match='seed = -1'):
        render_crops(-1, 2)
    with pytest.raises(ValueError, match='count = -2'):
        render_crops(1, -2)
    with pytest.raises(ValueError, match='first = -3'):
        render_crops(1, 2, -3)
