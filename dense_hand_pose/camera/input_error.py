# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Why an image or its camera_info cannot be used, and what to do about it."""

from dataclasses import dataclass
from typing import Final


class InputError(ValueError):
    """An input that cannot be used: `cause` is a key of INPUT_CAUSES or of the node's CAUSES."""

    def __init__(self, cause: str, what: str) -> None:
        super().__init__(what)
        self.cause = cause


@dataclass(frozen=True)
class Cause:
    """Why an image got no hand: the severity of its log line ('': no line), and the remedy."""

    severity: str
    remedy: str


INPUT_CAUSES: Final[dict[str, Cause]] = {
    'unknown_encoding': Cause(
        'error', 'Publish depth as 16UC1 or mono16 (millimetres) or 32FC1 (metres).'
    ),
    'bad_step': Cause(
        'error', 'Have the driver set step to the bytes of one row: at least width * pixel size.'
    ),
    'short_data': Cause('error', 'Have the driver send step * height bytes of data.'),
    'undecodable_data': Cause(
        'error', 'Have image_transport publish compressedDepth as png or rvl, or publish raw.'
    ),
    'empty_image': Cause('error', 'Have the driver send images with a width and a height.'),
    'bad_camera_info': Cause(
        'error', 'Calibrate the camera, or set K (or P) in its camera_info publisher.'
    ),
    'size_mismatch': Cause(
        'error', 'Use the camera_info topic of this very image stream (same size, ROI, binning).'
    ),
    'no_camera_info': Cause(
        'error',
        'Remap camera_info to the topic beside the image; if its stamps differ from the '
        "image's, set sync.mode to latest_info.",
    ),
    'time_backwards': Cause(
        'warn', 'Normal once when a bag loops or a driver restarts; else check its clock.'
    ),
    'repeated_stamp': Cause(
        'warn', 'Let one publisher only feed the topic, and stamp each image.'
    ),
}
"""Causes that lie in the messages themselves: those of the node and of recordings alike."""
