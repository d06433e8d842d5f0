# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Exit statuses and one-line errors of ``python -m dense_hand_pose``."""

from pathlib import Path
import subprocess
import sys

from dense_hand_pose.cli import COMMANDS, completion, main, SHELLS
from dense_hand_pose.cli.common import (
    CommandError,
    configuration,
    number,
    OneLineParser,
    weights,
    whole_number,
)
from dense_hand_pose.cli.evaluate import current_words
import pytest

ROOT = Path(__file__).parents[2]
ESTIMATE = ['estimate', 'a.png', '--out', 'x', '--depth-unit-mm', '1', '--intrinsics']


def run_main(words: list[str]) -> int:
    """Return the exit status of a command line, however it ends."""
    try:
        return main(words)
    except SystemExit as end:
        assert isinstance(end.code, int)
        return end.code


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        ([], 'no command given; expected one of: benchmark, build-engine, dataset, demo'),
        (['estimat'], "unknown command 'estimat'; expected one of: benchmark, build-engine"),
        (['--print-completion', 'fish'], '--print-completion expects one of bash, zsh, tcsh'),
        (['demo', '--seconds', '0'], "'0' is not a length in seconds from 1 to 60"),
        (['demo', '--seconds', 'nan'], "'nan' is not a length"),
        (['demo', '--side', 'both'], "invalid choice: 'both'"),
        (['demo', '--sec', '3'], 'unrecognized arguments: --sec 3'),
        (['demo', '--seed', '1.5'], "'1.5' is not a whole number from 0"),
        (['estimate'], 'the following arguments are required'),
        ([*ESTIMATE, '1', '2', '3'], 'argument --intrinsics: expected 4 arguments'),
        ([*ESTIMATE, '1', '2', 'x', '4'], "'x' is not a finite number"),
        ([*ESTIMATE[:4], '--depth-unit-mm', '0'], "'0' is not a positive number"),
    ],
)
def test_wrong_arguments_give_one_line_and_status_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(words) == 2
    out, err = capsys.readouterr()
    assert out == ''
    assert err.count('\n') == 1
    assert said in err


@pytest.mark.parametrize('command', list(COMMANDS))
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main([command, '--help']) == 0
    assert f'python -m dense_hand_pose {command}' in capsys.readouterr().out


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(['--help']) == 0
    out = capsys.readouterr().out
    assert all(f'  {name}' in out for name in COMMANDS)


def test_the_module_runs_as_a_program() -> None:
    command = [sys.executable, '-m', 'dense_hand_pose', 'nonsense']
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr.startswith("python -m dense_hand_pose: unknown command 'nonsense'")


@pytest.mark.parametrize('text', ['', 'abc', 'inf', '-inf', 'nan', '0', '-1', '5.01'])
def test_number_refuses(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = OneLineParser(prog='p', description=None)
    parser.add_argument('value', type=number('a number in (0, 5]', low=0.0, high=5.0, above=True))
    with pytest.raises(SystemExit):
        parser.parse_args(['--', text])
    assert f'{text!r} is not a number in (0, 5]' in capsys.readouterr().err


def test_numbers_at_the_limits_are_taken() -> None:
    assert number('x', low=0.0, high=5.0)('0') == 0.0
    assert number('x', low=0.0, high=5.0, above=True)('5') == 5.0
    assert whole_number('x', low=1, high=3)('3') == 3


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    import dense_hand_pose

    assert run_main(['--version']) == 0
    assert capsys.readouterr().out == f'dense_hand_pose {dense_hand_pose.__version__}\n'


def test_an_installed_command_is_called_by_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr('sys.argv', ['/usr/bin/dense_hand_pose'])
    assert run_main(['nonsense']) == 2
    assert capsys.readouterr().err.startswith("dense_hand_pose: unknown command 'nonsense'")


@pytest.mark.parametrize('shell', SHELLS)
def test_completion_names_commands_and_options(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(['--print-completion', shell]) == 0
    script = capsys.readouterr().out
    for word in ('record-sample', 'depth-unit-mm', 'seconds'):
        assert word in script


def test_bash_takes_the_completion(tmp_path: Path) -> None:
    script = tmp_path / 'completion.bash'
    script.write_text(completion('bash', 'dense_hand_pose', COMMANDS))
    ask = (
        f'source {script}; COMP_WORDS=(dense_hand_pose rec); COMP_CWORD=1; '
        '$(complete -p dense_hand_pose | sed "s/.*-F //; s/ .*//"); echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(['bash', '-c', ask], capture_output=True, text=True)  # noqa: S607
    assert done.stdout.split() == ['record-sample'], done.stderr


def test_a_closed_pipe_is_no_traceback() -> None:
    command = [sys.executable, '-m', 'dense_hand_pose', '--print-completion', 'bash']
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ''
    assert process.returncode == 1


@pytest.mark.parametrize('text', ['default', 'config/train/default.yaml', 'default.yaml'])
def test_shipped_configurations_are_found_from_anywhere(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert configuration(Path(text)) == ROOT / 'config' / 'train' / 'default.yaml'


def test_other_configurations_are_refused_with_what_there_is() -> None:
    with pytest.raises(CommandError, match=r'shipped configuration \(default, det'):
        configuration(Path('nowhere.yaml'))


def test_weights_have_a_path_or_a_shipped_name(tmp_path: Path) -> None:
    assert weights(Path('default')).name == 'default.safetensors'
    assert weights(tmp_path) == tmp_path
    with pytest.raises(CommandError, match=r'shipped models \(default'):
        weights(Path('nowhere'))


@pytest.mark.parametrize(
    ('old', 'new'),
    [
        (['--bag', 'nothing'], 'evaluate bag nothing'),
        (['--out', 'x', '--bag=nothing'], 'evaluate bag nothing'),
        (['--dataset', 'synthetic-test', '--center', 'middle'], 'evaluate frames'),
        (['--dataset', 'synthetic-scenes', '--sequences', '-1'], 'evaluate scenes'),
        (['--dataset=verdict-test', '--frames', '0'], 'evaluate presence'),
        (['--dataset', 'nyu', '--labels', 'a'], 'evaluate predictions --dataset nyu'),
    ],
)
def test_former_options_of_evaluate_reach_the_sub_command_with_a_hint(
    old: list[str], new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run_main(['evaluate', *old])
    hint, refusal = capsys.readouterr().err.splitlines()
    assert status == 2
    assert hint.endswith(f'deprecated, write `{new}`')
    assert refusal.startswith('python -m dense_hand_pose evaluate')


def test_former_options_of_evaluate_stay_those_of_a_sub_command() -> None:
    words = ['predictions', '--dataset', 'nyu', '--labels', 'a']
    assert current_words(words) == words
