"""Start servers on free loopback ports, and stop them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"


class ServerFailed(Exception):
    """A server ended or did not listen in time. The message has the end of its output."""


def free_port() -> int:
    """Return a TCP port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment(**extra: str) -> dict[str, str]:
    """Return PATH, HOME, LANG and `extra` only, so that the shell's settings change no figure."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **extra}


@contextlib.contextmanager
def running(
    command: Sequence[str],
    port: int,
    environment: Mapping[str, str],
    folder: Path | None = None,
    patience: float = 60.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends, which begins when it accepts connections on `port`.

    `patience` is the time in seconds that it may take to start, and to stop. Raises ServerFailed if
    it ends or does not listen.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + patience
            while not accepts(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    output.seek(0)
                    said = output.read().decode(errors="replace")[-2000:]
                    raise ServerFailed(f"{' '.join(command[:4])} did not listen:\n{said}")
                time.sleep(0.02)
            yield process
        finally:
            stop(process, patience)


def accepts(port: int) -> bool:
    """Return whether something accepts TCP connections on the loopback `port`."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def stop(process: subprocess.Popen[bytes], patience: float) -> None:
    """End `process` and its children. Kill them after `patience` seconds."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
