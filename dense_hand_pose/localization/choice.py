# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Which localiser serves a mode."""

from dense_hand_pose.network.weight_file import WeightsError

from .localizer import Localizer, NearestSurfaces


def make_localizer(roi_mode: str) -> Localizer:
    """
    Return the localiser of a mode: 'tracked', 'detector' or 'nearest'.

    Raises WeightsError where the mode needs weights that are not there.
    """
    if roi_mode == 'detector':
        raise WeightsError(
            "roi_mode 'detector': no weights of a hand detector are installed; "
            "use roi_mode 'tracked' or 'nearest'"
        )
    return NearestSurfaces()
