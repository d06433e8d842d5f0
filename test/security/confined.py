# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Run a command line of the package in a process that the kernel ends when it opens an IP socket.

`confined.py WORDS...` installs a seccomp filter (Linux, x86_64 or aarch64) that kills the process
on socket(AF_INET or AF_INET6), whoever asks: Python, a library in C++, or a child. `probe` as the
only word opens such a socket, to show that the filter works. With `node` as the first word it
runs the ROS node, and the filter lets through the one kind of IP socket that DDS needs, UDP.
"""

import ctypes
import platform
import socket
import struct
import sys

_SOCKET_CALL = {'x86_64': 41, 'aarch64': 198}
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER_MODE = 38, 22, 2
_KILL, _ALLOW = 0x80000000, 0x7FFF0000
_LOAD, _JUMP_IF_EQUAL, _RETURN, _AND = 0x20, 0x15, 0x06, 0x54
_CALL_NUMBER_AT, _FIRST_ARGUMENT_AT, _SECOND_ARGUMENT_AT = 0, 16, 24
_KIND_OF_SOCKET = 0xF
"""Without the flags for closing on exec and not blocking."""


class _Program(ctypes.Structure):
    _fields_ = (('length', ctypes.c_ushort), ('filter', ctypes.c_char_p))


def deny_ip(but_udp: bool) -> None:
    """Install the filter for this process and its children; OSError where it cannot be."""
    number = _SOCKET_CALL[platform.machine()]
    steps = (
        (_LOAD, 0, 0, _CALL_NUMBER_AT),
        (_JUMP_IF_EQUAL, 0, 7, number),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_JUMP_IF_EQUAL, 1, 0, socket.AF_INET),
        (_JUMP_IF_EQUAL, 0, 4, socket.AF_INET6),
        (_LOAD, 0, 0, _SECOND_ARGUMENT_AT),
        (_AND, 0, 0, _KIND_OF_SOCKET),
        (_JUMP_IF_EQUAL, int(but_udp), 0, socket.SOCK_DGRAM),
        (_RETURN, 0, 0, _KILL),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = b''.join(struct.pack('=HBBI', *step) for step in steps)
    library = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(steps), code)
    for words in (
        (_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_SET_SECCOMP, _FILTER_MODE, ctypes.byref(program), 0, 0),
    ):
        if library.prctl(*words) != 0:
            raise OSError(ctypes.get_errno(), 'no seccomp filter can be installed')


def main() -> int:
    """Deny IP, then run the words; 77 where the filter is not to be had."""
    runs_node = sys.argv[1:2] == ['node']
    try:
        deny_ip(but_udp=runs_node)
    except (OSError, KeyError) as error:
        print(f'no filter: {error}', file=sys.stderr)
        return 77
    if sys.argv[1:] == ['probe']:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        return 0
    if sys.argv[1:] == ['node', 'probe']:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        return 0
    if runs_node:
        from dense_hand_pose.ros.node import main as run_node

        return run_node(sys.argv[1:])
    from dense_hand_pose.cli import main as run

    return run(sys.argv[1:])


if __name__ == '__main__':
    sys.exit(main())
