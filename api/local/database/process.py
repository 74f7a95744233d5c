"""Run the embedded database as a child process: start, monitor, restart and stop it."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from api.errors import StartError
from api.local.child_processes import start_process
from api.local.data_folder import RESTORE
from api.local.database.parent_death import DIE_WITH_PARENT
from api.logs import log_event

START_SECONDS = 15.0
STOP_SECONDS = 5.0
MIN_RESTART_DELAY = 0.05
MAX_RESTART_DELAY = 5.0
# Seconds. A process that ran for this long resets the delay.
STABLE_SECONDS = 10.0
POLL_SECONDS = 0.005
# How often a start chooses another port, if other programs take the free ports it finds.
_PORT_ATTEMPTS = 5

# Words in the database's log about a file that is damaged or no database.
_DAMAGED = ("malformed", "not a database", "not a valid SQLite database")


class EmbeddedDatabase:
    """DynamoDB on a loopback port, with its data in the SQLite file `db_path`.

    A restart keeps the port. One thread starts the process, waits for its end and starts it again,
    after a delay that doubles from 50 ms to 5 s while it fails. The thread runs until `stop()`,
    because Linux ends the child with the thread that started it (prctl(2)).
    """

    def __init__(self, binary: Path, db_path: Path, port: int | None = None) -> None:
        self._binary = binary
        self._db_path = db_path.absolute()
        self._pid_file = self._db_path.with_suffix(".pid")
        self._log_file = self._db_path.with_suffix(".log")
        self._port = port or _free_port()
        self._port_attempts = 1 if port else _PORT_ATTEMPTS
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._stopping = threading.Event()
        self._failure: StartError | None = None

    @property
    def endpoint(self) -> str:
        """Return the URL of the DynamoDB endpoint."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """Return the process id of the running database, or None."""
        return self._process.pid if self._process else None

    def end_orphan(self) -> None:
        """End an orphaned database of a killed product on the same file. Raises StartError."""
        _end_orphan(self._pid_file, self._db_path)

    def start(self) -> None:
        """Start the database and return when it responds.

        First ends an orphaned database. Raises StartError with the last line of the database's log
        if it does not start.
        """
        self.end_orphan()
        self._thread = threading.Thread(target=self._watch, name="database", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop the database. No acknowledged write is lost, because every write is on disk."""
        self._stopping.set()
        deadline = time.monotonic() + STOP_SECONDS
        while self._thread is not None and self._thread.is_alive():
            if self._process is not None:
                end = self._process.kill if time.monotonic() > deadline else self._process.terminate
                end()
            self._thread.join(0.05)
        self._pid_file.unlink(missing_ok=True)

    def _watch(self) -> None:
        try:
            process = self._spawn_first()
        except StartError as error:
            self._failure = error
            return
        finally:
            self._started.set()
        delay = MIN_RESTART_DELAY
        while True:
            started_at = time.monotonic()
            process.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - started_at > STABLE_SECONDS:
                delay = MIN_RESTART_DELAY
            log_event("database_ended", "error", restart_in_seconds=delay)
            if self._stopping.wait(delay):
                return
            delay = min(delay * 2, MAX_RESTART_DELAY)
            try:
                process = self._spawn()
            except StartError as error:
                log_event("database_not_restarted", "error", reason=str(error))

    def _spawn_first(self) -> subprocess.Popen[bytes]:
        """Like `_spawn`, but with another port if a program has just taken the chosen one."""
        for _ in range(self._port_attempts - 1):
            try:
                return self._spawn()
            except _PortInUse:
                self._port = _free_port()
        return self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        """Start the process and wait until it responds. Raises StartError if the process ends."""
        command = [str(self._binary), "serve", "--host", "127.0.0.1", "--port", str(self._port)]
        command += ["--db-path", str(self._db_path)]
        if sys.platform == "linux":
            command = [*DIE_WITH_PARENT, str(os.getpid()), *command]
        try:
            with open(self._log_file, "wb", opener=_private) as log:
                process = start_process(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    umask=0o077,
                    # Ctrl-C in a terminal reaches only the product, which stops the database last.
                    start_new_session=True,
                )
            self._process = process
            self._pid_file.write_text(f"{process.pid}\n")
        except OSError as error:
            raise StartError(
                f"The embedded database could not be started ({error}): "
                f"check {self._binary} and the data folder {self._db_path.parent}."
            ) from error
        self._wait_until_ready(process)
        return process

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and not self._stopping.is_set():
            if _responds(self._port) and process.poll() is None:
                return
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
                break
            time.sleep(POLL_SECONDS)
        if self._stopping.is_set():
            return
        log_line = self._log_file.read_text(errors="replace").strip().rpartition("\n")[2]
        raise self._start_error(log_line or "no reason given")

    def _start_error(self, reason: str) -> StartError:
        """Return the error for the last line of the database's log."""
        if "already in use" in reason:
            return _PortInUse(
                f"Port {self._port} for the embedded database is already in use by another "
                "program: stop that program, or start again to use another port."
            )
        advice = f"check that the folder {self._db_path.parent} can be written and has free space."
        if any(words in reason for words in _DAMAGED):
            advice = (
                f"{RESTORE}, or set API_DASHBOARD_DATA to an empty folder to start without data."
            )
        return StartError(
            f"The embedded database did not start on {self._db_path} ({reason}): {advice}"
        )


class _PortInUse(StartError):
    """Another program listens on the database's port."""


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _responds(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end_orphan(pid_file: Path, db_path: Path) -> None:
    """End the process of the pid file if it is a database on this file.

    This process has locked the data folder, so such a database belongs to a product that was
    killed. On Linux it ends with the product; on other systems it continues to run.
    """
    try:
        pid = int(pid_file.read_text())
    except (OSError, ValueError):
        return
    deadline = time.monotonic() + STOP_SECONDS
    while _serves(pid, db_path):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise StartError(
                f"An orphaned embedded database (process {pid}) still runs: end it and start again."
            )
        time.sleep(POLL_SECONDS)


def _serves(pid: int, db_path: Path) -> bool:
    """Return whether the process `pid` runs with this database file on its command line."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return f"--db-path\0{db_path}\0".encode() in proc.read_bytes()
        except OSError:
            return False
    listing = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return listing.stdout.rstrip("\n").endswith(f"--db-path {db_path}")
