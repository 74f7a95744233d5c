"""The product's exceptions.

DashboardError
├── SettingError          a setting is missing or invalid; the process does not start
├── StartError            the product cannot run on this machine
└── Problem               an error response (RFC 9457, `application/problem+json`)
    └── StorageError        the database did not carry out an operation
        ├── StorageUnavailable  it did not respond: 503 with Retry-After
        ├── StorageNotWritable  it cannot write, for example because its disk is full: 503
        └── StorageFailed       it failed in a way that does not pass by itself: 500

ServerStopping (a BaseException) ends the calls that are in progress when the server stops.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Literal

from api.problem_codes import PROBLEM_CODES

# The time limit that ended a call. `total` is the end of the whole call.
TimeLimit = Literal["connect", "send", "first_byte", "idle", "stream", "total"]

# SDKs repeat a call after a 5xx unless a field tells them not to: those made by Stainless (OpenAI,
# Anthropic and others) read the first, Stripe's the second.
DO_NOT_RETRY = (("x-should-retry", "false"), ("Stripe-Should-Retry", "false"))


class DashboardError(Exception):
    """The base class of the product's exceptions."""


class SettingError(DashboardError):
    """A setting is missing or invalid. The text is one sentence that names it."""


class StartError(DashboardError):
    """The product cannot start on this machine. The text is one sentence that says what to do."""


class ServerStopping(BaseException):
    """The server stops and ends this call. The server raises it in the call's thread or greenlet,
    wherever that waits.

    The proxy records the call as `server_stopping`, and the server closes the connection. It is no
    Exception, so that code which handles failures does not swallow it. `request_sent` is whether
    the upstream may have received a part of the request.
    """

    request_sent = False


class Problem(DashboardError):
    """An error response: a code of `PROBLEM_CODES` and a sentence that says what happened.

    `field` names the field or parameter that is wrong. `headers` are added to the response. `extra`
    are additional members of the problem document (RFC 9457 3.2). `provider` (a slug of the
    catalogue) and `host` are those of the API that a proxied call was for, if they are known.
    """

    provider: str = ""
    host: str = ""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        **extra: Any,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.status = PROBLEM_CODES[code].status
        self.title = PROBLEM_CODES[code].title
        self.detail = detail
        self.field = field
        self.headers = tuple(headers)
        self.extra = extra

    @property
    def time_limit(self) -> TimeLimit | None:
        """The time limit that ended the call, if one did."""
        return self.extra.get("time_limit")

    def document(self, request_id: str) -> dict[str, Any]:
        """Return the problem document, ready for JSON."""
        document: dict[str, Any] = {
            "type": f"/api/docs#{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.field is not None:
            document["field"] = self.field
        document.update(self.extra)
        return document


class StorageError(Problem):
    """The database did not carry out an operation. `reason` is its own message, for the log."""

    def __init__(
        self, code: str, detail: str, reason: str, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(code, detail, headers=headers)
        self.reason = reason

    def copy(self) -> StorageError:
        """Return the same problem without its traceback, for another call."""
        twin = type(self).__new__(type(self), *self.args)
        vars(twin).update(vars(self))
        return twin


class StorageUnavailable(StorageError):
    """The database did not respond, or throttled too often. It may have written something."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "storage_unavailable",
            "The database did not respond. Try again in a moment.",
            reason,
            (("Retry-After", "2"),),
        )


class StorageNotWritable(StorageError):
    """The database can be read but not written. `detail` says why and what to do."""

    def __init__(self, detail: str, reason: str) -> None:
        super().__init__("storage_not_writable", detail, reason)


class StorageFailed(StorageError):
    """The database fails until somebody acts. `detail` says what is wrong and what to do."""

    def __init__(self, detail: str, reason: str) -> None:
        super().__init__("storage_failed", detail, reason, DO_NOT_RETRY)


@lru_cache(maxsize=256)
def reason_phrase(status: int) -> str:
    """Return the usual reason phrase of a status, or "Unknown"."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
