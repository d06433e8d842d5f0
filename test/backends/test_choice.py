# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The choice of a runtime."""

from dense_hand_pose.backends.choice import BackendError, make_backend, why_no_cuda
import pytest
from tiny import tiny_network
import torch


def test_auto_always_gives_one() -> None:
    backend = make_backend('auto', tiny_network())
    assert backend.name == ('cpu' if why_no_cuda() else 'cuda')


def test_cpu_is_cpu() -> None:
    assert make_backend('cpu', tiny_network()).name == 'cpu'


def test_an_unknown_one_is_named() -> None:
    with pytest.raises(ValueError, match="backend 'tpu': expected one of auto, cuda, cpu"):
        make_backend('tpu', tiny_network())


@pytest.mark.skipif(why_no_cuda() is None, reason='an NVIDIA GPU answers here')
def test_what_cannot_run_says_why() -> None:
    with pytest.raises(BackendError, match=r'backend cuda: .*use backend auto or cpu'):
        make_backend('cuda', tiny_network())


def test_threads_are_bounded_as_asked() -> None:
    before = torch.get_num_threads()
    try:
        make_backend('cpu', tiny_network(), threads=3)
        assert torch.get_num_threads() == 3
        make_backend('cpu', tiny_network())
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    with pytest.raises(ValueError, match='threads = -1'):
        make_backend('cpu', tiny_network(), threads=-1)
