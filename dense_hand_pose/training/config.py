# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of a training, read from YAML and checked: types, ranges, names."""

from dataclasses import asdict, dataclass, field, fields
import math
from pathlib import Path
from typing import Any, TypeVar

from dense_hand_pose.datasets.facts import DATASETS
from dense_hand_pose.network.config import CONFIGURATIONS, NetworkConfig
from dense_hand_pose.safe_output import refusing
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.synthesis.seeds import CROPS_OF_SEED_0, RUNS
import yaml

from .data.augmentation import Augmentation


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """
    Weights of the loss terms and the widths of their quadratic parts.

    ``beta`` is that of the maps, ``coordinates_beta`` that of the joints in half cubes.
    ``presence`` weighs whether there is a hand, where crops without one are among the data.
    """

    heat_2d: float = 1.0
    heat_3d: float = 1.0
    direction: float = 1.0
    coordinates: float = 2.0
    presence: float = 0.3
    beta: float = 0.05
    coordinates_beta: float = 0.05

    def __post_init__(self) -> None:
        """Refuse negative weights."""
        check_types(self, 'loss.')
        for entry in fields(self):
            if getattr(self, entry.name) < 0.0:
                raise ValueError(f'loss.{entry.name} = {getattr(self, entry.name)}: below zero')


_Part = TypeVar('_Part')

_IN_WORDS: dict[type, str] = {
    bool: 'true or false',
    int: 'a whole number',
    float: 'a finite number, such as 2.0e-3',
}


def check_types(config: Any, prefix: str = '') -> None:
    """Refuse numbers of another type than their setting's, as YAML reads 2e-3: a string."""
    for entry in fields(config):
        value, expected = getattr(config, entry.name), type(entry.default)
        if expected not in (bool, int, float):
            continue
        fits = type(value) is expected or (expected is float and type(value) is int)
        if not fits or (expected is float and not math.isfinite(value)):
            raise ValueError(f'{prefix}{entry.name} = {value!r}: expected {_IN_WORDS[expected]}')


def refuse_unknown(kind: type[Any], values: dict[str, Any]) -> None:
    """Raise ValueError for settings that a dataclass does not have, with those that it has."""
    known = {entry.name for entry in fields(kind)}
    unknown = sorted(str(key) for key in set(values) - known)
    if unknown:
        raise ValueError(
            f'unknown settings {", ".join(unknown)}: known are {", ".join(sorted(known))}'
        )


def part_of(kind: type[_Part], name: str, value: Any) -> _Part:
    """Build a part of the settings from a mapping; ValueError names what it is called."""
    known = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(value, dict) or set(value) - known:
        raise ValueError(f'{name} {value!r}: expected a mapping of {", ".join(sorted(known))}')
    return kind(**value)


SCHEDULES = ('cosine', 'wsd', 'step')
OPTIMISERS = ('adamw', 'muon', 'adam')
AUTO = 'auto'
PRECISIONS = (AUTO, 'float32', 'bfloat16', 'float16')
DEVICES = ('auto', 'cpu', 'cuda')
RENDERED = ('synthetic', 'searched', 'unlabelled')
"""Data that are rendered, wholly or by half; the others are recorded."""
TEACHABLE = ('synthetic', 'unlabelled')
"""Data that a teacher's maps can be the targets of."""
COMPILED = ('', 'default', 'reduce-overhead', 'max-autotune')
MAY_CHANGE = ('samples', 'minutes', 'processes', 'threads', 'workers', 'device', 'compile_mode')
"""What a resumed training may have otherwise: its budget, and how the machine is used."""


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """
    Everything that decides what a training does.

    ``data``: 'synthetic'; 'searched', of which half is that and half the places at which a search
    by ``detector`` looks in ``scenes`` scenes (mining/places.py), kept in a folder that is given
    at the start; 'unlabelled', of which half is that and half hands in the bags of a folder
    (data/unlabelled.py); or a data set, whose folder is given; of MSRA ``held_out`` is the subject
    to test on. ``cube_m`` and ``augmentation`` are those of data sets.

    ``teacher``: weights, a name or a file, whose maps are the targets in the place of labels
    (objectives/distillation.py), '' for none.

    ``optimiser``: 'adamw', 'muon' for the kernels of hidden convolutions (optimisers.py), or
    'adam', the paper's, with beta1 = 0.5 and without decay of the weights.

    The learning rate rises over ``warmup_steps`` and follows ``schedule`` (schedule.py) over the
    budget: ``samples`` seen or ``minutes`` of training time, whichever ends first (0 = no such
    limit). ``batch_size`` is that of all ``processes`` together; each has ``threads`` (0: as many
    as there are cores for it) and ``workers`` that render (0: one for each core that is left).
    ``precision`` is that of the network's products, 'auto' bfloat16 where the device multiplies it
    and float32 elsewhere (runs.py); ``compile_mode`` is one of torch.compile, '' for none.
    ``sync_batch_norm`` (GPUs only) normalises over the whole batch rather than over each process's
    part of it; ``batch_renorm`` draws each batch's statistics towards the running ones
    (network/blocks.py).
    """

    network: NetworkConfig = field(default_factory=lambda: CONFIGURATIONS['default'])
    loss: LossConfig = field(default_factory=LossConfig)
    data: str = 'synthetic'
    scenes: int = 20_000
    detector: str = 'detector'
    teacher: str = ''
    held_out: str = ''
    cube_m: float = 0.30
    augmentation: Augmentation = field(default_factory=Augmentation)
    samples: int = 1_000_000
    minutes: float = 0.0
    batch_size: int = 32
    optimiser: str = 'adamw'
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup_steps: int = 500
    schedule: str = 'cosine'
    decay_share: float = 0.3
    gradient_norm: float = 1.0
    ema_decay: float = 0.999
    seed: int = 0
    threads: int = 0
    workers: int = 1
    processes: int = 1
    device: str = 'auto'
    precision: str = 'auto'
    compile_mode: str = ''
    sync_batch_norm: bool = False
    batch_renorm: bool = False
    validation_samples: int = 512
    validate_every: int = 2000
    checkpoint_every: int = 500

    def __post_init__(self) -> None:
        """Check types and ranges; errors name the value."""
        check_types(self)
        if self.samples <= 0 and self.minutes <= 0:
            raise ValueError('samples and minutes are both 0: the training would never end')
        positive = (
            'batch_size', 'learning_rate', 'validation_samples', 'validate_every',
            'checkpoint_every', 'gradient_norm', 'processes', 'scenes',
        )  # fmt: skip
        for name in positive:
            if getattr(self, name) <= 0:
                raise ValueError(f'{name} = {getattr(self, name)}: expected a positive number')
        for name in ('samples', 'minutes', 'weight_decay', 'warmup_steps', 'threads', 'workers'):
            if getattr(self, name) < 0:
                raise ValueError(f'{name} = {getattr(self, name)}: expected 0 or more')
        self._check_choices()
        self._check_processes()
        if self.batch_renorm and self.sync_batch_norm:
            raise ValueError('batch_renorm and sync_batch_norm exclude each other: choose one')
        if not 0.0 <= self.ema_decay < 1.0:
            raise ValueError(f'ema_decay = {self.ema_decay}: expected 0 <= decay < 1')
        if not 0.0 <= self.decay_share <= 1.0:
            raise ValueError(f'decay_share = {self.decay_share}: expected 0 to 1')
        self._check_seed()
        self._check_data()
        self._check_teacher()
        if self.data in ('searched', 'unlabelled') and self.network.task != 'dense':
            raise ValueError(
                f"data = {self.data!r}: for networks of task 'dense', not {self.network.task!r}"
            )

    def _check_choices(self) -> None:
        choices = {
            'optimiser': OPTIMISERS, 'schedule': SCHEDULES, 'precision': PRECISIONS,
            'compile_mode': COMPILED, 'device': DEVICES, 'data': (*RENDERED, *DATASETS),
        }  # fmt: skip
        for name, known in choices.items():
            value = getattr(self, name)
            if value not in known:
                raise ValueError(f'{name} = {value!r}: expected {" or ".join(known)}')

    def _check_seed(self) -> None:
        if not 0 <= self.seed < RUNS:
            raise ValueError(f'seed = {self.seed}: expected 0 to {RUNS - 1}')
        if self.seed == 0 and self.batch_size > CROPS_OF_SEED_0 and self.data in RENDERED:
            raise ValueError(
                f'batch_size = {self.batch_size}: with seed = 0 from its hand {CROPS_OF_SEED_0} '
                'on a batch would hold hands of the validation; choose another seed'
            )

    def _check_data(self) -> None:
        synthetic = self.data in RENDERED
        joints = len(HAND_21 if synthetic else DATASETS[self.data].skeleton)
        if self.network.joints != joints:
            said = 'the synthetic hands have' if synthetic else f'the hands of {self.data} have'
            raise ValueError(f'network.joints = {self.network.joints}: {said} {joints}')
        if not 0.1 <= self.cube_m <= 1.0:
            raise ValueError(f'cube_m = {self.cube_m}: expected 0.1 to 1.0 m')

    def _check_teacher(self) -> None:
        if type(self.teacher) is not str:
            raise ValueError(f'teacher = {self.teacher!r}: expected a name or a path')
        if self.data == 'unlabelled' and not self.teacher:
            raise ValueError("teacher = '': data = 'unlabelled' have no labels; name the weights")
        if self.teacher and (self.data not in TEACHABLE or self.network.task != 'dense'):
            raise ValueError(
                f'teacher = {self.teacher!r}: for networks of task dense and data '
                f'{" or ".join(TEACHABLE)}, not {self.network.task} and {self.data}'
            )

    def _check_processes(self) -> None:
        if self.batch_size % self.processes:
            raise ValueError(
                f'batch_size = {self.batch_size}: no multiple of processes = {self.processes}, '
                'which share every batch evenly'
            )
        if self.validation_samples <= (self.processes - 1) * self.batch_size:
            raise ValueError(
                f'validation_samples = {self.validation_samples}: fewer batches of '
                f'{self.batch_size} than processes ({self.processes})'
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain types; ``from_dict`` makes the same ones of them."""
        return {**asdict(self), 'network': self.network.to_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> 'TrainingConfig':
        """Build from plain types; ``network`` is the name of a configuration or a mapping."""
        refuse_unknown(cls, values)
        chosen = dict(values)
        if 'network' in chosen:
            chosen['network'] = _network(chosen['network'])
        if 'loss' in chosen:
            chosen['loss'] = part_of(LossConfig, 'loss', chosen['loss'])
        if 'augmentation' in chosen:
            chosen['augmentation'] = part_of(Augmentation, 'augmentation', chosen['augmentation'])
        return cls(**chosen)


def _network(value: Any) -> NetworkConfig:
    if isinstance(value, str):
        if value not in CONFIGURATIONS:
            raise ValueError(
                f'network {value!r}: expected one of {", ".join(CONFIGURATIONS)} or a mapping'
            )
        return CONFIGURATIONS[value]
    if not isinstance(value, dict):
        raise ValueError(f'network {value!r}: expected a name or a mapping')
    return NetworkConfig.from_dict(value)


def load_config(path: Path) -> TrainingConfig:
    """Read a YAML file; ValueError names the file and the setting that is wrong."""
    with refusing(lambda reason: ValueError(f'{path}: {reason}')):
        values = yaml.safe_load(path.read_text(encoding='utf-8')) or {}
        if not isinstance(values, dict):
            raise ValueError('expected a mapping of settings')
        return TrainingConfig.from_dict(values)
