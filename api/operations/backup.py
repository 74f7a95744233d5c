"""Make a backup: one file with every item and both secrets, encrypted."""

from __future__ import annotations

from datetime import UTC, datetime

from api import __version__
from api.operations.archive.locks import Locks
from api.operations.archive.records import About
from api.operations.archive.streams import ArchiveOutput, Progress
from api.operations.archive.writer import ArchiveSummary, ArchiveWriter
from api.operations.counting import ItemCounter
from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets
from api.operations.places.place import SourcePlace
from api.storage.data_format import DATA_FORMAT


def back_up(
    place: SourcePlace, output: ArchiveOutput, locks: Locks, progress: Progress | None = None
) -> ArchiveSummary:
    """Write a backup of a place, while others write to it. Nothing is left of one that fails.

    `progress` is called with the bytes and the items that are written. Raises OperationError.
    """
    try:
        secrets = place.secrets()
        about = About(
            data_format=DATA_FORMAT,
            product=__version__,
            created_at=datetime.now(UTC),
            source=place.name,
            table=place.table_name,
        )
    except BaseException:
        output.discard()
        raise
    counter = ItemCounter()
    with ArchiveWriter(output, locks, about, progress) as writer:
        with place.snapshot() as items:
            for item in counter.counted(items):
                writer.add(item)
        _require_same(secrets, place.secrets(), place.name)
        writer.add_secrets(secrets)
        return writer.finish(counter.counts)


def _require_same(before: InstallationSecrets, after: InstallationSecrets, name: str) -> None:
    if _texts(before) != _texts(after):
        raise OperationError(
            f"The secrets of {name} were changed during the backup: start it again."
        )


def _texts(secrets: InstallationSecrets) -> list[str]:
    return [secret.reveal() for secret in (secrets.signing, *secrets.encryption)]
