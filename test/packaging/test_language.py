# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The documents keep the language rule of CONTRIBUTING: facts of today, plain words."""

from functools import cache
from pathlib import Path
import re

import pytest
from support.document_words import CURRENT, prose, ROOT

RULE = ROOT / 'CONTRIBUTING.md'
AVOIDED = {
    r'so many|so much of': 'give the number',
    r'(?:is|are) none|but for|for want of|lives? on': 'say what is or is not',
    r'anew': 'again, rebuilt, restarted',
    r'(?:no|some|every)body': 'name the user, subscriber or tool',
    r'knows?|believes?|says?|said|tells?|told|opinion|wants': 'code returns, logs, shows, needs',
    r'no longer|formerly|used to be|an? earlier (?:version|commit)': 'history has its files',
}
"""Words of the prose, outside of backticks, and what to write instead."""


@cache
def sentences(document: Path) -> str:
    """Return the prose of a document without code, links' targets and quotations."""
    text = re.sub(r'`[^`]*`|\]\([^)]*\)', ' ', prose(document))
    if document == RULE:  # the rule names what it forbids
        text = re.sub(r'^## Language\n.*?^## ', '', text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r'(?<![*\w])\*[^*\n]+\*(?![*\w])|"[^"\n]+"', ' ', text)


@pytest.mark.parametrize('document', CURRENT, ids=lambda path: path.name)
@pytest.mark.parametrize('words', AVOIDED)
def test_documents_avoid(words: str, document: Path) -> None:
    found = re.findall(rf'.*\b(?:{words})\b.*', sentences(document), re.IGNORECASE)
    assert not found, AVOIDED[words]


@pytest.mark.parametrize('words', AVOIDED)
def test_the_patterns_find_what_they_are_for(words: str) -> None:
    examples = {
        'So many hands are followed at most.',
        'There is none in sight, but for one.',
        'It is built anew.',
        'Nobody listens.',
        'The node says why.',
        'It no longer fails.',
    }
    found = [text for text in examples if re.search(rf'\b(?:{words})\b', text, re.IGNORECASE)]
    assert len(found) == 1
