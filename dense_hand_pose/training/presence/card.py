# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The section on the presence and handedness head in the card of its weights."""

from dataclasses import asdict
import re

import yaml

from .config import PresenceConfig

TITLE = '## Is there a hand, and which'
_SECTION = """{title}

A head that was trained after the network, which itself it leaves as it was: presence and side
(network/presence.py). It learnt from {hands:,} crops of hands and {others:,} of other places
(synthesis/negatives.py), of seed 2 ** 44 + {seed}{searched}; commit {commit}. The last
epoch's mean loss was {loss:.4f}. Made from weights with the SHA-256 {digest} by

```
python -m dense_hand_pose train --config CONFIG --init WEIGHTS --out DIR
```

with the settings

```yaml
{settings}```

{figures}"""


_SEARCHED = (
    ',\nand from what a search by `{detector}` looks at in {scenes:,} whole scenes '
    '(training/mining/proposals.py),\neach counted {weight} times'
)


def make_section(
    config: PresenceConfig, digest: str, commit: str, loss: float, figures: str
) -> str:
    """Return the section (Markdown) of a head with its figures (Markdown)."""
    return _SECTION.format(
        title=TITLE,
        hands=config.hands,
        others=config.others,
        seed=config.seed,
        searched=_searched(config),
        commit=commit,
        loss=loss,
        digest=digest[:12],
        settings=yaml.safe_dump({'learns': 'presence', **asdict(config)}, sort_keys=False),
        figures=figures,
    )


def _searched(config: PresenceConfig) -> str:
    if not config.scenes:
        return ''
    return _SEARCHED.format(
        detector=config.detector, scenes=config.scenes, weight=config.scene_weight
    )


def add_section(card: str, section: str) -> str:
    r"""
    Return the card with the section at its end; one of a former head is left out.

    >>> add_section(f'# A\n\n{TITLE}\n\nold\n\n## B\n', f'{TITLE}\n\nnew\n')
    '# A\n\n## B\n\n## Is there a hand, and which\n\nnew\n'
    """
    former = re.compile(rf'^{re.escape(TITLE)}$.*?(?=^## |\Z)', re.MULTILINE | re.DOTALL)
    return f'{former.sub("", card).rstrip()}\n\n{section.rstrip()}\n'
