"""A program at a terminal of its own.

Not with `pty.fork`: since Python 3.12 a fork of a process with threads is a warning.
"""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence

from tests.support.machine import ROOT

_PATIENCE = 60

# Makes standard input the controlling terminal of the new session, for Ctrl+C and hidden input, and
# executes its arguments.
AT_TERMINAL = (
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def run_at_terminal(
    command: Sequence[str], environment: Mapping[str, str], typed: Sequence[tuple[bytes, bytes]]
) -> tuple[int, str]:
    """Run a program, and type each answer after its question has appeared.

    A question for a secret ends with a space, which is shown when input is hidden. Return the exit
    code and everything that the terminal showed. Fails if a question is missing.
    """
    terminal, other = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", AT_TERMINAL, *command], cwd=ROOT, env=dict(environment),
            stdin=other, stdout=other, stderr=other, start_new_session=True,
        )  # fmt: skip
    finally:
        os.close(other)
    shown, waiting = b"", list(typed)
    try:
        while piece := read_terminal(terminal):
            shown += piece
            if waiting and waiting[0][0] in shown:
                os.write(terminal, waiting.pop(0)[1])
        exit_code = process.wait(_PATIENCE)
    finally:
        process.kill()
        process.wait(_PATIENCE)
        os.close(terminal)
    assert waiting == [], shown
    return exit_code, shown.decode()


def read_terminal(terminal: int) -> bytes:
    """Return what a terminal shows next, or nothing at the end. Fails after a minute without."""
    shown = select.poll()  # select.select knows only the first 1,024 descriptors
    shown.register(terminal, select.POLLIN)
    assert shown.poll(_PATIENCE * 1000), f"nothing was shown for {_PATIENCE} s"
    try:
        return os.read(terminal, 4096)
    except OSError:  # On Linux, when the program has closed its side.
        return b""
