# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What a trained network, of whatever task, says of the test frames of a data set."""

from pathlib import Path

from dense_hand_pose.datasets.facts import DATASETS
from dense_hand_pose.datasets.opening import open_protocol
from dense_hand_pose.evaluation.predictions.text_files import write_predictions
import torch
from tqdm import tqdm

from .data.datasets import spaced_batches, true_center_batch
from .objectives.objectives import joint_method_of
from .runs import load_average

_BATCH = 32


@torch.no_grad()
def predict(run: Path, root: Path, predictions: Path, labels: Path) -> int:
    """
    Write predictions and labels of all test frames as ``evaluate`` reads them; return how many.

    ``run`` is the folder of a training on the data set in ``root``. Cubes lie around the mean of
    the true joints. ValueError for a training on other data, and for what is wrong in ``root``.
    """
    network, config = load_average(run)
    if config.data == 'synthetic':
        raise ValueError(f'{run}: trained on synthetic hands; evaluate frames')
    facts = DATASETS[config.data]
    _, test = open_protocol(config.data, root, config.held_out or None)
    method = joint_method_of(config.network, config.loss)
    found = []
    for indices in tqdm(
        spaced_batches(test, _BATCH), unit='batch', dynamic_ncols=True, disable=None
    ):
        batch = true_center_batch(test, indices, config.cube_m)
        found.append(method.joints(network(batch.crop), batch)[0])
    write_predictions(predictions, torch.cat(found).double().numpy(), facts)
    write_predictions(labels, test.joints_m, facts)
    return len(test)
