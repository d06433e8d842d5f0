# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A signal whose exception got lost still ends the demo."""

from collections.abc import Iterator
import contextlib
import os
import signal

from dense_hand_pose.demo.processes import catch, obey
import pytest

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def _own_handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        catch()
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.parametrize('number', SIGNALS)
@pytest.mark.usefixtures('_own_handlers')
def test_a_lost_interrupt_is_raised_again(number: signal.Signals) -> None:
    catch()
    obey()
    with contextlib.suppress(KeyboardInterrupt):
        os.kill(os.getpid(), number)
        signal.sigtimedwait([], 0.1)  # the handler runs before this returns
    with pytest.raises(KeyboardInterrupt):
        obey()
    catch()
    obey()
