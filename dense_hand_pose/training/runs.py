# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What a training begins with, its precision among it, and the network of a training so far.

``precision: auto`` is bfloat16 where the device multiplies it by itself, float32 elsewhere: a
processor that emulates it takes 14 times as long for a step (docs/experiments.md).
"""

from dataclasses import replace
from pathlib import Path
import sys

from dense_hand_pose.datasets.facts import DATASETS
from dense_hand_pose.datasets.opening import open_protocol
from dense_hand_pose.evaluation.predictions.text_files import write_predictions
from dense_hand_pose.network.baselines import build_network, HandNet
from dense_hand_pose.network.blocks import renormalise
from dense_hand_pose.network.dense_regression import add_stacks, DenseRegressionNet, may_grow
from dense_hand_pose.network.weight_file import read_notes, sha256_of
from dense_hand_pose.network.weights import load_detector, load_weights
from dense_hand_pose.runtimes.host import cpu_computes_bfloat16, cpu_name
from dense_hand_pose.safe_output import refusing
from safetensors.torch import load_file
import torch
from torch import nn
from tqdm import tqdm

from .checkpoint import CHECKPOINT, choose_checkpoint, Progress, read_header, spent
from .config import AUTO, TrainingConfig
from .data.datasets import spaced_batches, true_center_batch
from .distributed import Group
from .objectives.objectives import joint_method_of

_AMPERE = (8, 0)
"""The first compute capability whose tensor cores multiply bfloat16."""


def beginning(init: Path | None) -> Progress:
    """Return a progress of nothing yet, with what the weights that it starts from have seen."""
    if init is None:
        return Progress()
    seen = read_notes(init).get('samples', '0')
    return Progress(
        begun_from=f'{init.name} (SHA-256 {sha256_of(init)[:12]})',
        samples_before=int(seen) if seen.isdecimal() else 0,
    )


def make_network(config: TrainingConfig, init: Path | None, device: torch.device) -> HandNet:
    """
    Build the network on a device, channels last, random or from a weight file.

    Weights with fewer stacks than the configuration asks for get the others (add_stacks).
    ValueError when the file holds another architecture than the configuration asks for, or for
    ``sync_batch_norm`` without a GPU: PyTorch has it for those alone.
    """
    if config.sync_batch_norm and device.type != 'cuda':
        raise ValueError('sync_batch_norm = true: only on GPUs; set it to false')
    load = load_detector if config.network.task == 'detector' else load_weights
    network: HandNet = load(init) if init else build_network(config.network)
    if isinstance(network, DenseRegressionNet) and not config.network.verdict:
        # The head was trained on features that this training is about to change.
        hidden = config.network.verdict_hidden
        without = replace(network.config, verdict=False, verdict_hidden=hidden)
        network.verdict, network.config = None, without
    if isinstance(network, DenseRegressionNet) and may_grow(network.config, config.network):
        network = add_stacks(network, config.network.stacks)
    if network.config != config.network:
        raise ValueError(f'{init}: another architecture than the configuration asks for')
    add_presence(network, config)
    if config.batch_renorm:
        renormalise(network)
    if config.sync_batch_norm:
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore
    network.to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def add_presence(network: HandNet, config: TrainingConfig) -> None:
    """Let a network learn, in place, whether there is a hand, where the data show it."""
    if config.data == 'searched' and isinstance(network, DenseRegressionNet):
        network.learn_presence()


def offered_precision(device: torch.device) -> tuple[str, str]:
    """Return 'bfloat16' or 'float32' for a device, and why."""
    if device.type == 'cuda':
        major, minor = torch.cuda.get_device_capability(device)
        able, what = (major, minor) >= _AMPERE, f'compute capability {major}.{minor}'
    else:
        able, what = cpu_computes_bfloat16(), cpu_name()
    if able:
        return 'bfloat16', f'{what} multiplies it'
    return 'float32', f'{what} does not multiply bfloat16'


def chosen_precision(wanted: str, group: Group) -> str:
    """
    Return a configured precision; for 'auto' bfloat16 where all processes of a group offer it.

    The main process prints the choice with its own device's reason.
    """
    if wanted != AUTO:
        return wanted
    chosen, reason = offered_precision(group.device)
    share = torch.tensor([float(chosen == 'bfloat16')])
    group.all_reduce_mean_([share])
    if chosen == 'bfloat16' and float(share) < 1.0:
        chosen, reason = 'float32', 'a device of another process does not multiply bfloat16'
    if group.is_main:
        print(f'train: precision auto: {chosen} ({reason})', file=sys.stderr)
    return chosen


_AVERAGE = 'average/module.'


def load_average(folder: Path) -> tuple[HandNet, TrainingConfig]:
    """
    Return the averaged network of a training's folder, in evaluation mode, and its settings.

    ValueError when there is no checkpoint of this package.
    """
    path = folder / CHECKPOINT
    _, settings = read_header(path)
    with refusing(lambda reason: ValueError(f'{path}: no network can be loaded ({reason})')):
        config = TrainingConfig.from_dict(settings)
        network = build_network(config.network)
        add_presence(network, config)
        tensors = {k.removeprefix(_AVERAGE): v for k, v in load_file(path).items()
                   if k.startswith(_AVERAGE)}  # fmt: skip
        network.load_state_dict(tensors)
    return network.eval(), config


def is_complete(folder: Path, config: TrainingConfig) -> bool:
    """
    Say whether a folder holds a training that has used up the budget of ``config``.

    ValueError when the folder's is another training.
    """
    if not (folder / CHECKPOINT).exists():
        return False
    path, _ = choose_checkpoint(folder, config)
    return spent(config, read_header(path)[0]) >= 1.0


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
