# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The learning rate's schedules and the running average's memory."""

import math

from dense_hand_pose.training.optimisers import decays, ema_decay, ema_model, rate_share
from hypothesis import given
from hypothesis import strategies as st
import pytest
import torch

SHARES = st.floats(0.0, 1.0)


@given(SHARES, st.floats(0.01, 1.0))
def test_wsd_is_flat_and_then_one_minus_a_root(spent: float, decay: float) -> None:
    share = rate_share('wsd', spent, decay)
    if spent < 1.0 - decay:
        assert share == 1.0
        assert not decays('wsd', spent, decay)
    else:
        through = (spent - (1.0 - decay)) / decay
        assert share == pytest.approx(1.0 - math.sqrt(through), abs=1e-6)
        assert decays('wsd', spent, decay)
    assert rate_share('wsd', 1.0, decay) == pytest.approx(0.0, abs=1e-7)


@given(SHARES)
def test_without_decay_the_rate_stays(spent: float) -> None:
    assert rate_share('wsd', spent, 0.0) == 1.0


@given(SHARES)
def test_cosine(spent: float) -> None:
    assert rate_share('cosine', spent, 0.3) == pytest.approx(math.cos(math.pi * spent / 2) ** 2)
    assert not decays('cosine', spent, 0.3)


def test_the_average_forgets_the_start_of_a_short_training() -> None:
    """Weights that jump from 0 to 1 after the first update: against the formula's product."""
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(network.weight)
    average = ema_model(network, 0.999)
    average.update_parameters(network)
    torch.nn.init.ones_(network.weight)
    share = 1.0
    for n in range(1, 200):
        average.update_parameters(network)
        share *= min(0.999, (1 + n) / (10 + n))
        assert float(average.module.weight.detach()) == pytest.approx(1.0 - share, abs=1e-5)
    assert share < 1e-6
    assert ema_decay(10**6, 0.999) == 0.999
