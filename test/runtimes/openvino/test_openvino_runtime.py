# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""OpenVINO against eager PyTorch, whatever the batch and the settings of the decoding."""

from collections.abc import Callable
import importlib.util
from importlib.util import find_spec
from pathlib import Path
import subprocess
import sys
import time

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.weight_file import find_weights
from dense_hand_pose.runtimes.base import Backend, BackendError, Model, Wanted
from dense_hand_pose.runtimes.openvino import runtime
from dense_hand_pose.runtimes.openvino.archive import (
    ExportedGraph,
    read_graph,
    shipped_file,
    write_graph,
)  # fmt: skip
from dense_hand_pose.runtimes.openvino.runtime import OpenVinoBackend, parts_of
from dense_hand_pose.runtimes.precision import disagreement_mm, load_probe, TOLERANCE_MM
from dense_hand_pose.runtimes.registry import make_backend
from dense_hand_pose.runtimes.torch_cpu import load_cpu, TorchBackend
import numpy as np
import pytest

Loader = Callable[[Wanted], Backend]
ROOT = Path(__file__).parents[3]
SHIPPED = Model(find_weights('default'))


def probe(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    crops, centers_m, sizes_m = (part[:count] for part in load_probe())
    return crops, centers_m, sizes_m


@pytest.mark.parametrize('count', [1, 2, 3, 4, 9])
@pytest.mark.parametrize(
    'decoding',
    [DecodingConfig(), DecodingConfig(method='mean_shift', candidates=12, weighted=False)],
    ids=['baked in', 'changed'],
)
def test_any_number_of_crops_gives_what_pytorch_gives(
    model: Model, exported: ExportedGraph, count: int, decoding: DecodingConfig
) -> None:
    backend = OpenVinoBackend(exported, model.config, 'float32', threads=1)
    ours = backend.run(*probe(count), decoding)
    theirs = TorchBackend(model.network(), 'cpu').run(*probe(count), decoding)
    assert ours.presence is None, 'these weights have no head for it'
    for a, b in zip(ours[:5], theirs[:5], strict=True):
        assert a.shape == b.shape
        assert a.dtype == np.float32
    # Weights in fp16 round; candidates of a random network that tie may then change places.
    miss_m = np.linalg.norm(ours.joints_m - theirs.joints_m, axis=-1)
    assert np.quantile(miss_m, 0.8) < 0.5e-3


def test_results_stay_when_the_next_frame_comes(model: Model, exported: ExportedGraph) -> None:
    backend = OpenVinoBackend(exported, model.config, 'float32', threads=1)
    first = backend.run(*probe(1), DecodingConfig())
    before = first.joints_m.copy()
    crops, centers_m, sizes_m = probe(2)
    backend.run(crops[1:], centers_m[1:], sizes_m[1:], DecodingConfig())
    np.testing.assert_array_equal(first.joints_m, before)


def test_threads_sleep_while_there_is_nothing_to_do(model: Model, exported: ExportedGraph) -> None:
    backend = OpenVinoBackend(exported, model.config, 'float32', threads=2)
    backend.run(*probe(4), DecodingConfig())
    begin = time.process_time()
    time.sleep(2.0)
    assert time.process_time() - begin < 0.1


@pytest.mark.parametrize(
    ('load', 'words'),
    [(runtime.load, 'pip install openvino'), (load_cpu, 'pip install torch')],
)
def test_a_runtime_that_is_missing_is_named(
    model: Model, load: Loader, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, 'find_spec', lambda _: None)
    with pytest.raises(BackendError, match=words):
        load(Wanted(model=model))


@pytest.mark.parametrize('count', range(1, 24))
def test_parts_cover_every_crop_once(count: int) -> None:
    parts = list(parts_of(count))
    assert [i for part in parts for i in range(count)[part]] == list(range(count))
    assert max(part.stop - part.start for part in parts) <= 4


def test_all_backends_agree_on_the_shipped_weights() -> None:
    """This fails, too, when the weights or the code have changed since the export."""
    if find_spec('openvino') is None:
        pytest.skip('OpenVINO is not installed')
    graph = read_graph(shipped_file(SHIPPED), SHIPPED)
    assert shipped_file(SHIPPED).stat().st_size <= 6e6
    plain = TorchBackend(SHIPPED.network(), 'cpu')
    assert disagreement_mm(plain, graph.reference_m) < 0.05, 'the export is of other weights'
    for backend in (
        OpenVinoBackend(graph, SHIPPED.config, 'float32', threads=1),
        make_backend('openvino', SHIPPED, threads=1),
        load_cpu(Wanted(model=SHIPPED, threads=1)),
    ):
        miss_mm = disagreement_mm(backend, graph.reference_m)
        assert miss_mm <= TOLERANCE_MM, f'{backend.name} in {backend.precision}'


_ESTIMATE = """
import sys
import numpy as np
from dense_hand_pose import EstimatorConfig, HandPoseEstimator, Intrinsics
estimator = HandPoseEstimator.load(
    sys.argv[1],
    'auto',
    EstimatorConfig(min_confidence=0.0, min_score=0.0, min_new_score=0.0),
    threads=1,
)
board = np.full((480, 640), 0.5, np.float32)
pose = estimator.estimate(board, Intrinsics(500.0, 500.0, 319.5, 239.5), center=(0.0, 0.0, 0.5))
assert np.isfinite(pose.joints).all()
heavy = {'torch', 'numba', 'scipy', 'matplotlib'} & set(sys.modules)
print(estimator.backend_name, *heavy)
"""


def test_an_estimate_over_openvino_loads_no_torch_and_no_renderer(
    model: Model, exported: ExportedGraph
) -> None:
    write_graph(shipped_file(model), exported)
    try:
        done = subprocess.run(
            [sys.executable, '-c', _ESTIMATE, str(model.path)],
            capture_output=True, text=True, check=True, cwd=ROOT,
        )  # fmt: skip
    finally:
        shipped_file(model).unlink()
    assert done.stdout.split() == ['openvino']


_COME_AND_GO = """
import os, signal
from dense_hand_pose.runtimes.registry import make_backend
from dense_hand_pose.runtimes.base import Model
from dense_hand_pose.detection.detector import HandDetector
from dense_hand_pose.network.weight_file import find_weights

for _ in range(3):
    detector = HandDetector.load(backend='openvino')
    backend = make_backend('openvino', Model(find_weights('default')))
del detector, backend
signal.signal(signal.SIGUSR1, lambda *_: print('heard'))
os.kill(os.getpid(), signal.SIGUSR1)
"""


def test_a_signal_is_heard_after_networks_came_and_went() -> None:
    done = subprocess.run(
        [sys.executable, '-c', _COME_AND_GO], capture_output=True, text=True, cwd=ROOT
    )
    assert (done.returncode, done.stdout) == (0, 'heard\n'), done.stderr
