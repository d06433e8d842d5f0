# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""See to it that a folder holds the places of a training, gathered once for each machine."""

import os
from pathlib import Path
import time

from torch import distributed

from .places import gather, is_gathered
from ..config import TrainingConfig

_LOOK_S = 1.0


def have_places(
    folder: Path | None, config: TrainingConfig, init: Path | None, resume: bool
) -> None:
    """
    Gather by the weights ``init`` what ``config`` needs and the folder lacks.

    Under torchrun one process of each machine does it and the others wait, for as long as it
    takes: where it fails, torchrun ends them. Raises ValueError for what is missing or does not
    go together, and what ``gather`` raises.
    """
    if folder is None:
        raise ValueError('data: searched needs a folder for the places: add --data DIR')
    if is_gathered(folder, config.scenes):
        return
    if resume:
        # Its own weights, half trained, would gather others.
        raise ValueError(
            f'{folder} lacks places of {config.scenes} scenes: --resume needs those that the '
            'training began with; bring them back, or begin anew with --init'
        )
    if init is None:
        raise ValueError('places are gathered by weights that have a verdict: add --init WEIGHTS')
    if distributed.is_torchelastic_launched() and int(os.environ['LOCAL_RANK']):
        while not is_gathered(folder, config.scenes):
            time.sleep(_LOOK_S)
    else:
        gather(folder, config.scenes, str(init), config.detector)
