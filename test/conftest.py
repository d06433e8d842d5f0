# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What all tests share: hypothesis without deadlines and with the same examples everywhere."""

from collections.abc import Iterator
import sys

from hypothesis import settings
import pytest

settings.register_profile('repository', deadline=None, derandomize=True, max_examples=60)
settings.load_profile('repository')


@pytest.fixture(scope='session', autouse=True)
def _one_torch_thread() -> Iterator[None]:
    """Keep the small tensors of the tests on one thread: more only wait for a busy machine."""
    torch = sys.modules.get('torch')
    if torch is not None:
        torch.set_num_threads(1)
    yield
