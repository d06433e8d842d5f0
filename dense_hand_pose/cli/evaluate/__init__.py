# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure a model on a recording, on frames or on scenes, or prediction files against labels.

bag: every depth frame of a bag passes the estimator that the node uses, or the results that a bag
holds are read. frames: whole depth frames, one by one: held-out synthetic ones, or recorded ones
in .npz files. scenes: hands found in whole synthetic scenes with none, one or two of them, and
followed in sequences. predictions: text files with one frame a line, three numbers a joint, of
NYU, ICVL or MSRA. presence: whether crops show a hand, and which.
All print a table; --out adds metrics, CSV and plots, for a bag a report in one HTML page.
"""

import argparse
from collections.abc import Sequence
import sys
from types import ModuleType

from dense_hand_pose.safe_output import printable

from . import bag, frames, predictions, presence, scenes

_SUB_COMMANDS: dict[str, ModuleType] = {
    'bag': bag,
    'frames': frames,
    'scenes': scenes,
    'predictions': predictions,
    'presence': presence,
}
_OLD_DATASETS: dict[str, tuple[str, ...]] = {
    'synthetic-test': ('frames',),
    'synthetic-scenes': ('scenes',),
    'verdict-test': ('presence',),
    **{name: ('predictions', '--dataset', name) for name in predictions.DATASETS},
}
"""Values of the former option --dataset, and what stands for them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands with their options."""
    parts = parser.add_subparsers(dest='sub_command', metavar='PART', required=True)
    for name, module in _SUB_COMMANDS.items():
        (about, *_) = (module.__doc__ or '').strip().splitlines()
        part = parts.add_parser(name, help=about, description=module.__doc__)
        module.add_arguments(part)


def run(args: argparse.Namespace) -> int:
    """Measure, print the table and write the files."""
    return int(_SUB_COMMANDS[args.sub_command].run(args))


def current_words(words: Sequence[str]) -> list[str]:
    """
    Return the words of a command line with a sub-command in place of --bag or --dataset.

    These options of version 0.1 work for one release more; a line on stderr names the new form.
    """
    split = [part for word in words for part in _split(word)]
    for option in ('--bag', '--dataset'):
        if not split or split[0] in _SUB_COMMANDS or option not in split[:-1]:
            continue
        place = split.index(option)
        begin, end = place + 1, place + 2
        while option == '--bag' and end < len(split) and not split[end].startswith('-'):
            end += 1
        values = split[begin:end]
        new = ('bag', *values) if option == '--bag' else _OLD_DATASETS.get(values[0])
        if new is None:
            continue
        old, current = (printable(' '.join(part)) for part in ((option, *values), new))
        print(f'evaluate {old}: deprecated, write `evaluate {current}`', file=sys.stderr)
        return [*new, *split[:place], *split[end:]]
    return list(words)


def _split(word: str) -> tuple[str, ...]:
    """Return an option --bag=X or --dataset=X as two words, another word as it is."""
    name, given, value = word.partition('=')
    return (name, value) if given and name in ('--bag', '--dataset') else (word,)
