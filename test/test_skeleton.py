# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The joint tables against the order that ros_interface.md prints and the data sets' own."""

from dense_hand_pose.skeleton import (
    FINGER_COLOURS,
    HAND_21,
    HAND_21_TO_MSRA_21,
    ICVL_16,
    MSRA_21,
    MSRA_21_TO_HAND_21,
    NYU_14,
    NYU_14_OF_36,
    Skeleton,
)  # fmt: skip
import numpy as np
import pytest

ORDER = [
    'wrist',
    'thumb_metacarpal', 'thumb_proximal', 'thumb_distal', 'thumb_tip',
    'index_proximal', 'index_intermediate', 'index_distal', 'index_tip',
    'middle_proximal', 'middle_intermediate', 'middle_distal', 'middle_tip',
    'ring_proximal', 'ring_intermediate', 'ring_distal', 'ring_tip',
    'little_proximal', 'little_intermediate', 'little_distal', 'little_tip',
]  # fmt: skip


def test_hand_21_is_the_published_order() -> None:
    assert list(HAND_21.joints) == ORDER
    assert HAND_21.tips == (4, 8, 12, 16, 20)
    assert HAND_21.parents == (-1, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18,
                               19)  # fmt: skip


@pytest.mark.parametrize(
    ('skeleton', 'size', 'tips'), [(HAND_21, 21, 5), (MSRA_21, 21, 5), (ICVL_16, 16, 5)]
)
def test_sizes(skeleton: Skeleton, size: int, tips: int) -> None:
    assert len(skeleton) == size
    assert len(skeleton.tips) == tips


@pytest.mark.parametrize('skeleton', [HAND_21, NYU_14, ICVL_16, MSRA_21], ids=lambda s: s.name)
def test_every_table_is_one_tree_of_unique_joints(skeleton: Skeleton) -> None:
    assert len(set(skeleton.joints)) == len(skeleton)
    assert skeleton.parents.count(-1) == 1
    assert len(skeleton.bones) == len(skeleton) - 1
    assert set(skeleton.fingers) <= set(FINGER_COLOURS)
    for joint in range(len(skeleton)):
        seen = set()
        while joint >= 0:
            assert joint not in seen, 'a cycle'
            seen.add(joint)
            joint = skeleton.parents[joint]


@pytest.mark.parametrize('skeleton', [HAND_21, MSRA_21, ICVL_16], ids=lambda s: s.name)
def test_a_bone_stays_in_its_finger(skeleton: Skeleton) -> None:
    for parent, child in skeleton.bones:
        assert skeleton.fingers[parent] in (skeleton.fingers[child], 'palm')
        assert skeleton.joints[child].startswith(skeleton.fingers[child])


def test_msra_mapping_goes_there_and_back() -> None:
    joints = np.random.default_rng(0).normal(size=(21, 3))
    there = joints[list(HAND_21_TO_MSRA_21)]
    np.testing.assert_array_equal(there[list(MSRA_21_TO_HAND_21)], joints)
    # method.md: MSRA's joints are wrist, then index, middle, ring, pinky, thumb.
    np.testing.assert_array_equal(there[1:17], joints[5:21])
    np.testing.assert_array_equal(there[17:], joints[1:5])


def test_nyu_keeps_the_evaluated_joints() -> None:
    assert len(NYU_14) == len(NYU_14_OF_36) == len(set(NYU_14_OF_36)) == 14
    assert list(NYU_14_OF_36) == [0, 3, 6, 9, 12, 15, 18, 21, 24, 25, 27, 30, 31, 32]
    assert NYU_14.joints[0] == 'little_tip'
    assert NYU_14.joints[-1] == 'palm'


def test_index_names_what_is_valid() -> None:
    assert HAND_21.index('ring_tip') == 16
    with pytest.raises(ValueError, match=r"'pinky_tip' is no joint of hand21: wrist, thumb_meta"):
        HAND_21.index('pinky_tip')


def test_columns_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r'broken: .*\(2, 1, 2\)'):
        Skeleton('broken', ('a', 'b'), (-1,), ('palm', 'palm'))
