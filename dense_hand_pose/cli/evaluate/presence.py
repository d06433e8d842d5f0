# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The part of ``evaluate`` that measures a model's verdict on held-out crops."""

import argparse
import json
from typing import Any

from ..common import CommandError

OPTIONS: dict[str, Any] = {'frames': 2000, 'model': 'default'}
"""The options of this data set and their defaults; --frames counts the crops of hands."""


def measure_verdict(args: argparse.Namespace) -> int:
    """Ask the network about all crops, print the tables and write metrics.json."""
    from dense_hand_pose.process import wait_passively

    wait_passively()
    from dense_hand_pose.evaluation.presence import measure_presence
    from dense_hand_pose.network.weight_file import find_weights, write_atomically
    from dense_hand_pose.network.weights import load_weights

    try:
        summary, tables = measure_presence(load_weights(find_weights(args.model)), args.frames)
        if args.out is not None:
            args.out.mkdir(parents=True, exist_ok=True)
            write_atomically(args.out / 'metrics.json', json.dumps(summary, indent=2).encode())
    except (OSError, ValueError) as error:
        raise CommandError(str(error), status=2) from error
    print(tables)
    return 0
