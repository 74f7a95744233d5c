"""Start a command in the foreground, pass signals on, and wait for its end.

The command stays in the process group of the CLI, so Ctrl-C and Ctrl-Z at a terminal reach both,
as a shell expects of a job. Signals that only the CLI gets are forwarded.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType

from api.cli.errors import CliError

NOT_EXECUTABLE = 126
NOT_FOUND = 127

_FORWARDED = frozenset(
    {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2}
)
_HANDLED = _FORWARDED | {signal.SIGCHLD}
# Linux: `si_code` of a signal that the kernel sent, such as for Ctrl-C at a terminal.
_FROM_KERNEL = 128


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Hold back the signals that `run_child` handles, until the block ends."""

    def nothing(_number: int, _frame: FrameType | None) -> None:
        pass

    # A signal without a handler that is ignored by default may be lost while it is held back.
    before = signal.signal(signal.SIGCHLD, nothing)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
    try:
        yield
    finally:
        # A signal that came after the end of the command must not end the CLI before it reports.
        while pending_signal() is not None:
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGCHLD, before)


def pending_signal() -> int | None:
    """Take one of the signals that are held back and would end the CLI, or return None."""
    waiting = signal.sigpending() & _FORWARDED
    return int(signal.sigwait(waiting)) if waiting else None


def run_child(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command and return its exit code: 128 and the signal's number if one ended it.

    Call it inside `signals_held`, in the main thread. Raises CliError if it cannot be started.
    """
    pid = _spawn(arguments, environment)
    while True:
        number, from_terminal = _next_signal()
        if number == signal.SIGCHLD:
            code = _exit_code(pid)
            if code is not None:
                return code
        elif not from_terminal:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _spawn(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    command = arguments[0]
    ignored = {each for each in _HANDLED if signal.getsignal(each) == signal.SIG_IGN}
    try:
        return os.posix_spawnp(
            command,
            list(arguments),
            dict(environment),
            setsigmask=(),
            # As from a shell: `nohup` keeps what it ignores.
            setsigdef=_HANDLED - ignored | {signal.SIGPIPE, signal.SIGXFSZ},
        )
    except FileNotFoundError as error:
        raise CliError(
            f"The command {command} was not found: check its name and PATH.", NOT_FOUND
        ) from error
    except OSError as error:
        raise CliError(
            f"The command {command} cannot be started ({error.strerror}): check that it is a "
            "program, or a script that begins with #!.",
            NOT_EXECUTABLE,
        ) from error


def _next_signal() -> tuple[int, bool]:
    """Wait for a signal; return its number, and whether the terminal sent it to the command too."""
    if hasattr(signal, "sigwaitinfo"):
        info = signal.sigwaitinfo(_HANDLED)
        return info.si_signo, info.si_code == _FROM_KERNEL
    number = int(signal.sigwait(_HANDLED))
    return number, number in (signal.SIGINT, signal.SIGQUIT) and _in_foreground()


def _in_foreground() -> bool:
    """Return whether the process is in the foreground of its terminal."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)


def _exit_code(pid: int) -> int | None:
    """Return the exit code of the command if it has ended. Stop with it if it was stopped."""
    ended, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
    if ended == 0:
        return None
    if os.WIFSTOPPED(status):
        # After Ctrl-Z and `fg`, the command may be continued a moment after the CLI.
        time.sleep(0.05)
        again, status = os.waitpid(pid, os.WNOHANG | os.WCONTINUED)
        if again and os.WIFCONTINUED(status):
            return None
        # The shell has to know that the job is stopped, whoever stopped the command.
        os.kill(os.getpid(), signal.SIGSTOP)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        return None
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code
