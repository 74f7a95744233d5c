"""The entries of operator commands in the audit log of the installation (S53).

The entry is written before the command does anything, where there is a place for it, and gets its
outcome afterwards. It names the user of the operating system, and no file or folder.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from api.audit_actions import AUDIT_ACTIONS
from api.errors import StorageError
from api.local.command_journal import note_command
from api.local.data_folder import has_data
from api.operations.errors import OperationError
from api.operations.places.choose import Place
from api.operations.places.folder import FolderPlace
from api.storage.audit import AuditEntry, AuditItems, AuditSubject, command_item, new_audit_id
from api.storage.table import Table

RecordSink = Callable[[AuditEntry], None]
"""Stores an entry, in place of one with its id. Raises OperationError or StorageError."""

Warn = Callable[[str], None]
"""Tells the user a sentence."""

_CLIENT = "api-dashboard"


@contextlib.contextmanager
def recorded(
    action: str,
    details: dict[str, str],
    *,
    before: Sequence[RecordSink],
    after: Sequence[RecordSink],
    warn: Warn,
    is_needed: bool = True,
) -> Iterator[None]:
    """Record a command: in `before` when it starts, in these and `after` when it has ended.

    If it cannot be recorded, it does not start, unless the record is not `is_needed`. Raises
    OperationError or StorageError.
    """
    fields = AUDIT_ACTIONS[action].fields
    given = {"user": _user(), **details}
    at = round(time.time(), 3)
    entry = AuditEntry(
        audit_id=new_audit_id(at),
        at=at,
        action=action,
        outcome="started",
        client=_CLIENT,
        subject=AuditSubject("installation"),
        details={name: given[name] for name in fields if name in given},
    )
    recording = []
    for sink in before:
        try:
            sink(entry)
            recording.append(sink)
        except (OperationError, StorageError) as error:
            if is_needed:
                raise
            warn(f"This command is not in the audit log: {error}")
    try:
        yield
    except BaseException:
        _finish(msgspec.structs.replace(entry, outcome="failed"), recording, warn)
        raise
    _finish(msgspec.structs.replace(entry, outcome="succeeded"), [*recording, *after], warn)


def sink_of(place: Place) -> RecordSink:
    """Return what stores entries at a place: the journal of a data folder, or the table itself.

    Nothing is written to a folder that has no data yet.
    """

    def note(entry: AuditEntry) -> None:
        if isinstance(place, FolderPlace):
            _note_in(place, entry)
        else:
            place.write([command_item(entry)])

    return note


def table_sink(table: Table, days: int) -> RecordSink:
    """Return what stores entries in a table that is open. They are kept for `days`."""
    return lambda entry: AuditItems(table, days).put_commands([entry])


def account_sink(table: Table, days: int, username: str) -> RecordSink:
    """Return what stores entries in the audit log of an account too. They are kept for `days`."""
    items = AuditItems(table, days)
    return lambda entry: items.put_commands([entry], username)


def _note_in(place: FolderPlace, entry: AuditEntry) -> None:
    if not has_data(place.path):
        return
    try:
        note_command(place.path, entry)
    except OSError as error:
        raise OperationError(
            f"{error.filename or place.path} cannot be written ({error.strerror}): make it "
            "writable for this user."
        ) from error


def place_text(place: Place) -> str:
    """Return what entries call a place: without the path of a folder."""
    return "data folder" if isinstance(place, FolderPlace) else place.name.removeprefix("the ")


def _finish(entry: AuditEntry, sinks: Sequence[RecordSink], warn: Warn) -> None:
    for sink in sinks:
        try:
            sink(entry)
        except (OperationError, StorageError) as error:
            warn(f"The outcome is not in the audit log: {error}")


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
