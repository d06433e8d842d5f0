# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the documents tell a reader to type: commands, names and links, each with its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import re
import shlex

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob('*.md'), *(ROOT / 'docs').glob('*.md')])
NOTEBOOK = ROOT / 'docs' / 'experiments.md'
"""Append-only: its entries name the paths and parameters of their time."""
CURRENT = [document for document in DOCUMENTS if document != NOTEBOOK]
_FENCE = re.compile(r'^( *)```(\w*)\n(.*?)^\1```$', re.M | re.S)
_SHELL = ('', 'sh', 'bash', 'console')


@dataclass(frozen=True)
class Words:
    """The words of one command line; `whole` when it may be typed as it stands."""

    place: str
    words: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        """Return the command with its place, as pytest shows it."""
        return f'{self.place}: {" ".join(self.words)}'

    def after(self, *start: str) -> tuple[str, ...] | None:
        """Return the words behind the last of `start`, None where these do not occur in a row."""
        for i in range(len(self.words) - len(start) + 1):
            end = i + len(start)
            if self.words[i:end] == start:
                return self.words[end:]
        return None


def prose(document: Path) -> str:
    """Return a document without its fenced blocks."""
    return _FENCE.sub('', document.read_text())


def blocks(document: Path, *languages: str) -> list[str]:
    """Return the fenced blocks in one of the languages, without their indent."""
    found = _FENCE.findall(document.read_text())
    return [
        re.sub(f'^{indent}', '', text, flags=re.M)
        for indent, language, text in found
        if language in languages
    ]


def spans(document: Path) -> list[str]:
    """Return what stands between backticks in the prose, each in one line."""
    return [' '.join(span.split()) for span in re.findall(r'`([^`]+)`', prose(document))]


def command_lines(document: Path) -> Iterator[Words]:
    """Yield every simple command of the shell blocks, and every span (not `whole`)."""
    for block in blocks(document, *_SHELL):
        for line in block.replace('\\\n', ' ').splitlines():
            for words in _commands(line):
                yield Words(document.name, words, whole=True)
    for span in spans(document):
        for words in _commands(span):
            yield Words(document.name, words, whole=False)


def _commands(line: str) -> Iterator[tuple[str, ...]]:
    """Yield the simple commands of a line, without its comment and its assignments."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars='|&;')
    lexer.whitespace_split = True
    try:
        tokens = list(lexer)
    except ValueError:  # an apostrophe of a sentence: no command
        return
    words: list[str] = []
    for token in [*tokens, ';']:
        if token and set(token) <= set('|&;'):
            while words and re.match(r'[A-Z_]+=', words[0]):
                words.pop(0)
            if words:
                yield tuple(words)
            words = []
        else:
            words.append(token)


def links(document: Path) -> list[str]:
    """Return the targets of links and pictures that lead to this repository."""
    found = re.findall(r'\]\(([^)\s]+)\)', prose(document))
    return [target for target in found if '://' not in target]


def anchors(document: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a document."""
    headings = re.findall(r'^#+ (.*)$', prose(document), re.M)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}
