# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What tests share: examples of hypothesis, one thread, a cache and a ROS domain of their own."""

from collections.abc import Iterator
import os
import sys

import pytest
from support.ros_domain import isolate

try:
    from hypothesis import settings
except ImportError:  # `gpu-check` runs test/gpu on machines without it
    settings = None

isolate()
if settings is not None:
    settings.register_profile('repository', deadline=None, derandomize=True, max_examples=60)
    settings.load_profile('repository')


@pytest.fixture(scope='session', autouse=True)
def _one_torch_thread() -> Iterator[None]:
    """Keep the small tensors of the tests on one thread: more only wait for a busy machine."""
    torch = sys.modules.get('torch')
    if torch is not None:
        torch.set_num_threads(1)
    yield


@pytest.fixture(scope='session', autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what backends prepare once apart from the user's cache; processes started inherit."""
    before = os.environ.get('XDG_CACHE_HOME')
    os.environ['XDG_CACHE_HOME'] = str(tmp_path_factory.mktemp('cache'))
    yield
    os.environ.pop('XDG_CACHE_HOME')
    if before is not None:
        os.environ['XDG_CACHE_HOME'] = before
