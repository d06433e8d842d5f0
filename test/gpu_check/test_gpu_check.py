# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The check of a GPU without one: its steps, their limits, and the report."""

from collections.abc import Sequence
import json
from pathlib import Path
import time

from dense_hand_pose.cli import main
from dense_hand_pose.gpu_check.machine import jetson
from dense_hand_pose.gpu_check.plan import Check, Outcome, Step, STEPS
from dense_hand_pose.gpu_check.run import as_markdown, run_check
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.runtimes.host import why_no_cuda
import pytest
from support.tiny import tiny_network

CHILD = """
import json, pathlib, sys, time
name, check = sys.argv[1], json.loads(sys.argv[2])
out = pathlib.Path(check['folder'], name + '.json')
if name == 'works':
    out.write_text(json.dumps({'figures': {'a figure': 1.5}, 'rows': [{'x': 'a|b'}]}))
elif name == 'cannot':
    print('some output'); print('no such thing here'); sys.exit(3)
elif name == 'fails':
    out.write_text(json.dumps({'figures': {'before': 1}, 'rows': []}))
    raise RuntimeError('broken')
elif name == 'dies':
    import os; os.kill(os.getpid(), 9)
elif name == 'hangs':
    import subprocess
    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
    pathlib.Path(check['folder'], 'grandchild').write_text(str(child.pid))
    time.sleep(600)
elif name == 'silent':
    pass
"""


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / 'a_child.py').write_text(CHILD)
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    return 'a_child'


def steps(*names: str, limit_s: float = 60.0) -> Sequence[Step]:
    return [Step(name, f'Step {name}', 'none:none', limit_s) for name in names]


def alive(pid: int) -> bool:
    try:
        state = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0]
    except FileNotFoundError:
        return False
    return state != 'Z'


def test_no_step_keeps_the_others_from_running(tmp_path: Path, child: str) -> None:
    check = Check(str(tmp_path / 'report'))
    names = ('cannot', 'fails', 'dies', 'silent', 'works')
    said: list[str] = []
    outcomes = run_check(check, 8.0, said.append, steps(*names), child)
    states = {outcome.name: (outcome.state, outcome.why) for outcome in outcomes}
    assert states['cannot'] == ('not run', 'no such thing here')
    assert states['fails'] == ('failed', 'status 1: RuntimeError: broken')
    assert outcomes[1].findings.figures == {'before': 1}
    assert states['dies'] == ('failed', 'ended by SIGKILL: it said nothing')
    assert states['silent'][0] == 'failed'
    assert states['works'] == ('done', '')
    written = json.loads((tmp_path / 'report' / 'report.json').read_text())
    assert [step['state'] for step in written['steps']] == [o.state for o in outcomes]
    text = (tmp_path / 'report' / 'report.md').read_text()
    assert '| Step cannot | not run |' in text
    assert '| a figure | 1.5 |' in text
    assert 'a\\|b' in text
    assert any('Step works' in line for line in said)


def test_a_step_that_hangs_is_stopped_with_all_that_it_started(tmp_path: Path, child: str) -> None:
    check = Check(str(tmp_path / 'report'))
    begin_s = time.monotonic()
    outcomes = run_check(check, 8.0, lambda _: None, steps('hangs', 'works', limit_s=5.0), child)
    assert time.monotonic() - begin_s < 60.0
    assert [o.state for o in outcomes] == ['timed out', 'done']
    assert outcomes[0].why == 'stopped after 5 s'
    pid = int((tmp_path / 'report' / 'grandchild').read_text())
    deadline = time.monotonic() + 10.0
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


def test_what_there_is_no_time_for_is_left_out(tmp_path: Path, child: str) -> None:
    check = Check(str(tmp_path / 'report'))
    outcomes = run_check(check, 0.01, lambda _: None, steps('works', 'works'), child)
    assert {o.state for o in outcomes} == {'not run'}
    assert 'no time was left' in outcomes[0].why


def test_limits_fit_the_whole() -> None:
    assert sum(step.limit_s for step in STEPS) <= 8.5 * 60.0
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_a_row_without_a_column_has_an_empty_cell() -> None:
    outcome = Outcome('a', 'A', 'done')
    outcome.findings.rows = [{'x': 1.23456789, 'y': 12345.6}, {'x': None, 'z': True}]
    text = as_markdown(Check('.', dry=True), [outcome])
    assert '| x | y | z |\n| --- | --- | --- |\n| 1.235 | 12,346 |  |\n|  |  | True |' in text
    assert '**A dry run**' in text


def test_a_jetson_is_described(tmp_path: Path) -> None:
    assert jetson(tmp_path) == {}
    (tmp_path / 'proc/device-tree').mkdir(parents=True)
    (tmp_path / 'proc/device-tree/model').write_bytes(b'NVIDIA Jetson Orin NX\0')
    (tmp_path / 'etc').mkdir()
    (tmp_path / 'etc/nv_tegra_release').write_text('# R36 (release), REVISION: 4.3\nmore\n')
    clock = tmp_path / 'sys/class/devfreq/17000000.gpu/cur_freq'
    clock.parent.mkdir(parents=True)
    clock.write_text('918000000\n')
    found = jetson(tmp_path)
    assert found['board'] == 'NVIDIA Jetson Orin NX'
    assert found['L4T'] == '# R36 (release), REVISION: 4.3'
    assert found['clock of 17000000.gpu (Hz)'] == '918000000'


@pytest.fixture(scope='module')
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('weights') / 'tiny.safetensors'
    save_weights(tiny_network(), path, {})
    return path


@pytest.mark.slow
def test_a_dry_run_tries_every_step(tiny: Path, tmp_path: Path) -> None:
    words = ['gpu-check', '--out', str(tmp_path / 'out'), '--model', str(tiny), '--minutes', '30']
    assert main([*words, '--dry-run', '--quick']) == 0
    found = json.loads((tmp_path / 'out' / 'report.json').read_text())
    by_name = {step['name']: step for step in found['steps']}
    states = {name: (step['state'], step['why']) for name, step in by_name.items()}
    assert {state for state, _ in states.values()} == {'done'}, states
    engines = by_name['engine']['findings']['rows']
    assert [row['crops'] for row in engines] == [1, 4]
    assert all(row['mean mm from float32'] < 0.5 for row in engines)
    assert all(row['operations left to PyTorch'] > 50 for row in engines)
    agreement = by_name['agreement']['findings']['rows']
    assert {row['backend'] for row in agreement} >= {'tensorrt', 'cuda', 'cpu'}
    assert any(row.get('accepted') for row in agreement if row['backend'] == 'tensorrt')
    assert by_name['training']['findings']['rows'][0]['crops/s'] > 0
    assert by_name['rendering']['findings']['figures']['bytes a crop'] > 100
    assert '**A dry run**' in (tmp_path / 'out' / 'report.md').read_text()


@pytest.mark.slow
@pytest.mark.skipif(why_no_cuda() is None, reason='an NVIDIA GPU answers here')
def test_without_a_gpu_the_report_says_why_for_every_step(tiny: Path, tmp_path: Path) -> None:
    words = ['gpu-check', '--out', str(tmp_path / 'out'), '--model', str(tiny), '--minutes', '30']
    assert main([*words, '--quick']) == 0
    found = json.loads((tmp_path / 'out' / 'report.json').read_text())
    needing = {step.name for step in STEPS if step.needs_gpu}
    for step in found['steps']:
        if step['name'] in needing:
            assert (step['state'], step['why']) == ('not run', why_no_cuda())
        else:
            assert step['state'] == 'done', step


def test_a_model_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(['gpu-check', '--out', str(tmp_path / 'out'), '--model', 'none']) == 2
    assert "model 'none'" in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


HIDDEN = """
import importlib.abc, sys
class Hide(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {hidden!r}:
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)
sys.meta_path.insert(0, Hide())
"""
ABSENT = (
    'rclpy', 'openvino', 'openvino_telemetry', 'rosbags', 'torch_tensorrt', 'matplotlib', 'scipy',
    'lz4', 'backports', 'shtab', 'PIL',
)  # fmt: skip


@pytest.mark.slow
def test_it_runs_with_the_packages_of_a_machine_for_training(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That has torch, numba, safetensors, OpenCV, PyYAML, tqdm and pytest, and none of ABSENT."""
    (tmp_path / 'sitecustomize.py').write_text(HIDDEN.format(hidden=ABSENT))
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    check = Check(str(tmp_path / 'out'), str(tiny), dry=True, quick=True)
    some = [step for step in STEPS if step.name in ('machine', 'agreement', 'tests', 'training')]
    outcomes = run_check(check, 30.0, lambda _: None, some)
    assert {o.state for o in outcomes} == {'done'}, [(o.name, o.why) for o in outcomes]
    rows = outcomes[1].findings.rows
    assert [row['why not'] for row in rows if row['backend'] == 'openvino'] == [
        'OpenVINO is not installed (pip install openvino)'
    ]
