"""What encrypts and opens backups: a passphrase or a recovery key, never an argument."""

from __future__ import annotations

from pathlib import Path

from api.cli.errors import USAGE, CliError
from api.cli.operations.running import variable
from api.cli.prompts import ask_secret, is_interactive
from api.operations.archive.locks import Key, Locks
from api.operations.archive.recovery_keys import (
    RecoveryKey,
    new_recovery_key,
    parse_public,
    parse_secret,
)
from api.secret import Secret

PASSPHRASE = "API_DASHBOARD_BACKUP_PASSPHRASE"
RECIPIENT = "API_DASHBOARD_BACKUP_RECIPIENT"
_SHORTEST = 12  # characters
_SECRET_PREFIX = "apdr_"
_INSTEAD = f"set {PASSPHRASE}, or add --passphrase-file FILE or --recipient apdp_…"


def locks_for_backup(
    passphrase_file: Path | None, recipients: tuple[str, ...], new_key: bool
) -> tuple[Locks, RecoveryKey | None]:
    """Return what encrypts a new backup, and the recovery key that was made for it.

    Raises CliError and OperationError.
    """
    made = new_recovery_key() if new_key else None
    public = [parse_public(text) for text in recipients]
    if made is not None:
        public.append(made.public)
    passphrase = _given(passphrase_file)
    if passphrase is None and not public:
        passphrase = _new_passphrase()
    if passphrase is not None and len(passphrase.reveal()) < _SHORTEST:
        raise CliError(
            f"The passphrase is too short: it must have at least {_SHORTEST} characters. "
            "Whoever has the file can try passphrases for as long as they like.",
            USAGE,
        )
    return Locks(passphrase, tuple(public)), made


def key_for_restore(passphrase_file: Path | None) -> Key:
    """Return what opens a backup: a text that begins with `apdr_` is a recovery key.

    Raises CliError and OperationError.
    """
    given = _given(passphrase_file)
    if given is None:
        given = ask_secret(
            "Passphrase or recovery key", instead=f"set {PASSPHRASE} or add --passphrase-file FILE"
        )
    text = given.reveal().strip()
    return parse_secret(text) if text.startswith(_SECRET_PREFIX) else given


def _given(passphrase_file: Path | None) -> Secret | None:
    if passphrase_file is not None:
        try:
            text = passphrase_file.read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise CliError(f"{passphrase_file} cannot be read ({reason}): check it.") from error
        if not text:
            raise CliError(f"{passphrase_file} is empty: write the passphrase into it.")
        return Secret(text)
    text = variable(PASSPHRASE)
    return Secret(text) if text else None


def _new_passphrase() -> Secret:
    if not is_interactive():
        raise CliError(f"A backup needs a passphrase or a recovery key: {_INSTEAD}.", USAGE)
    first = ask_secret("Passphrase of the backup", instead=_INSTEAD)
    second = ask_secret("The same passphrase again", instead=_INSTEAD)
    if first.reveal() != second.reveal():
        raise CliError("The two passphrases differ: start again.", USAGE)
    return first
