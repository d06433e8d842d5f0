# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT as the node shows it: demanded and missing, or built while another one serves."""

from collections.abc import Callable
from pathlib import Path
import threading

from dense_hand_pose.runtimes import host, nvidia
from dense_hand_pose.runtimes.base import Wanted
from dense_hand_pose.runtimes.tensorrt import backend, engines
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
from lifecycle_msgs.msg import Transition
import pytest
from support.fake_tensorrt import FakeTensorRT, isolate
from support.node_fixture import NodeFixture, running_node

pytestmark = pytest.mark.dds

BUILD_S = 120.0


def test_what_is_demanded_and_missing_fails_the_configuration(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, 'why_no_cuda', lambda: 'no NVIDIA driver at all')
    settings = {'model__backend': 'tensorrt', 'model__precision': 'auto', 'autostart': False}
    with running_node(model, wait=False, **settings) as rig:
        assert not rig.change_state(Transition.TRANSITION_CONFIGURE)
        assert rig.state() == 'unconfigured'
        assert rig.until(lambda: rig.logs('no NVIDIA driver at all'))


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTensorRT:
    """Return a TensorRT that seems to be there; PyTorch on the CPU stands for CUDA."""
    fake = FakeTensorRT()
    assert backend  # has read engines.GpuHooks before it is replaced
    isolate(tmp_path, monkeypatch)
    for reason in ('why_no_cuda', 'why_no_tensorrt'):
        monkeypatch.setattr(host, reason, lambda: None)
    monkeypatch.setattr(engines, 'GpuHooks', fake.hooks)

    def load(wanted: Wanted) -> TorchBackend:
        return TorchBackend(wanted.model.network(), 'cpu')

    monkeypatch.setattr(nvidia, 'load_cuda', load)
    return fake


def shows(rig: NodeFixture, text: str) -> Callable[[], bool]:
    """Return whether the newest diagnostics name this backend."""
    return lambda: any(
        pair.value == text
        for status in rig.diagnostics()[-1:]
        for pair in status.values
        if pair.key == 'backend'
    )


def test_diagnostics_show_the_build_and_frames_are_answered_meanwhile(
    model: str, fake: FakeTensorRT
) -> None:
    may_go_on = threading.Event()
    fake.during = lambda: may_go_on.wait(BUILD_S)
    settings = {'model__backend': 'auto', 'model__precision': 'auto'}
    try:
        with running_node(model, diagnostics__period_s=0.2, **settings) as rig:
            assert rig.until(shows(rig, 'cpu (TensorRT engine: half of it is there)'))
            assert len(rig.ask(rig.image()).poses) == 21
            may_go_on.set()
            assert rig.until(shows(rig, 'tensorrt'), BUILD_S)
            assert len(rig.ask(rig.image()).poses) == 21
    finally:
        may_go_on.set()
    assert fake.built == ['float16', 'float16'], 'for one crop and for four'
