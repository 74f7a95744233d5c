"""Classify the database's errors: temporary ones, those that an operator must resolve, and bugs.

The embedded engine reports an error of SQLite as an InternalServerError with SQLite's message.
"""

from __future__ import annotations

from api.errors import StorageError, StorageFailed, StorageNotWritable, StorageUnavailable

# SQLite's messages (https://www.sqlite.org/rescode.html), as in `sqlite3ErrStr` of its source.
_FULL = "database or disk is full"
_NOT_WRITABLE = {
    _FULL: "its disk is full. Free space on it",
    "attempt to write a readonly database": "its file is read-only. Make it writable",
    "disk I/O error": "its disk reports an error. Check the disk and its free space",
}
_DAMAGED = (
    "database disk image is malformed",
    "file is not a database",
    "no such table",
    "no such column",
)
# Codes of AWS about the credentials of the caller.
_CREDENTIALS = (
    "AccessDenied",
    "UnrecognizedClient",
    "ExpiredToken",
    "InvalidSignature",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "InvalidClientTokenId",
)


def is_permanent(message: str) -> bool:
    """Return whether a server error's message says that a repetition cannot succeed."""
    return any(words in message for words in (*_NOT_WRITABLE, *_DAMAGED))


def storage_error(code: str, message: str) -> StorageError:
    """Return the problem for an error of the database, whose message is for the log."""
    reason = f"{code}: {message}" if message else code
    for words, advice in _NOT_WRITABLE.items():
        if words in message:
            return StorageNotWritable(
                f"The database cannot store anything: {advice}. The API is not called until the "
                "database can be written again.",
                reason,
            )
    if any(words in message for words in _DAMAGED):
        return StorageFailed(
            "The database is damaged. Stop the dashboard and restore the database from a backup "
            "with `api-dashboard restore FILE --replace`.",
            reason,
        )
    if code == "ResourceNotFoundException":
        return StorageFailed(
            "The database has no such table. Check DYNAMODB_TABLE and AWS_REGION, or restore the "
            "table from a backup.",
            reason,
        )
    if code.startswith(_CREDENTIALS):
        return StorageFailed(
            "The database refuses the server's credentials. Check them and the permissions of the "
            "server's role.",
            reason,
        )
    if code in ("InternalServerError", "ServiceUnavailable", "InternalFailure"):
        return StorageUnavailable(reason)
    return StorageFailed(
        "The database rejected an operation. The server's log has its reason; please report it.",
        reason,
    )
