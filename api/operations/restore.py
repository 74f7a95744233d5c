"""Restore a backup: verify all of it, then write it to an empty place or over another one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import msgspec

from api.operations.archive.reader import ArchiveReader
from api.operations.archive.writer import ArchiveSummary
from api.operations.errors import ArchiveError, OperationError
from api.operations.items import Item
from api.operations.places.batches import in_pages
from api.storage.data_format import DATA_FORMAT
from api.storage.item_kinds import as_restored

Report = Callable[[str, int, int], None]
"""Is called with what is being done, how many items are done, and how many there are."""

Recording = AbstractContextManager[None]
"""Records the restore in the audit log while its context is open."""

# Items until the progress is stored.
STEP = 1_000


class Restored(msgspec.Struct, frozen=True):
    """What a restore did. `replaced` names where the former data is, empty if there was none.

    `notes` are sentences about what the user should know or do.
    """

    summary: ArchiveSummary
    replaced: str = ""
    notes: tuple[str, ...] = ()


def verified(reader: ArchiveReader) -> ArchiveSummary:
    """Check that a backup is complete and can be used by this version. Raises ArchiveError."""
    summary = reader.verify()
    if reader.about.data_format > DATA_FORMAT:
        raise ArchiveError(
            f"The backup was made by API Dashboard {reader.about.product}, whose data this version "
            "cannot use: restore it with that version or a newer one."
        )
    return summary


def rest_of(reader: ArchiveReader, written: int) -> Iterator[Item]:
    """Return the items of a backup after the first `written`, as a restore writes them.

    Deliveries that were waiting during the backup are given up: most have been made since.
    """
    return map(as_restored, itertools.islice(reader.items(), written, None))


def in_steps(items: Iterator[Item]) -> Iterator[list[Item]]:
    """Return the items in groups of `STEP`."""
    return in_pages(items, STEP)


def not_empty(name: str) -> OperationError:
    """Return the error for a place that has data."""
    return OperationError(
        f"There is data in {name}: restore to an empty place, or add --replace to replace it."
    )
