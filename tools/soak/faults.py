# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What goes wrong in the soak, and what may come of it.

`may` are the causes under which the node may drop images of a fault, `must` those that have to
occur: anything else in the counts, above all internal_error, fails the soak.
"""

from dataclasses import dataclass

ALWAYS = ('replaced', 'no_camera_info', 'no_hand')
"""The node keeps to the newest frame, best effort may lose a camera_info, a hand may be missed."""

DEFECTS = {
    'colour': 'unknown_encoding',
    'step': 'bad_step',
    'short': 'short_data',
    'no_width': 'empty_image',
    'no_calibration': 'bad_camera_info',
    'nan_calibration': 'bad_camera_info',
    'tiny_focal': 'bad_camera_info',
    'denormal_focal': 'bad_camera_info',
    'long_encoding': 'unknown_encoding',
    'other_size': 'size_mismatch',
    'zeros': 'no_valid_depth',
    'not_a_number': 'no_valid_depth',
}
"""Ways in which a frame is spoilt, and what the node calls each."""


@dataclass(frozen=True)
class Fault:
    """`sent` says in words what the camera does."""

    sent: str
    may: tuple[str, ...] = ()
    must: tuple[str, ...] = ()


FAULTS: dict[str, Fault] = {
    'steady': Fault('15 Hz, every frame sound'),
    'burst': Fault('200 Hz in bursts of 1 s with 0.5 s of silence between'),
    'stutter': Fault('30 Hz with pauses of 0 to 1.2 s at random, then 3 frames at once'),
    'invalid': Fault(
        f'15 Hz, every other frame spoilt in one of {len(DEFECTS)} ways',
        must=tuple(sorted(set(DEFECTS.values()))),
    ),
    'info_lost': Fault('15 Hz, no camera_info in the middle half', must=('no_camera_info',)),
    'info_ahead': Fault('15 Hz, 100 camera_info stamped 60 s ahead before the second half'),
    'resolution': Fault(
        '15 Hz, another size or focal length every 5 frames, once with the camera_info before',
        may=('size_mismatch',),
    ),
    'clock': Fault(
        '15 Hz, stamps 0.3 s back, 5 s back, 60 s ahead, one of them twice',
        may=('too_old',),
        must=('time_backwards', 'in_future', 'repeated_stamp'),
    ),
    'killed': Fault('15 Hz, the camera killed (SIGKILL) and started again'),
    'participant': Fault('15 Hz, the DDS participant of the camera destroyed and made anew'),
}
