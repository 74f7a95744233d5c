"""Operator commands that are not in the audit log yet, in a file of the data folder.

A command cannot write to the database of a server that runs, or that it replaces. So it adds a line
to this file before it starts and another one when it ends; the server moves them to its audit log.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from api.storage.audit import AuditEntry

_NAME = "commands.jsonl"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AuditEntry).decode


def note_command(data: Path, entry: AuditEntry) -> None:
    """Add an entry, or the outcome of one, to the journal of the folder `data`. Raises OSError."""
    path = data / _NAME
    is_new = not path.exists()
    with _locked(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY) as descriptor:
        if is_new and os.geteuid() == 0:
            # The server, which runs as the owner of the folder, must be able to empty the file.
            owner = data.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        os.write(descriptor, _encode(entry) + b"\n")
        os.fsync(descriptor)


def move_commands(data: Path, store: Callable[[Sequence[AuditEntry]], None]) -> None:
    """Pass the entries of the journal to `store`, and empty it. Can be repeated. Raises OSError."""
    path = data / _NAME
    try:
        if path.stat().st_size == 0:
            return
    except FileNotFoundError:
        return
    with _locked(path, os.O_RDWR) as descriptor:
        entries = {entry.audit_id: entry for entry in _entries(path.read_bytes())}
        if entries:
            store(list(entries.values()))
        os.ftruncate(descriptor, 0)


def _entries(content: bytes) -> Iterator[AuditEntry]:
    """Return the entries of whole lines: a full disk can leave a part of one."""
    for line in content.splitlines():
        try:
            yield _decode(line)
        except msgspec.MsgspecError:
            continue


@contextmanager
def _locked(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
