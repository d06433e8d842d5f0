# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What /proc/cpuinfo says of processors, as those print it."""

from pathlib import Path

from dense_hand_pose.runtimes import host
import pytest

ARM = 'processor\t: 0\nFeatures\t: fp asimd {}\nCPU implementer\t: 0x41\nCPU part\t: {}\n\n'
EPYC = 'processor\t: 0\nmodel name\t: AMD EPYC 9B14\nflags\t\t: fpu avx512f avx512_bf16\n\n'
OLD = 'processor\t: 0\nmodel name\t: Old Lake\nflags\t\t: fpu avx2\n\nflags\t: amx_bf16\n'
ORIN, THOR = ARM.format('dcpop', '0xd42'), ARM.format('bf16 i8mm', '0xd83')


@pytest.fixture(autouse=True)
def _reread() -> None:
    host._cpuinfo.cache_clear()


@pytest.mark.parametrize(
    ('text', 'bfloat16', 'name'),
    [(EPYC, True, 'AMD EPYC 9B14'), (OLD, False, 'Old Lake'), (ORIN, False, '0x41 0xd42'),
     (THOR, True, '0x41 0xd83'), ('', False, '')],
)  # fmt: skip
def test_processors(
    text: str, bfloat16: bool, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / 'cpuinfo'
    path.write_text(text)
    monkeypatch.setattr(host, '_CPUINFO', path)
    assert host.cpu_computes_bfloat16() == bfloat16
    assert host.cpu_name().startswith(name)
    host._cpuinfo.cache_clear()


def test_no_such_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, '_CPUINFO', tmp_path / 'none')
    assert not host.cpu_computes_bfloat16()
    assert host.cpu_name()
    host._cpuinfo.cache_clear()
