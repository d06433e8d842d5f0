# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Run a command line of the package and watch it and all its descendants call out.

`confined.py WORDS...` runs the words in a child under a seccomp filter (Linux 5.5, x86_64 or
aarch64) that reports every socket() and connect() of the child and of whatever it starts to this
process. Calls for IP are refused, and printed with the process that made them; the exit status is
then CALLED_OUT. With `node` as the first word it runs the ROS node, which may open UDP sockets, as
DDS does; connecting one, as a resolver of names does, is refused, and so is every socket of its
children. `import MODULE` imports a module. `probe` runs a grandchild that opens a socket, to show
that it is seen.
"""

import contextlib
import ctypes
import errno
import fcntl
from importlib import import_module
import math
import os
from pathlib import Path
import platform
import select
import signal
import socket
import struct
import subprocess
import sys
import time

CALLED_OUT, NO_FILTER = 76, 77
_SOCKET = {'x86_64': 41, 'aarch64': 198}
_CONNECT = {'x86_64': 42, 'aarch64': 203}
_SECCOMP = {'x86_64': 317, 'aarch64': 277}
_NO_NEW_PRIVS, _PARENT_DEATH_SIGNAL = 38, 1
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_REPORT, _ALLOW = 0x7FC00000, 0x7FFF0000
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_RECEIVE, _SEND, _CONTINUE = 0xC0502100, 0xC0182101, 1
_NOTICE = struct.Struct('=QIIiIQ6Q')
_ANSWER = struct.Struct('=QqiI')
_KIND_OF_SOCKET = 0xF
"""Without the flags for closing on exec and not blocking."""
_LEFT_BEHIND_S = 5.0
"""Descendants that outlive the command are watched this long."""
_IP = (socket.AF_INET, socket.AF_INET6)
_PROBE = 'import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)'


class _Program(ctypes.Structure):
    _fields_ = (('length', ctypes.c_ushort), ('filter', ctypes.c_char_p))


def report_calls() -> int:
    """Install the filter for this process and its children; return what reports their calls."""
    machine = platform.machine()
    steps = (
        (_LOAD, 0, 0, 0),  # the number of the call
        (_JUMP_IF_EQUAL, 1, 0, _SOCKET[machine]),
        (_JUMP_IF_EQUAL, 0, 1, _CONNECT[machine]),
        (_RETURN, 0, 0, _REPORT),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = b''.join(struct.pack('=HBBI', *step) for step in steps)
    library = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(steps), code)
    library.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    number = _SECCOMP[machine]
    listener = library.syscall(number, _SET_MODE_FILTER, _NEW_LISTENER, ctypes.byref(program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), 'no seccomp filter can be installed')
    return int(listener)


class Watch:
    """Decide on the calls that a listener reports."""

    def __init__(self, listener: int, child: int, udp: bool) -> None:
        self.seen: list[str] = []
        self._listener, self._child, self._udp = listener, child, udp

    def serve(self) -> None:
        """Answer one call; raises OSError where its process has gone."""
        notice = bytearray(_NOTICE.size)
        fcntl.ioctl(self._listener, _RECEIVE, notice)
        identifier, thread, _, number, _, _, *arguments = _NOTICE.unpack(notice)
        what = self._refused(thread, number, arguments)
        if what:
            name = Path(f'/proc/{thread}/comm').read_text().strip()
            self.seen.append(f'process {self._process_of(thread)} ({name}): {what}')
        answer = (identifier, 0, -errno.EACCES if what else 0, 0 if what else _CONTINUE)
        fcntl.ioctl(self._listener, _SEND, bytearray(_ANSWER.pack(*answer)))

    def _refused(self, thread: int, number: int, arguments: list[int]) -> str:
        """Return what a call must not do, '' where it may."""
        if number == _SOCKET[platform.machine()]:
            family, kind = arguments[0], arguments[1] & _KIND_OF_SOCKET
            its_own = self._process_of(thread) == self._child
            if family not in _IP or (self._udp and its_own and kind == socket.SOCK_DGRAM):
                return ''
            return f'socket(family {family}, kind {kind})'
        with Path(f'/proc/{thread}/mem').open('rb') as memory:
            memory.seek(arguments[1])
            address = memory.read(16)
        (family,) = struct.unpack_from('=H', address)
        (port,) = struct.unpack_from('!H', address, 2)
        return f'connect(family {family}, port {port})' if family in _IP else ''

    @staticmethod
    def _process_of(thread: int) -> int:
        """Return the process that a thread belongs to."""
        for line in Path(f'/proc/{thread}/status').read_text().splitlines():
            if line.startswith('Tgid:'):
                return int(line.split()[1])
        raise ProcessLookupError(thread)


def run(words: list[str]) -> int:
    """Run the words in this process."""
    if words[-1:] == ['probe']:
        code = f'import subprocess, sys; subprocess.run([sys.executable, "-c", {_PROBE!r}])'
        return subprocess.run([sys.executable, '-c', code]).returncode
    if words[:1] == ['import']:
        import_module(words[1])
        return 0
    if words[:1] == ['node']:
        from dense_hand_pose.ros.node import main as run_node

        return run_node(words[1:])
    from dense_hand_pose.cli import main as run_command

    return run_command(words)


def child(channel: socket.socket, words: list[str]) -> int:
    """Install the filter, hand its listener over, run the words."""
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    try:
        listener = report_calls()
    except (OSError, KeyError) as error:
        print(f'no filter: {error}', file=sys.stderr)
        return NO_FILTER
    socket.send_fds(channel, [b'listener'], [listener])
    os.close(listener)
    return run(words)


def watch(listener: int, process: int, udp: bool) -> tuple[int, list[str]]:
    """Serve until the child and its descendants are gone; return its status and what was seen."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda sent, _: os.kill(process, sent))
    watcher = Watch(listener, process, udp)
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    status: int | None = None
    end = math.inf
    while time.monotonic() < end:
        events = poll.poll(100)
        if events and not events[0][1] & select.POLLIN:
            break  # no process has the filter any more
        with contextlib.suppress(OSError):  # who called was killed meanwhile
            if events:
                watcher.serve()
        if status is None:
            done, code = os.waitpid(process, os.WNOHANG)
            if done:
                status, end = code, time.monotonic() + _LEFT_BEHIND_S
    if status is None:
        status = os.waitpid(process, 0)[1]
    return os.waitstatus_to_exitcode(status), watcher.seen


def main() -> int:
    """Run the words of the command line; CALLED_OUT where any process of theirs called out."""
    ours, its = socket.socketpair()
    process = os.fork()
    if process == 0:
        ours.close()
        return child(its, sys.argv[1:])
    its.close()
    _, listeners, _, _ = socket.recv_fds(ours, 16, 1)
    if not listeners:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    status, seen = watch(listeners[0], process, udp=sys.argv[1:2] == ['node'])
    for line in seen:
        print(f'called out: {line}', file=sys.stderr, flush=True)
    return CALLED_OUT if seen else status


if __name__ == '__main__':
    sys.exit(main())
