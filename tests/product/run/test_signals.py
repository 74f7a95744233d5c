"""`api-dashboard run`: signals, the terminal, and what is left when the CLI or the server dies."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.product.run.conftest import CommandLine
from tests.support.terminal import AT_TERMINAL, read_terminal

# Says that it is ready, then each signal that it gets, and ends with 7 after a SIGTERM.
LISTENER = """
import os, signal, sys
def heard(number, frame):
    os.write(1, (signal.Signals(number).name + "\\n").encode())
    if number != signal.SIGINT:
        os._exit(7)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, heard)
print("ready", flush=True)
while True:
    signal.pause()
"""


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def listening(command_line: CommandLine, code: str = LISTENER) -> subprocess.Popen[str]:
    """Start a run in a process group of its own, and wait until its command is ready."""
    command = ("run", "--api", "openai", "--", sys.executable, "-c", code)
    process = command_line.start(*command, start_new_session=True)
    assert line(process) == "ready"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_forwarded_and_the_token_revoked(
    command_line: CommandLine, number: signal.Signals
) -> None:
    process = listening(command_line)
    process.send_signal(signal.SIGINT)
    assert line(process) == "SIGINT"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (7, f"{number.name}\n")
    assert err.endswith("The token is revoked.\n")


def test_a_command_that_a_signal_ends_has_the_exit_code_of_shells(
    command_line: CommandLine,
) -> None:
    kill = "import os; os.kill(os.getpid(), 9)"
    code, _, err = command_line.call("run", "--api", "openai", "--", sys.executable, "-c", kill)
    assert code == 128 + 9
    assert err.endswith("The token is revoked.\n")


def test_a_killed_command_line_leaves_a_token_that_expires_soon(
    command_line: CommandLine,
) -> None:
    sleeper = "import os; print('ready', flush=True); print(os.getpid(), flush=True); os.read(0, 1)"
    process = command_line.start(
        "run", "--api", "openai", "--", sys.executable, "-c", sleeper, stdin=subprocess.PIPE
    )
    assert line(process) == "ready"
    process.kill()
    process.communicate(timeout=60)
    [token] = command_line.tokens()
    assert token["expires_at"] - time.time() <= 600
    command_line.account.call("DELETE", f"/api/tokens/{token['token_id']}")


def test_a_token_that_was_revoked_during_the_run_is_said(command_line: CommandLine) -> None:
    process = listening(command_line)
    [token] = command_line.tokens()
    command_line.account.call("DELETE", f"/api/tokens/{token['token_id']}")
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "The token was already revoked." in err) == (7, True)


class Terminal:
    """A pseudo-terminal with a session in which a run is the foreground job."""

    def __init__(self, arguments: list[str], command_line: CommandLine) -> None:
        self._file, other = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", AT_TERMINAL, *arguments], env=command_line.variables,
            cwd=command_line.home, stdin=other, stdout=other, stderr=other, start_new_session=True,
        )  # fmt: skip
        os.close(other)
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Read until the text was seen."""
        while text not in self.seen:
            piece = read_terminal(self._file)
            assert piece, self.seen
            self.seen += piece.decode()

    def type(self, text: str) -> None:
        """Type a text."""
        os.write(self._file, text.encode())

    def end(self) -> int:
        """Read until the end, and return the exit code."""
        while part := read_terminal(self._file):
            self.seen += part.decode()
        os.close(self._file)
        return self._process.wait(60)


@pytest.fixture
def terminal(command_line: CommandLine) -> Callable[..., Terminal]:
    """Start a run at a terminal."""

    def at_terminal(code: str, shell: str = "") -> Terminal:
        arguments = command_line.arguments("run", "--api", "openai", "--", sys.executable, "-c",
                                           code)  # fmt: skip
        if shell:
            arguments = ["/bin/bash", "--norc", "-ic", shell, "bash", *arguments]
        return Terminal(arguments, command_line)

    return at_terminal


def test_a_command_has_the_terminal_and_gets_ctrl_c_once(
    terminal: Callable[..., Terminal],
) -> None:
    started = terminal("import sys; assert sys.stdin.isatty() and sys.stdout.isatty()\n" + LISTENER)
    started.wait_for("ready")
    started.type("\x03")
    started.wait_for("SIGINT")
    started.type("\x1c")
    assert started.end() == 128 + signal.SIGQUIT
    assert started.seen.count("SIGINT") == 1
    assert started.seen.rstrip().endswith("The token is revoked.")


def test_ctrl_z_stops_the_job_and_fg_continues_it(terminal: Callable[..., Terminal]) -> None:
    code = "print('ready', flush=True); print('read', input()); import sys; sys.exit(5)"
    started = terminal(code, shell='"$@"; echo "stopped $?"; fg >/dev/null; echo "ended $?"')
    started.wait_for("ready")
    started.type("\x1a")
    started.wait_for("stopped 148")
    started.type("hello\n")
    started.end()
    assert "read hello" in started.seen
    assert re.search(r"The token is revoked\.\s+ended 5", started.seen)
