"""Put restored data in the place of a data folder's own, so that a kill loses neither.

A restore builds the new files in `restore/`, and writes `restore/READY` when they are complete.
From then on the data folder cannot be opened until the files are exchanged, which can be repeated
from any point: first the old files go to a folder of their own, then the new ones take their place.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from api.local.data_folder import restore_folder, write_whole

_READY = "READY"
_MOVED = "MOVED"
_FILES = (
    "database.db",
    "database.db-wal",
    "database.db-shm",
    "database.state",
    "database.log",
    "database.pid",
    "secrets.env",
    "VERSION",
    "moved",
)


def set_ready(data: Path, replaced: str) -> None:
    """Mark the new files as complete. The old ones will go to the folder `replaced`.

    The caller holds the lock of the data folder. Raises OSError.
    """
    folder = restore_folder(data)
    for name in _FILES:
        if (folder / name).exists():
            _sync(folder / name)
    write_whole(folder / _READY, f"{replaced}\n")


def exchange(data: Path) -> Path | None:
    """Put the new files in place, and return the folder with the old ones, None if there were none.

    Idempotent, and can be repeated after a kill at any moment. The caller holds the lock of the
    data folder. Raises OSError.
    """
    new = restore_folder(data)
    replaced = data / (new / _READY).read_text().strip()
    if not (new / _MOVED).exists():
        for name in _FILES:
            if (data / name).exists():
                replaced.mkdir(mode=0o700, exist_ok=True)
                (data / name).rename(replaced / name)
        _sync(data)
        write_whole(new / _MOVED, "moved\n")
    for name in _FILES:
        if (new / name).exists():
            (new / name).rename(data / name)
    _sync(data)
    (new / _READY).unlink()
    shutil.rmtree(new)
    return replaced if replaced.exists() else None


def discard(data: Path) -> None:
    """Delete everything that a move which was killed has written to the data folder `data`.

    The caller holds the lock of the data folder. Raises OSError.
    """
    for name in _FILES:
        (data / name).unlink(missing_ok=True)
    if restore_folder(data).exists():
        shutil.rmtree(restore_folder(data))


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
