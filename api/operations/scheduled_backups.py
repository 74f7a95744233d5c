"""Backups of the data folder by schedule, each in a process of its own with a low priority.

The server process gets no larger by them: it starts `api-dashboard backup`, and looks afterwards
whether the file is there. (The exit code is not known, because gunicorn's master process reaps all
children.)
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec

from api.errors import StartError
from api.local.backup_state import BackupState, read_backup_state, write_backup_state
from api.local.child_processes import start_process
from api.local.database.parent_death import DIE_WITH_PARENT
from api.local.installation import is_wheel, own_command
from api.logs import log_event
from api.operations.archive.recovery_keys import parse_public
from api.operations.backup_names import backups_in, file_name, made_at
from api.operations.errors import OperationError
from api.settings import REPOSITORY, BackupSchedule

# Seconds from a failure to the next try, at most the time between two backups.
RETRY_SECONDS = 900.0
# Seconds that a backup has to end and remove its part, when the server stops.
_STOP_SECONDS = 5.0
# Seconds by which the time of a file may be in the future. Others are of a wrong clock.
_MOST_SKEW = 300.0
_LONGEST_REASON = 2_000
_PASSPHRASE = "API_DASHBOARD_BACKUP_PASSPHRASE"


class BackupScheduler:
    """Makes backups of the data folder `data` while its server runs.

    `environment` is that of the server. Raises StartError if the folder or the recovery key cannot
    be used.
    """

    def __init__(
        self,
        schedule: BackupSchedule,
        data: Path,
        environment: Mapping[str, str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        _require_usable(schedule)
        self._schedule = schedule
        self._data = data
        self._environment = {**environment, "API_DASHBOARD_DATA": str(data)}
        self._environment.pop(_PASSPHRASE, None)
        self._clock = clock
        self._retry_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._stopped = False
        state = read_backup_state(data)
        since = int(clock()) if state is None else state.since
        self._state = BackupState(str(schedule.folder), schedule.hours, since)
        if state is not None and state.folder == self._state.folder:
            self._state = msgspec.structs.replace(state, hours=schedule.hours)
        self._note()

    def __enter__(self) -> BackupScheduler:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def run(self) -> None:
        """Make a backup if one is due, and delete the oldest beyond the number to keep."""
        now = self._clock()
        if now < self._retry_at:
            return
        try:
            if not self._is_due(now):
                return
            self._remove_parts()
            target = self._schedule.folder / file_name(now)
            reason = self._make(target)
            if reason is not None:
                self._remove_parts()  # It may have been killed, because it did not end in time.
                self._note_failure(reason)
                return
            self._remove_oldest()
        except OSError as error:
            self._note_failure(
                f"The folder {self._schedule.folder} cannot be used ({error.strerror}): check it."
            )
            return
        self._note(backup=str(target), made_at=int(now), failure="", failed_at=None)
        log_event("backup_made", file=str(target), bytes=target.stat().st_size)

    def stop(self) -> None:
        """End a backup that is being made. It leaves nothing."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()

    def _is_due(self, now: float) -> bool:
        times = [at for at, _ in backups_in(self._schedule.folder) if at <= now + _MOST_SKEW]
        return not times or now - times[-1] >= self._schedule.hours * 3600

    def _make(self, target: Path) -> str | None:
        """Make one backup. Return why there is none, or None."""
        command = [*own_command(), "backup", str(target), "--data", str(self._data)]
        command += ["--recipient", self._schedule.recipient, "--quiet"]
        if sys.platform == "linux":
            command = [*DIE_WITH_PARENT, str(os.getpid()), *command]
        # A file, because a worker that is forked meanwhile would keep the end of a pipe open.
        with tempfile.TemporaryFile() as said:
            self._run(command, said)
            said.seek(0)
            text = said.read(_LONGEST_REASON).decode(errors="replace").strip()
        if target.exists():
            return None
        reason = text.removeprefix("Error: ")
        return reason or "The backup was ended before it was complete."

    def _run(self, command: list[str], errors: IO[bytes]) -> None:
        with self._lock:
            if self._stopped:
                return
            self._process = process = start_process(
                command,
                env=self._environment,
                cwd=None if is_wheel() else REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                # Ctrl-C in a terminal reaches only the server, which ends the backup.
                start_new_session=True,
            )
        process.wait()
        with self._lock:
            self._process = None

    def _remove_oldest(self) -> None:
        for _, path in backups_in(self._schedule.folder)[: -self._schedule.keep]:
            path.unlink(missing_ok=True)
            log_event("backup_deleted", file=str(path))

    def _remove_parts(self) -> None:
        """Remove what backups left that were killed. A part that is being written is locked."""
        for part in self._schedule.folder.glob("*.backup.part"):
            if made_at(part.name.removesuffix(".part")) is None:
                continue
            with contextlib.suppress(OSError), part.open("rb") as opened:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink()

    def _note_failure(self, reason: str) -> None:
        if self._stopped:
            return
        now = self._clock()
        self._retry_at = now + min(RETRY_SECONDS, self._schedule.hours * 3600)
        log_event("backup_failed", "error", reason=reason)
        self._note(failure=reason, failed_at=int(now))

    def _note(self, **members: str | int | None) -> None:
        self._state = msgspec.structs.replace(self._state, **members)
        try:
            write_backup_state(self._data, self._state)
        except OSError as error:
            log_event("backup_state_not_written", "warning", reason=error.strerror)


def _require_usable(schedule: BackupSchedule) -> None:
    try:
        parse_public(schedule.recipient)
    except OperationError as error:
        raise StartError(f"API_DASHBOARD_BACKUP_RECIPIENT cannot be used. {error}") from error
    folder = schedule.folder
    if not folder.is_dir():
        raise StartError(
            f"The folder {folder} of API_DASHBOARD_BACKUP_FOLDER does not exist: create it with "
            f"`mkdir -m 700 {folder}`, or set another one."
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise StartError(
            f"The folder {folder} of API_DASHBOARD_BACKUP_FOLDER cannot be written: make it "
            "writable for this user, or set another one."
        )
