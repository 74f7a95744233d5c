"""The secrets of one machine: generated at the first start, in a file only its user can read."""

from __future__ import annotations

import re
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

import msgspec

from api.errors import StartError
from api.local.data_folder import RESTORE, DataFolder, write_whole
from api.secret import Secret
from api.settings import Settings, parse_fernet_keys, parse_random_secret

NAMES = ("JWT_SECRET_KEY", "FERNET_KEYS")
LINE = re.compile(r"([A-Z][A-Z0-9_]*)=([A-Za-z0-9_=,-]+)")


def has_secrets(settings: Settings) -> bool:
    """Return whether the settings already have both secrets, so that no file is needed."""
    return settings.jwt_secret_key is not None and bool(settings.fernet_keys)


def with_secrets(settings: Settings, folder: DataFolder) -> Settings:
    """Return the settings with missing secrets added from the folder's secrets file.

    The file is created at the first start and never overwritten. Raises StartError if other users
    can access it, if it is malformed, or if it is missing while there is encrypted data. Raises
    SettingError if a secret in it is too weak or not a key.
    """
    if has_secrets(settings):
        return settings
    path = folder.secrets
    try:
        if not path.exists():
            _create(path, folder.database)
        signing, encryption = read_secrets(path)
    except OSError as error:
        raise StartError(
            f"The secrets file {path} cannot be used ({error.strerror}): "
            "make it a file that this user can read and write."
        ) from error
    return msgspec.structs.replace(
        settings,
        jwt_secret_key=settings.jwt_secret_key or signing,
        fernet_keys=settings.fernet_keys or encryption,
    )


def read_secrets(path: Path) -> tuple[Secret, tuple[Secret, ...]]:
    """Return the signing secret and the encryption keys of a secrets file.

    Raises OSError, StartError if other users can access it or it is malformed, and SettingError if
    a secret in it is too weak or not a key.
    """
    values = _read(path)
    return (
        parse_random_secret(values["JWT_SECRET_KEY"], f"JWT_SECRET_KEY in {path}"),
        parse_fernet_keys(values["FERNET_KEYS"], f"FERNET_KEYS in {path}"),
    )


def secrets_text(signing: Secret, encryption: Sequence[Secret]) -> str:
    """Return the contents of a secrets file."""
    keys = ",".join(key.reveal() for key in encryption)
    return f"JWT_SECRET_KEY={signing.reveal()}\nFERNET_KEYS={keys}\n"


def _create(path: Path, database: Path) -> None:
    if database.exists():
        raise StartError(
            f"The secrets file {path} is missing, but {database} contains data encrypted with it: "
            f"{RESTORE}, or set API_DASHBOARD_DATA to an empty folder to start empty."
        )
    # Only the first start needs this import.
    from cryptography.fernet import Fernet

    # 512 and 256 random bits (S18 requires at least 256).
    signing, key = secrets.token_urlsafe(64), Fernet.generate_key().decode()
    write_whole(path, secrets_text(Secret(signing), [Secret(key)]))


def _read(path: Path) -> dict[str, str]:
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) or mode & 0o077:
        raise StartError(
            f"The secrets file {path} can be read by other users: run `chmod 600 {path}`, "
            "and replace the secrets if someone may have read it."
        )
    values: dict[str, str] = {}
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.fullmatch(line.strip())
        if match is None or match[1] not in NAMES or match[1] in values:
            raise StartError(
                f"Line {number} of the secrets file {path} is not `NAME=value` with one of "
                f"{' and '.join(NAMES)}, each once: correct it, or {RESTORE}."
            )
        values[match[1]] = match[2]
    for name in NAMES:
        if name not in values:
            raise StartError(f"The secrets file {path} has no {name}: {RESTORE}.")
    return values
