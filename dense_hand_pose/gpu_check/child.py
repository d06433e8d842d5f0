# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The child process of one step: ``python -m dense_hand_pose.gpu_check.child STEP CHECK``.

Writes STEP.json into the report's folder. Ends with status 0, with CANNOT_RUN and the reason as
its last line, or with a traceback.
"""

from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
import json
import os
import sys

from dense_hand_pose.runtimes.process import keep_memory, wait_passively

from .hooks import hooks_of
from .plan import CannotRunError, Check, StepFindings, STEPS
from .run import CANNOT_RUN


def main(name: str, check: Check) -> int:
    """Run one step and write what it found."""
    step = next(step for step in STEPS if step.name == name)
    if check.dry:
        # Engines of a dry run do not belong into the user's cache.
        os.environ['XDG_CACHE_HOME'] = str(check.path / 'dry_run_cache')
    wait_passively()
    keep_memory()
    missing = hooks_of(check).why_no_gpu() if step.needs_gpu else None
    if missing is not None:
        return _cannot(missing)
    module, _, function = step.function.partition(':')
    run: Callable[[Check, StepFindings], None]
    run = getattr(import_module(f'.{module}', __package__), function)
    findings = StepFindings()
    try:
        run(check, findings)
    except CannotRunError as error:
        return _cannot(str(error))
    finally:
        # What was found before a step failed stands in the report, too.
        text = json.dumps(asdict(findings))
        (check.path / f'{name}.json').write_text(text, encoding='utf-8')
    return 0


def _cannot(why: str) -> int:
    print(why, flush=True)
    return CANNOT_RUN


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], Check.from_json(sys.argv[2])))
