"""The server makes backups by schedule, and deletes only older ones after a new one is complete."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from api.cli.doctor.backups import backup_finding
from api.errors import StartError
from api.local.backup_state import BackupState, read_backup_state
from api.operations import scheduled_backups
from api.operations.archive.files import open_input
from api.operations.archive.reader import ArchiveReader
from api.operations.archive.recovery_keys import RecoveryKey
from api.operations.backup_names import file_name
from api.operations.scheduled_backups import RETRY_SECONDS, BackupScheduler
from api.settings import BackupSchedule
from tests.product.backups.helpers import WAITING
from tests.support.machine import Machine, until

HOUR = 3600.0
START = 1_796_000_000.0


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups"
    made.mkdir(mode=0o700)
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


def scheduled(
    folder: Path, data: Path, key: RecoveryKey, clock: Clock, keep: int = 3
) -> BackupScheduler:
    schedule = BackupSchedule(folder, 24, keep, key.public_text)
    return BackupScheduler(schedule, data, {"PATH": os.environ["PATH"]}, clock)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_backup_is_made_when_the_newest_is_older_than_the_interval(
    folder: Path, data: Path, key: RecoveryKey, clock: Clock
) -> None:
    backups = scheduled(folder, data, key, clock)
    backups.run()
    first = folder / file_name(START)
    assert names(folder) == [first.name]
    assert ArchiveReader(open_input(str(first)), key).verify().counts.keys == 2
    assert first.stat().st_mode & 0o777 == 0o600
    clock.now += 23.9 * HOUR
    backups.run()
    # The age of the newest file decides, also after a restart.
    scheduled(folder, data, key, clock).run()
    assert names(folder) == [first.name]
    state = read_backup_state(data)
    assert state is not None and (state.backup, state.made_at) == (str(first), int(START))
    clock.now += 0.2 * HOUR
    scheduled(folder, data, key, clock).run()
    assert names(folder) == [first.name, file_name(clock.now)]


def test_a_number_is_kept_and_files_of_other_names_are_never_deleted(
    folder: Path, data: Path, key: RecoveryKey, clock: Clock
) -> None:
    others = ["api-dashboard-2020-01-01.backup", "api-dashboard-2020-99-01-000000.backup",
              "mine.backup", "x.backup.part", "notes.txt"]  # fmt: skip
    old = [file_name(START - days * 24 * HOUR) for days in (5, 4, 3, 2)]
    part = f"{file_name(START - 24 * HOUR)}.part"
    for name in (*others, *old, part):
        (folder / name).write_text("")
    scheduled(folder, data, key, clock, keep=3).run()
    assert names(folder) == sorted([*others, *old[2:], file_name(START)])


def test_a_failed_backup_deletes_nothing_and_is_reported_and_tried_again(
    folder: Path, data: Path, key: RecoveryKey, clock: Clock
) -> None:
    old = [file_name(START - days * 24 * HOUR) for days in (5, 4, 3, 2)]
    for name in old:
        (folder / name).write_text("")
    database = data / "database.db"
    content = database.read_bytes()
    database.write_bytes(b"no database" * 1000)
    backups = scheduled(folder, data, key, clock, keep=2)
    backups.run()
    assert names(folder) == sorted(old)
    state = read_backup_state(data)
    assert state is not None and state.made_at is None and state.failed_at == int(START)
    assert "database.db" in state.failure
    finding = backup_finding(data, START)
    assert finding.outcome == "failed" and state.failure in finding.detail
    database.write_bytes(content)
    backups.run()
    assert names(folder) == sorted(old)
    clock.now += RETRY_SECONDS
    backups.run()
    assert names(folder) == sorted([old[-1], file_name(clock.now)])
    assert backup_finding(data, clock.now).outcome == "ok"


def test_a_file_from_the_future_does_not_stop_backups(
    folder: Path, data: Path, key: RecoveryKey, clock: Clock
) -> None:
    (folder / file_name(START + 1000 * HOUR)).write_text("")
    scheduled(folder, data, key, clock).run()
    assert file_name(START) in names(folder)


def test_a_start_with_a_folder_or_key_that_cannot_be_used_is_refused(
    folder: Path, data: Path, key: RecoveryKey, clock: Clock
) -> None:
    with pytest.raises(StartError, match=r"nowhere.* does not exist: create it with `mkdir"):
        scheduled(folder / "nowhere", data, key, clock)
    wrong = key.public_text[:-1] + ("a" if key.public_text[-1] != "a" else "b")
    mistyped = BackupSchedule(folder, 24, 7, wrong)
    with pytest.raises(StartError, match=r"RECIPIENT cannot be used.* typing error"):
        BackupScheduler(mistyped, data, {}, clock)


def test_the_end_of_the_server_ends_the_backup_and_leaves_nothing(
    folder: Path,
    data: Path,
    key: RecoveryKey,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backups = scheduled(folder, data, key, clock)
    monkeypatch.setattr(scheduled_backups, "own_command", lambda: WAITING)
    run = threading.Thread(target=backups.run)
    run.start()
    part = folder / f"{file_name(START)}.part"
    until(lambda: part.exists() and part.stat().st_size > 0)
    backups.stop()
    run.join(30)
    assert not run.is_alive()
    assert names(folder) == []
    state = read_backup_state(data)
    assert state is not None and state.failure == ""


@pytest.mark.parametrize(
    ("age", "outcome"), [(1, "ok"), (47, "ok"), (49, "warning")], ids=["new", "due", "overdue"]
)
def test_doctor_warns_of_overdue_backups(age: float, outcome: str) -> None:
    state = BackupState("/b", 24, int(START), made_at=int(START))
    assert state.is_overdue(START + age * HOUR) == (outcome == "warning")


def test_the_server_makes_a_backup_and_survives_the_end_of_its_process(
    tmp_path: Path, folder: Path, key: RecoveryKey
) -> None:
    machine = Machine(
        tmp_path,
        API_DASHBOARD_WORKERS="1",
        API_DASHBOARD_BACKUP_FOLDER=str(folder),
        API_DASHBOARD_BACKUP_RECIPIENT=key.public_text,
    )
    machine.module = "tests.product.backups.soon"
    machine.start()
    try:
        until(lambda: '"event":"backup_made"' in machine.errors)
        (backup,) = folder.iterdir()
        assert ArchiveReader(open_input(str(backup)), key).verify().records > 0
        assert machine.client.request("GET", "/api/status").status == 200
    finally:
        machine.send_signal(signal.SIGTERM)
        assert machine.wait() == 0
    assert "exited with code" not in machine.errors
    assert time.time() - (read_backup_state(machine.data) or pytest.fail()).made_at < 600  # type: ignore[operator]
