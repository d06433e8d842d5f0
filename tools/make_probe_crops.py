# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Render the crops on which precisions are compared: dense_hand_pose/runtimes/data/probe_crops.npz.

Usage: python -m tools.make_probe_crops      (from the repository's root; seconds)
"""

from dense_hand_pose.runtimes.precision import pack, PROBE_FILE
from dense_hand_pose.synthesis.crops import render_crops
from dense_hand_pose.synthesis.seeds import PRESENCE_TEST
import numpy as np

_COUNT = 200


def main() -> None:
    """Render and write."""
    crops = render_crops(PRESENCE_TEST.start, _COUNT)
    PROBE_FILE.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        PROBE_FILE,
        crops=pack(crops.depth),
        centers_m=crops.center_m,
        sizes_m=crops.cube_size_m,
    )
    print(f'{PROBE_FILE}: {_COUNT} crops, {PROBE_FILE.stat().st_size / 1e3:.0f} kB')


if __name__ == '__main__':
    main()
