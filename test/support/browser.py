# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A headless Chromium for tests, spoken to over its debugging pipe (Chrome DevTools Protocol).

No driver and no package is needed: messages are JSON, each ended by a zero byte, on file
descriptors 3 (to the browser) and 4 (from it).
"""

from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
import select
import shutil
import signal
import subprocess
import time
from typing import Any

NAMES = ('chromium', 'chromium-headless-shell', 'chromium-browser', 'google-chrome', 'chrome')
PATIENCE_S = 60.0


def find_browser() -> str | None:
    """Return the program of a Chromium on this machine, if there is one."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """One page of a running browser, with everything that it said and asked for."""

    def __init__(self, send: int, receive: int) -> None:
        self._send, self._receive = send, receive
        self._rest = b''
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        attached = self.call('Target.attachToTarget', targetId=target, flatten=True)
        self._session = attached['sessionId']
        for domain in ('Page', 'Runtime', 'Network', 'Log'):
            self.call(f'{domain}.enable')

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method and return its result."""
        self._number += 1
        message: dict[str, Any] = {'id': self._number, 'method': method, 'params': params}
        if self._session is not None:
            message['sessionId'] = self._session
        os.write(self._send, json.dumps(message).encode() + b'\0')
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = self._next(deadline)
            if answer.get('id') == self._number:
                assert 'error' not in answer, f'{method}: {answer["error"]}'
                result: dict[str, Any] = answer['result']
                return result
            self.events.append(answer)

    def _next(self, deadline: float) -> dict[str, Any]:
        """Return the next message."""
        while b'\0' not in self._rest:
            left = max(deadline - time.monotonic(), 0.0)
            assert select.select([self._receive], [], [], left)[0], 'the browser does not answer'
            data = os.read(self._receive, 1 << 20)
            assert data, 'the browser has ended'
            self._rest += data
        text, _, self._rest = self._rest.partition(b'\0')
        message: dict[str, Any] = json.loads(text)
        return message

    def visit(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self.call('Page.navigate', url=path.absolute().as_uri())
        self.until("document.readyState === 'complete' && location.protocol === 'file:'")

    def run(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        answer = self.call('Runtime.evaluate', expression=expression, returnByValue=True)
        assert 'exceptionDetails' not in answer, answer['exceptionDetails']
        return answer['result'].get('value')

    def until(self, expression: str) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.run(expression):
            assert time.monotonic() < deadline, f'never true: {expression}'
            time.sleep(0.02)

    def screenshot(self, path: Path) -> None:
        """Write a picture of the whole page."""
        shot = self.call('Page.captureScreenshot', format='png', captureBeyondViewport=True)
        path.write_bytes(b64decode(shot['data']))

    def wants(self, wide_px: int, dark: bool) -> None:
        """Set the width of the window and whether the user prefers dark pages."""
        size = {'width': wide_px, 'height': 900, 'deviceScaleFactor': 1, 'mobile': False}
        self.call('Emulation.setDeviceMetricsOverride', **size)
        feature = {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}
        self.call('Emulation.setEmulatedMedia', features=[feature])

    def of_kind(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of all events of a kind so far."""
        self.run('0')  # whatever came before the answer has been read
        return [event['params'] for event in self.events if event.get('method') == method]

    def complaints(self) -> list[Any]:
        """Return errors of scripts, of the policy and of the console."""
        errors = self.of_kind('Runtime.exceptionThrown')
        errors += [e for e in self.of_kind('Log.entryAdded') if e['entry']['level'] == 'error']
        said = self.of_kind('Runtime.consoleAPICalled')
        return errors + [entry for entry in said if entry['type'] in ('error', 'warning')]

    def requests(self) -> list[str]:
        """Return the addresses of everything that the page asked for."""
        return [entry['request']['url'] for entry in self.of_kind('Network.requestWillBeSent')]


@contextmanager
def running_browser(program: str, folder: Path) -> Iterator[Browser]:
    """Run a browser with an empty profile in ``folder``; nothing of it is left at the end."""
    to_browser, from_browser = os.pipe(), os.pipe()
    options = [
        '--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe',
        '--no-first-run', '--disable-background-networking', '--hide-scrollbars',
        f'--user-data-dir={folder}', '--disable-dev-shm-usage', 'about:blank',
    ]  # fmt: skip
    # The shell moves the pipes to 3 and 4, where the browser looks for them.
    moved = f'exec 3<&{to_browser[0]} 4>&{from_browser[1]}; exec "$0" "$@"'
    process = subprocess.Popen(
        ['/bin/bash', '-c', moved, program, *options],
        pass_fds=(to_browser[0], from_browser[1]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(folder.parent / 'browser.log').open('w'),
        start_new_session=True,
    )
    os.close(to_browser[0])
    os.close(from_browser[1])
    try:
        yield Browser(to_browser[1], from_browser[0])
    finally:
        _end(process)
        os.close(to_browser[1])
        os.close(from_browser[0])


def _end(process: 'subprocess.Popen[bytes]') -> None:
    """End the browser and all its helpers, which share its process group."""
    for act in _signals(process.pid):
        act()
        try:
            process.wait(10.0)
            break
        except subprocess.TimeoutExpired:
            continue
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _signals(group: int) -> list[Callable[[], None]]:
    """Return what ends a process group, the gentle way first."""
    return [lambda: os.killpg(group, signal.SIGTERM), lambda: os.killpg(group, signal.SIGKILL)]
