"""Create the table of one machine, or check that it belongs to the data folder and its keys."""

from __future__ import annotations

from pathlib import Path

from api.errors import StartError
from api.local.data_folder import RESTORE
from api.services.keys.cipher import Cipher
from api.services.keys.encryption_check import WrongEncryptionKeys, verify_encryption_keys
from api.settings import Settings, require_secrets
from api.storage.schema import ensure_table, table_exists
from api.wiring import Storage, build_storage


def prepare_table(settings: Settings, must_have_content: Path | None) -> None:
    """Create the table, or check that it belongs to the encryption keys. Raises StartError."""
    storage = open_table(settings, must_have_content)
    _, fernet_keys = require_secrets(settings)
    try:
        verify_encryption_keys(
            storage.encryption_checks, storage.keys, storage.encrypted_items, Cipher(fernet_keys)
        )
    except WrongEncryptionKeys as error:
        raise StartError(str(error)) from error


def open_table(settings: Settings, must_have_content: Path | None) -> Storage:
    """Return the storage, with the table created if it does not exist. Raises StartError."""
    storage = build_storage(settings)
    if must_have_content is not None and not (
        table_exists(storage.table) and storage.encryption_checks.read()
    ):
        raise StartError(
            f"The database {must_have_content} has lost its contents: {RESTORE}, or set "
            "API_DASHBOARD_DATA to an empty folder to start without data."
        )
    ensure_table(storage.table)
    return storage
