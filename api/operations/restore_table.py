"""Restore a backup to a table of DynamoDB, or to the table of a stack."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from api.operations.archive.reader import ArchiveReader
from api.operations.archive.writer import ArchiveSummary
from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets
from api.operations.places.spool import KeySet
from api.operations.places.table import TablePlace
from api.operations.reencryption import Reencryption
from api.operations.restore import (
    Recording,
    Report,
    Restored,
    in_steps,
    not_empty,
    rest_of,
    verified,
)
from api.storage.item_kinds import NOT_COPIED, key_of, kind_of
from api.storage.operation_marks import OperationMark, mark_item, mark_key, read_mark

TakeSecrets = Callable[[InstallationSecrets], tuple[str, ...]]
"""Makes the signing secret of the backup that of the target. Returns sentences for the user."""


def restore_to_table(
    place: TablePlace,
    reader: ArchiveReader,
    report: Report,
    take_secrets: TakeSecrets,
    *,
    replace: bool,
    recording: Recording | None = None,
) -> Restored:
    """Restore a backup to a table to which nothing else writes. Raises OperationError.

    Without `replace`, the table must have no user. With it, items that the backup does not have are
    deleted. The same call goes on where one that was killed stopped. `recording` is opened when the
    backup is known to be complete.
    """
    summary = verified(reader)
    place.require_table()
    with recording or contextlib.nullcontext():
        return _restore(place, reader, summary, report, take_secrets, replace=replace)


def _restore(
    place: TablePlace,
    reader: ArchiveReader,
    summary: ArchiveSummary,
    report: Report,
    take_secrets: TakeSecrets,
    *,
    replace: bool,
) -> Restored:
    place.require_takes(reader.secrets().signing)
    own = place.secrets()
    mark = find_mark(place)
    if mark is not None and (mark.kind, mark.identity) != ("restore", summary.sha256):
        if not replace:
            raise OperationError(
                f"A {mark.kind} to {place.name} was interrupted: finish it with the same command "
                "as before, or add --replace to start this restore in its place."
            )
        mark = None
    elif mark is None and not replace and not place.is_empty():
        raise not_empty(place.name)
    mark = mark or OperationMark("restore", summary.sha256, int(time.time()))
    place.write([mark_item(mark)])
    reencryption = Reencryption(reader.secrets().encryption, own.encryption)
    written = mark.written
    for step in in_steps(reencryption.items(rest_of(reader, written))):
        place.write(step)
        written += len(step)
        place.write([mark_item(OperationMark("restore", mark.identity, mark.started_at, written))])
        report("Restoring", written, summary.records)
    if replace:
        keys = KeySet()
        keys.add(key_of(item) for item in reader.items())
        delete_others(place, keys, report)
    notes = take_secrets(reader.secrets())
    place.delete([mark_key()])
    return Restored(summary, notes=notes)


def find_mark(place: TablePlace) -> OperationMark | None:
    """Return the mark of an operation that is not finished, None if there is none."""
    place.require_table()
    return next((read_mark(item) for item in place.read([mark_key()])), None)


def delete_others(place: TablePlace, keep: KeySet, report: Report) -> None:
    """Delete the items of the table whose keys are not in `keep`."""
    deleted = 0
    for page in place.pages():
        keys = [key_of(item) for item in page]
        deleted += place.delete(
            key for key in keys if not keep.has(*key) and kind_of(*key) not in NOT_COPIED
        )
        report("Deleting", deleted, deleted)
