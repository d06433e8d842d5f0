# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Points to and from sensor_msgs/PointCloud2 (stand-in, see the package's docstring)."""

import array
from collections import namedtuple
from collections.abc import Iterable
import sys
from typing import Any

import numpy as np
from numpy.lib.recfunctions import structured_to_unstructured, unstructured_to_structured
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

_DTYPES = {
    PointField.INT8: np.dtype(np.int8),
    PointField.UINT8: np.dtype(np.uint8),
    PointField.INT16: np.dtype(np.int16),
    PointField.UINT16: np.dtype(np.uint16),
    PointField.INT32: np.dtype(np.int32),
    PointField.UINT32: np.dtype(np.uint32),
    PointField.FLOAT32: np.dtype(np.float32),
    PointField.FLOAT64: np.dtype(np.float64),
}


def dtype_from_fields(fields: Iterable[PointField], point_step: int | None = None) -> np.dtype:
    """
    Return the structured type of one point.

    A field of count n > 1 becomes n fields called ``name_0`` ... ``name_<n - 1>``.
    """
    names: list[str] = []
    formats: list[str] = []
    offsets: list[int] = []
    for position, field in enumerate(fields):
        assert field.count > 0, "Can't process fields with count = 0."  # noqa: S101 (upstream)
        name = field.name or f'unnamed_field_{position}'
        scalar = _DTYPES[field.datatype]
        for index in range(field.count):
            names.append(name if field.count == 1 else f'{name}_{index}')
            formats.append(scalar.str)
            offsets.append(field.offset + index * scalar.itemsize)
    layout: dict[str, Any] = {'names': names, 'formats': formats, 'offsets': offsets}
    if point_step is not None:
        layout['itemsize'] = point_step
    return np.dtype(layout)


def read_points(
    cloud: PointCloud2,
    field_names: list[str] | None = None,
    skip_nans: bool = False,
    uvs: Iterable[int] | None = None,
) -> np.ndarray:
    """
    Return the points as a structured array of length width * height.

    `field_names` chooses fields, `uvs` chooses points by index. `skip_nans` leaves out points
    with a NaN in a chosen field, unless the cloud says that it is dense.
    """
    dtype = dtype_from_fields(cloud.fields, cloud.point_step)
    points = np.ndarray((cloud.width * cloud.height,), dtype=dtype, buffer=cloud.data)
    if field_names is not None:
        assert all(name in dtype.names for name in field_names), (  # noqa: S101 (upstream)
            'Requests field is not in the fields of the PointCloud!'
        )
        points = points[list(field_names)]
    if bool(cloud.is_bigendian) != (sys.byteorder == 'big'):
        points = points.byteswap()
    if skip_nans and not cloud.is_dense:
        valid = [~np.isnan(points[name]) for name in points.dtype.names]
        points = points[np.logical_and.reduce(valid)]
    return points if uvs is None else points[np.fromiter(uvs, int)]


def read_points_numpy(
    cloud: PointCloud2,
    field_names: list[str] | None = None,
    skip_nans: bool = False,
    uvs: Iterable[int] | None = None,
) -> np.ndarray:
    """Return fields of one common type as an array (N, fields); see read_points."""
    chosen = [f for f in cloud.fields if field_names is None or f.name in field_names]
    assert len({f.datatype for f in chosen}) == 1, (  # noqa: S101 (upstream asserts too)
        'All fields need to have the same datatype. Use `read_points()` otherwise.'
    )
    return structured_to_unstructured(read_points(cloud, field_names, skip_nans, uvs))


def read_points_list(
    cloud: PointCloud2,
    field_names: list[str] | None = None,
    skip_nans: bool = False,
    uvs: Iterable[int] | None = None,
) -> list[Any]:
    """Return one named tuple ``Point`` for each point; see read_points."""
    names = field_names or [field.name for field in cloud.fields]
    point = namedtuple('Point', names)
    return [point(*row) for row in read_points(cloud, names, skip_nans, uvs)]


def create_cloud(
    header: Header,
    fields: Iterable[PointField],
    points: Iterable[Any],
    point_step: int | None = None,
) -> PointCloud2:
    """
    Return a cloud of `points`.

    `points` is a structured array whose type is that of `fields`, an unstructured array
    (N, fields) where all fields are of one type, or any iterable of one tuple a point.
    """
    fields = list(fields)
    dtype = dtype_from_fields(fields, point_step)
    if not isinstance(points, np.ndarray):
        points = np.array([tuple(point) for point in points], dtype=dtype)
    elif points.dtype.names is None:
        assert len({field.datatype for field in fields}) == 1, (  # noqa: S101 (upstream)
            'All fields need to have the same datatype. Pass a structured NumPy array otherwise.'
        )
        points = unstructured_to_structured(points, dtype=dtype)
    assert points.dtype == dtype, (  # noqa: S101 (upstream asserts too)
        'PointFields and structured NumPy array dtype do not match for all fields!'
    )
    width, height = (*points.shape, 1)[:2]
    cloud = PointCloud2(header=header, height=height, width=width, fields=fields)
    cloud.is_bigendian = sys.byteorder == 'big'
    cloud.point_step = dtype.itemsize
    cloud.row_step = dtype.itemsize * width
    cloud.data = array.array('B', points.tobytes())
    return cloud


def create_cloud_xyz32(header: Header, points: Iterable[Any]) -> PointCloud2:
    """Return a cloud of `points` (N, 3) with the float32 fields x, y and z."""
    fields = [
        PointField(name=name, offset=4 * index, datatype=PointField.FLOAT32, count=1)
        for index, name in enumerate('xyz')
    ]
    return create_cloud(header, fields, points)
