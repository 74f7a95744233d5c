"""Encrypt all stored secrets with the newest key, while the server is stopped."""

from __future__ import annotations

import sys

from api.cli.output import note
from api.cli.server.table import open_table
from api.local.bootstrap import bootstrap
from api.operations.command_record import recorded, table_sink
from api.services.keys.cipher import Cipher
from api.services.keys.encryption_check import accept_encryption_keys
from api.services.keys.rotation import RotationProgress, rotate
from api.settings import Settings, require_secrets
from api.wiring import build_storage


def rotate_keys(given: Settings, accept_lost_keys: bool) -> int:
    """Encrypt all secrets with the newest key. Return the exit code, 1 if some cannot be read.

    `accept_lost_keys` lets the server start without the keys of secrets that cannot be read.
    """
    with bootstrap(given, open_table) as settings:
        storage = build_storage(settings)
        cipher = Cipher(require_secrets(settings)[1])
        sinks = [table_sink(storage.table, settings.audit_days)]
        details = {"to": "data folder"}
        with recorded("encryption_keys.rotate", details, before=sinks, after=(), warn=note):
            progress = rotate(storage.keys, storage.encrypted_items, cipher, print_progress)
            if accept_lost_keys or not progress.unreadable:
                accept_encryption_keys(storage.encryption_checks, cipher)
    print_outcome(progress)
    return 1 if progress.unreadable else 0


def print_outcome(progress: RotationProgress) -> None:
    """Print what a rotation did."""
    print(f"Done: encrypted {_counts(progress)} with the newest key.")
    for name in progress.unreadable:
        print(f"No key in FERNET_KEYS decrypts {name}: enter its secret again.", file=sys.stderr)


def print_progress(progress: RotationProgress) -> None:
    """Print how far a rotation is."""
    print(
        f"{progress.users_done} of {progress.users} users, "
        f"{_counts(progress)} encrypted with the newest key",
        flush=True,
    )


def _counts(progress: RotationProgress) -> str:
    others = [f"{kind.changed} of {kind.items} {kind.title}" for kind in progress.others]
    return ", ".join([f"{progress.changed} of {progress.keys} keys", *others])
