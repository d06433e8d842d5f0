# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What is to be built, and the file through which the child process learns of it."""

from dataclasses import asdict, dataclass
import json
from pathlib import Path

from dense_hand_pose.codec.config import DecodingConfig

from ..model import Model

ENGINE, REQUEST = 'engine.pt2', 'request.json'


@dataclass(frozen=True)
class BuildRequest:
    """A model, its decoding, crops at a time, and 'float16' or 'float32'."""

    model: Model
    decoding: DecodingConfig
    batch: int
    precision: str

    def write(self, folder: Path) -> None:
        """Write the request into a folder."""
        values = {
            'model': str(self.model.path.resolve()),
            'sha256': self.model.sha256,
            'decoding': asdict(self.decoding),
            'batch': self.batch,
            'precision': self.precision,
        }
        (folder / REQUEST).write_text(json.dumps(values))

    @classmethod
    def read(cls, folder: Path) -> 'BuildRequest':
        """Return the request of a folder; ValueError where the model is another one by now."""
        values = json.loads((folder / REQUEST).read_text())
        model = Model(Path(values['model']))
        if model.sha256 != values['sha256']:
            raise ValueError(f'{model.path} was replaced while its engine was to be built')
        decoding = DecodingConfig(**values['decoding'])
        return cls(model, decoding, int(values['batch']), str(values['precision']))
