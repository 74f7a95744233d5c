"""Errors of the database become problems that say what to do, and only some ask for patience."""

from __future__ import annotations

import pytest

from api.errors import StorageFailed, StorageNotWritable, StorageUnavailable
from api.storage.faults import is_permanent, storage_error

INTERNAL = "InternalServerError"
FULL = (
    "commit failed (backend: database or disk is full) and rollback also failed (backend: cannot "
    "rollback - no transaction is active)"
)


@pytest.mark.parametrize(
    ("code", "message", "kind", "advice"),
    [
        (INTERNAL, FULL, StorageNotWritable, "Free space"),
        (INTERNAL, "backend: database or disk is full", StorageNotWritable, "disk is full"),
        (INTERNAL, "backend: attempt to write a readonly database", StorageNotWritable, "writable"),
        (INTERNAL, "Internal error: disk I/O error", StorageNotWritable, "Check the disk"),
        (INTERNAL, "backend: database disk image is malformed", StorageFailed, "from a backup"),
        (INTERNAL, "file is not a database", StorageFailed, "from a backup"),
        (INTERNAL, "no such table: api-dashboard", StorageFailed, "from a backup"),
        ("ResourceNotFoundException", "Cannot find it", StorageFailed, "no such table"),
        ("AccessDeniedException", "User is not authorized", StorageFailed, "credentials"),
        ("UnrecognizedClientException", "The token is invalid", StorageFailed, "credentials"),
        ("ExpiredTokenException", "", StorageFailed, "credentials"),
        ("InvalidSignatureException", "", StorageFailed, "credentials"),
        ("MissingAuthenticationTokenException", "", StorageFailed, "credentials"),
        ("ValidationException", "Item size has exceeded", StorageFailed, "rejected"),
        ("ItemCollectionSizeLimitExceededException", "", StorageFailed, "rejected"),
        (INTERNAL, "backend: database is locked", StorageUnavailable, "Try again"),
        (INTERNAL, "", StorageUnavailable, "Try again"),
    ],
)  # fmt: skip
def test_an_error_says_what_to_do(
    code: str, message: str, kind: type[Exception], advice: str
) -> None:
    problem = storage_error(code, message)
    assert type(problem) is kind
    assert advice in problem.detail
    assert code in problem.reason and message in problem.reason
    assert not message or message not in problem.detail
    assert ("Try again" in problem.detail) == (kind is StorageUnavailable)
    assert ("Retry-After" in dict(problem.headers)) == (kind is StorageUnavailable)


@pytest.mark.parametrize("message", [FULL, "backend: database disk image is malformed"])
def test_an_error_that_does_not_pass_is_not_repeated(message: str) -> None:
    assert is_permanent(message)


@pytest.mark.parametrize("message", ["", "backend: database is locked", "Internal server error"])
def test_other_server_errors_are_repeated(message: str) -> None:
    assert not is_permanent(message)
