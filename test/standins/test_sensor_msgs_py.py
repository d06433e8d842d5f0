# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The contract of sensor_msgs_py.point_cloud2."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from sensor_msgs.msg import PointField
from std_msgs.msg import Header

FIELDS = [
    PointField(name='x', offset=0, datatype=PointField.FLOAT32, count=1),
    PointField(name='y', offset=4, datatype=PointField.FLOAT32, count=1),
    PointField(name='id', offset=8, datatype=PointField.UINT8, count=1),
]
DTYPE = np.dtype(
    {'names': ['x', 'y', 'id'], 'formats': ['<f4', '<f4', 'u1'], 'offsets': [0, 4, 8]}
)
POINTS = [(1.5, -2.0, 3), (0.25, 8.0, 255), (float('nan'), 1.0, 0)]


@pytest.fixture
def clouds(load: Callable[[str], ModuleType]) -> ModuleType:
    return load('sensor_msgs_py.point_cloud2')


def test_type_of_a_point(clouds: ModuleType) -> None:
    assert clouds.dtype_from_fields(FIELDS) == DTYPE
    assert clouds.dtype_from_fields(FIELDS, 16).itemsize == 16


def test_repeated_fields_are_numbered(clouds: ModuleType) -> None:
    field = PointField(name='v', offset=4, datatype=PointField.INT16, count=2)
    dtype = clouds.dtype_from_fields([field])
    assert dtype.names == ('v_0', 'v_1')
    assert [dtype.fields[name][1] for name in dtype.names] == [4, 6]


def test_tuples_there_and_back(clouds: ModuleType) -> None:
    cloud = clouds.create_cloud(Header(frame_id='camera'), FIELDS, POINTS)
    assert (cloud.width, cloud.height, cloud.point_step, cloud.row_step) == (3, 1, 9, 27)
    assert (cloud.header.frame_id, cloud.is_bigendian) == ('camera', False)
    assert bytes(cloud.data) == np.array(POINTS, DTYPE).tobytes()
    points = clouds.read_points(cloud)
    np.testing.assert_array_equal(points['x'], np.array([1.5, 0.25, np.nan], np.float32))
    np.testing.assert_array_equal(points['id'], [3, 255, 0])


def test_structured_array_is_taken_as_it_is(clouds: ModuleType) -> None:
    points = np.array(POINTS, DTYPE)
    cloud = clouds.create_cloud(Header(), FIELDS, points)
    assert bytes(cloud.data) == points.tobytes()
    with pytest.raises(AssertionError):
        clouds.create_cloud(
            Header(), FIELDS, points.astype([('x', 'f8'), ('y', 'f8'), ('id', 'u1')])
        )


def test_no_points(clouds: ModuleType) -> None:
    cloud = clouds.create_cloud(Header(), FIELDS, np.zeros(0, DTYPE))
    assert (cloud.width, cloud.row_step, len(cloud.data)) == (0, 0, 0)


def test_choice_of_fields_points_and_numbers(clouds: ModuleType) -> None:
    cloud = clouds.create_cloud(Header(), FIELDS, POINTS)
    valid = clouds.read_points(cloud, field_names=['x', 'y'], skip_nans=True)
    assert valid.dtype.names == ('x', 'y')
    assert len(valid) == 2
    chosen = clouds.read_points(cloud, uvs=[1])
    assert chosen['id'].tolist() == [255]
    with pytest.raises(AssertionError):
        clouds.read_points(cloud, field_names=['z'])


def test_list_of_named_tuples(clouds: ModuleType) -> None:
    cloud = clouds.create_cloud(Header(), FIELDS, POINTS)
    first = clouds.read_points_list(cloud)[0]
    assert (first.x, first.y, first.id) == POINTS[0]


def test_plain_array_and_xyz(clouds: ModuleType) -> None:
    points = np.arange(12, dtype=np.float32).reshape(4, 3)
    cloud = clouds.create_cloud_xyz32(Header(), points)
    assert [field.name for field in cloud.fields] == ['x', 'y', 'z']
    np.testing.assert_array_equal(clouds.read_points_numpy(cloud), points)
    zx = clouds.read_points_numpy(cloud, field_names=['z', 'x'])
    np.testing.assert_array_equal(zx, points[:, [2, 0]])


def test_numbers_of_different_types_are_no_array(clouds: ModuleType) -> None:
    cloud = clouds.create_cloud(Header(), FIELDS, POINTS)
    with pytest.raises(AssertionError, match='same datatype'):
        clouds.read_points_numpy(cloud)


def test_swapped_bytes(clouds: ModuleType) -> None:
    cloud = clouds.create_cloud(Header(), FIELDS, POINTS[:2])
    cloud.data = np.array(POINTS[:2], DTYPE.newbyteorder('>')).tobytes()
    cloud.is_bigendian = True
    assert clouds.read_points(cloud)['x'].tolist() == [1.5, 0.25]
