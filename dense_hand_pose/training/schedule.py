# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Shapes of the learning rate over a budget, as shares of its peak."""

import math

SCHEDULES = ('cosine', 'wsd', 'step')


def rate_share(schedule: str, spent: float, decay_share: float) -> float:
    """
    Return the learning rate's share of its peak where a share ``spent`` of the budget is used.

    'cosine' falls from the start; 'step' to a tenth after each third (the paper's released code:
    every 10 of 30 epochs). 'wsd' (warm-up, stable, decay: Hu et al. 2024, MiniCPM) stays
    at the peak and falls over the last ``decay_share`` as 1 - sqrt, the form that Haegele et
    al. 2024 (Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations) found
    best; a stable phase does not depend on the budget, so that a larger one can carry it on.

    >>> [rate_share('wsd', spent, 0.4) for spent in (0.0, 0.6, 0.7, 1.0)]
    [1.0, 1.0, 0.5, 0.0]
    """
    if schedule == 'cosine':
        return 0.5 * (1.0 + math.cos(math.pi * spent))
    if schedule == 'step':
        return 0.1 ** min(2, math.floor(3.0 * spent))
    if not decays(schedule, spent, decay_share):
        return 1.0
    return 1.0 - math.sqrt(min(1.0, (spent - (1.0 - decay_share)) / decay_share))


def decays(schedule: str, spent: float, decay_share: float) -> bool:
    """Say whether the rate of a 'wsd' schedule falls from here on."""
    return schedule == 'wsd' and decay_share > 0.0 and spent >= 1.0 - decay_share
