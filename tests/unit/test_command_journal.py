"""The journal of operator commands: nothing is lost, and the last outcome counts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from api.errors import StorageUnavailable
from api.local.command_journal import move_commands, note_command
from api.operations.command_record import recorded, sink_of
from api.operations.places.folder import FolderPlace
from api.settings import Settings
from api.storage.audit import AuditEntry


def moved(data: Path) -> list[AuditEntry]:
    """Empty the journal, and return what was in it."""
    entries: list[AuditEntry] = []
    move_commands(data, entries.extend)
    return entries


def test_a_command_has_an_entry_before_it_starts_and_its_outcome_after(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("2\n")
    sinks = [sink_of(FolderPlace(Settings(data=tmp_path)))]
    details = {"from": "data folder", "to": "file", "path": "/home/ada"}
    with recorded("backup.create", details, before=sinks, after=(), warn=pytest.fail):
        (started,) = moved(tmp_path)
        assert (started.outcome, started.action) == ("started", "backup.create")
        assert set(started.details) == {"user", "from", "to"}
    (ended,) = moved(tmp_path)
    assert ended == msgspec.structs.replace(started, outcome="succeeded")


def test_a_command_that_fails_is_recorded_as_failed(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("2\n")
    sinks = [sink_of(FolderPlace(Settings(data=tmp_path)))]
    with (
        pytest.raises(KeyboardInterrupt),
        recorded("backup.restore", {}, before=sinks, after=(), warn=pytest.fail),
    ):
        raise KeyboardInterrupt
    (entry,) = moved(tmp_path)
    assert entry.outcome == "failed"


def test_entries_stay_until_they_are_stored_and_a_part_of_a_line_is_skipped(
    tmp_path: Path,
) -> None:
    entry = AuditEntry("1-a", 1.0, "backup.create", "succeeded")
    note_command(tmp_path, entry)

    def fails(entries: Sequence[AuditEntry]) -> None:
        raise StorageUnavailable("no answer")

    with pytest.raises(StorageUnavailable):
        move_commands(tmp_path, fails)
    with (tmp_path / "commands.jsonl").open("a") as journal:
        journal.write('{"audit_id":')
    assert moved(tmp_path) == [entry]
    assert moved(tmp_path) == []
