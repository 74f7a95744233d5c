"""Restore a backup to a data folder. A kill at any moment leaves the old or the new data."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from api.errors import StartError
from api.local.data_folder import (
    DataFolder,
    clear_filling,
    filling,
    has_data,
    is_restore_unfinished,
    open_data_folder,
    restore_folder,
    write_whole,
)
from api.local.database.integrity import find_damage
from api.local.restored_data import exchange, set_ready
from api.local.secrets_file import secrets_text
from api.operations.archive.reader import ArchiveReader
from api.operations.archive.writer import ArchiveSummary
from api.operations.counting import count
from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets, ItemCounts
from api.operations.places.engine_table import EngineTable, running_table
from api.operations.places.folder import FolderPlace
from api.operations.places.sqlite_snapshot import sqlite_snapshot
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
from api.storage.data_format import DATA_FORMAT

_PROGRESS = "progress.json"


class _Progress(msgspec.Struct, frozen=True):
    """How far a restore is: what identifies it, and how many items are written."""

    identity: str
    written: int


def restore_to_folder(
    place: FolderPlace,
    reader: ArchiveReader,
    report: Report,
    *,
    replace: bool,
    recording: Recording | None = None,
) -> Restored:
    """Restore a backup to a data folder whose server is stopped. Raises OperationError.

    Without `replace`, the folder must have no data. With it, the former data stays in a folder of
    its own. The same call goes on where one that was killed stopped. `recording` is opened when the
    backup is known to be complete.
    """
    summary = verified(reader)
    with recording or contextlib.nullcontext():
        return _restore(place, reader, summary, report, replace=replace)


def _restore(
    place: FolderPlace,
    reader: ArchiveReader,
    summary: ArchiveSummary,
    report: Report,
    *,
    replace: bool,
) -> Restored:
    secrets, notes = secrets_for(place, reader.secrets())
    with locked_target(place, replace=replace) as folder:
        if filling(folder.path) is not None:
            if not replace:
                raise OperationError(
                    f"A move to {place.name} is not finished: run the same `api-dashboard move` "
                    "command again, or add --replace to restore in its place."
                )
            # The same move, repeated, would delete what is restored.
            clear_filling(folder.path)
        if is_restore_unfinished(folder.path):
            identity = _identity(summary, secrets)
            is_same = _written(restore_folder(folder.path), identity) > 0
            replaced = exchange(folder.path)
            if is_same:
                return Restored(summary, _text(replaced), notes)
        if holds_data(place) and not replace:
            raise not_empty(place.name)
        _write(place, reader, summary, secrets, report)
        report("Checking", summary.records, summary.records)
        replaced = put_in_place(place, secrets, summary.counts)
        return Restored(summary, _text(replaced), notes)


def _text(path: Path | None) -> str:
    return "" if path is None else str(path)


def holds_data(place: FolderPlace) -> bool:
    """Return whether the folder has the data of a start. A damaged database counts as data."""
    return place.database.exists() and place.database.stat().st_size > 0


def secrets_for(
    place: FolderPlace, backed_up: InstallationSecrets
) -> tuple[InstallationSecrets, tuple[str, ...]]:
    """Return the secrets for the folder, and notes: those of the backup, but encryption keys that
    the environment sets stay in use. Raises OperationError.
    """
    signing, encryption = place.settings.jwt_secret_key, place.settings.fernet_keys
    if signing is not None and signing.reveal() != backed_up.signing.reveal():
        raise OperationError(
            "JWT_SECRET_KEY is set and is not that of the data, so no token would be valid: "
            "unset it, and run the same command again."
        )
    if not encryption:
        return backed_up, ()
    return InstallationSecrets(backed_up.signing, encryption), (
        "The secrets are now encrypted with FERNET_KEYS of the environment.",
    )


@contextlib.contextmanager
def locked_target(place: FolderPlace, *, replace: bool) -> Iterator[DataFolder]:
    """Hold the lock of a data folder that is written. Raises OperationError."""
    if place.path.exists() and not has_data(place.path) and not replace:
        names = [entry.name for entry in place.path.iterdir()]
        others = [name for name in names if name not in ("lock", "restore", "filling")]
        if others:
            raise OperationError(
                f"The folder {place.path} contains other files ({others[0]}): name an empty one."
            )
    try:
        folder = open_data_folder(place.path, to_restore=True)
    except StartError as error:
        raise OperationError(str(error)) from error
    with folder, _explained(place.path):
        yield folder


def _write(
    place: FolderPlace,
    reader: ArchiveReader,
    summary: ArchiveSummary,
    secrets: InstallationSecrets,
    report: Report,
) -> None:
    new = restore_folder(place.path)
    identity = _identity(summary, secrets)
    written = _written(new, identity)
    if written == 0 or not (new / "database.db").exists():
        written = 0
        _empty(new)
    reencryption = Reencryption(reader.secrets().encryption, secrets.encryption)
    with running_table(new / "database.db", place.settings) as table:
        for step in in_steps(reencryption.items(rest_of(reader, written))):
            table.write(step)
            written += len(step)
            progress = msgspec.json.encode(_Progress(identity, written)).decode()
            write_whole(new / _PROGRESS, progress, replace=True)
            report("Restoring", written, summary.records)


@contextlib.contextmanager
def fresh_database(place: FolderPlace) -> Iterator[EngineTable]:
    """Run the engine on a new database beside that of the folder. The caller holds the lock."""
    _empty(restore_folder(place.path))
    with running_table(restore_folder(place.path) / "database.db", place.settings) as table:
        yield table


def _empty(new: Path) -> None:
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)


def _identity(summary: ArchiveSummary, secrets: InstallationSecrets) -> str:
    """Return what an interrupted restore must have in common with one that continues it.

    Other encryption keys would leave a database whose first part they cannot decrypt.
    """
    text = summary.sha256 + secrets_text(secrets.signing, secrets.encryption)
    return hashlib.sha256(text.encode()).hexdigest()


def _written(new: Path, identity: str) -> int:
    """Return how many items an interrupted restore with the same identity has written."""
    try:
        progress = msgspec.json.decode((new / _PROGRESS).read_bytes(), type=_Progress)
    except (OSError, msgspec.MsgspecError):
        return 0
    return progress.written if progress.identity == identity else 0


def put_in_place(
    place: FolderPlace, secrets: InstallationSecrets, counts: ItemCounts
) -> Path | None:
    """Check the new database, and put it and the secrets in the place of the former files.

    Returns the folder with the former files, None if there were none. The caller holds the lock.
    """
    new = restore_folder(place.path)
    _check(place, new / "database.db", counts)
    text = secrets_text(secrets.signing, secrets.encryption)
    write_whole(new / "secrets.env", text, replace=True)
    write_whole(new / "VERSION", f"{DATA_FORMAT}\n", replace=True)
    # The first start writes database.state: data of an older format lacks what it then requires.
    stamp = time.strftime("%Y-%m-%d-%H%M%S", time.gmtime())
    set_ready(place.path, f"replaced-{stamp}")
    return exchange(place.path)


def _check(place: FolderPlace, database: Path, counts: ItemCounts) -> None:
    damage = find_damage(database, has_log=False)
    if damage is None:
        with sqlite_snapshot(database, place.table_name) as items:
            if count(items) != counts:
                damage = "its items are not those that were written"
    if damage is not None:
        shutil.rmtree(restore_folder(place.path), ignore_errors=True)
        raise OperationError(
            f"The new database is not complete ({damage}): check the disk and start again."
        )


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise OperationError(
                f"The disk with {path} is full: make room, and run the same command again."
            ) from error
        raise OperationError(
            f"{error.filename or path} cannot be written ({error.strerror}): make it writable, and "
            "run the same command again."
        ) from error
