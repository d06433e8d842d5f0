# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The fingerprint of a graph: its operations change it, the text of its code does not."""

from collections.abc import Callable
from dataclasses import replace
import os
from pathlib import Path
import shutil
import subprocess
import sys

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.runtimes.tensorrt import fingerprint as module
from dense_hand_pose.runtimes.tensorrt.fingerprint import (  # fmt: skip
    graph_fingerprint,
    hash_of_sources,
    program_fingerprint,
    sources,
)
import pytest
from support.tiny import TINY
import torch
from torch import nn, Tensor

PACKAGE = Path(__file__).parents[3] / 'dense_hand_pose'
SOURCES = [path.relative_to(PACKAGE).as_posix() for path in sources(PACKAGE)]


class Scaled(nn.Module):
    """A convolution and a factor."""

    def __init__(self, factor: float = 2.0, width: int = 3) -> None:
        super().__init__()
        self.layer = nn.Conv2d(1, width, 3)
        self.register_buffer('table', torch.full((2,), factor), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Scale the result."""
        return self.layer(x) * self.table[0]


class Renamed(nn.Module):
    """The same with other names."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, 3, 3)
        self.register_buffer('factors', torch.full((2,), 2.0), persistent=False)

    def forward(self, picture: Tensor) -> Tensor:
        """Scale the result."""
        convolved = self.convolution(picture)
        return convolved * self.factors[0]


class Shifted(Scaled):
    """Another operation."""

    def forward(self, x: Tensor) -> Tensor:
        """Shift the result."""
        return self.layer(x) + self.table[0]


def fingerprint(make: Callable[[], nn.Module], size: int = 8) -> str:
    torch.manual_seed(0)
    return program_fingerprint(torch.export.export(make(), (torch.zeros(1, 1, size, size),)))


def test_names_do_not_count() -> None:
    assert fingerprint(Scaled) == fingerprint(Scaled) == fingerprint(Renamed)


@pytest.mark.parametrize(
    'other',
    [
        lambda: fingerprint(Shifted),
        lambda: fingerprint(lambda: Scaled(width=4)),
        lambda: fingerprint(lambda: Scaled(factor=3.0)),
        lambda: fingerprint(Scaled, size=9),
    ],
    ids=['operation', 'shape of weights', 'constant', 'shape of input'],
)
def test_what_is_computed_counts(other: Callable[[], str]) -> None:
    assert other() != fingerprint(Scaled)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    graph_fingerprint.cache_clear()
    return tmp_path / 'cache' / 'dense_hand_pose' / 'graphs'


def test_the_export_happens_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = graph_fingerprint(TINY, DecodingConfig(), 1)
    (kept,) = cache.iterdir()
    assert kept.read_text() == first
    graph_fingerprint.cache_clear()
    monkeypatch.setattr(module, '_exported', lambda *_: pytest.fail('exported again'))
    assert graph_fingerprint(TINY, DecodingConfig(), 1) == first
    kept.write_text('damaged')
    graph_fingerprint.cache_clear()
    monkeypatch.undo()
    monkeypatch.setenv('XDG_CACHE_HOME', str(cache.parents[1]))
    assert graph_fingerprint(TINY, DecodingConfig(), 1) == first


def test_settings_that_change_the_graph_change_it(cache: Path) -> None:
    usual = graph_fingerprint(TINY, DecodingConfig(), 1)
    others = {
        graph_fingerprint(replace(TINY, theta_m=0.09), DecodingConfig(), 1),
        graph_fingerprint(TINY, DecodingConfig(method='mean_shift'), 1),
        graph_fingerprint(TINY, DecodingConfig(), 2),
        graph_fingerprint(replace(TINY, stacks=2), DecodingConfig(), 1),
    }
    assert len(others) == 4
    assert usual not in others
    assert len(list(cache.iterdir())) == 5


@pytest.mark.slow
@pytest.mark.usefixtures('cache')
def test_a_changed_comment_leaves_it(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns('models'))
    for source in SOURCES:
        with (tmp_path / PACKAGE.name / source).open('a') as file:
            file.write('# another line\n')
    assert hash_of_sources(tmp_path / PACKAGE.name) != hash_of_sources(PACKAGE)
    code = (
        'from dense_hand_pose.runtimes.tensorrt.fingerprint import graph_fingerprint as f\n'
        'from dense_hand_pose.network.config import NetworkConfig\n'
        'from dense_hand_pose.codec.config import DecodingConfig\n'
        f'print(f(NetworkConfig.from_dict({TINY.to_dict()!r}), DecodingConfig(), 1))'
    )
    done = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        # Lines of the changed copy are not the package's: no coverage of it.
        env={
            **{name: value for name, value in os.environ.items() if 'COVERAGE' not in name},
            'PYTHONPATH': str(tmp_path),
        },
    )
    assert done.stdout.strip() == graph_fingerprint(TINY, DecodingConfig(), 1)


def test_all_code_that_the_graph_loads_is_read() -> None:
    code = 'import sys, dense_hand_pose.network.graph; print(*sys.modules)'
    result = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    loaded = {name for name in result.stdout.split() if name.startswith('dense_hand_pose.')}
    files = {f'{name.partition(".")[2].replace(".", "/")}.py' for name in loaded}
    # Frames, their cameras and texts of errors: the graph has no part in them.
    others = ('network', 'codec', 'camera', 'skeleton', 'safe_output', 'camera/intrinsics')
    others = (
        *others,
        'camera/depth_image',
        'camera/distortion',
        'camera/input_error',
        'config_fields',
    )
    files -= {f'{name}.py' for name in others}
    assert 'network/graph.py' in files
    assert files <= set(SOURCES)
