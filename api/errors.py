"""The product's exceptions.

DashboardError
├── SettingError          a setting is missing or invalid; the process does not start
├── StartError            the product cannot run on this machine
└── Problem               an error response (RFC 9457, `application/problem+json`)
    └── StorageUnavailable  the database did not respond: 503 with Retry-After
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from api.problem_codes import PROBLEM_CODES


class DashboardError(Exception):
    """The base class of the product's exceptions."""


class SettingError(DashboardError):
    """A setting is missing or invalid. The text is one sentence that names it."""


class StartError(DashboardError):
    """The product cannot start on this machine. The text is one sentence that says what to do."""


class Problem(DashboardError):
    """An error response: a code of `PROBLEM_CODES` and a sentence that says what happened.

    `field` names the field or parameter that is wrong. `headers` are added to the response. `extra`
    are additional members of the problem document (RFC 9457 3.2).
    """

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


class StorageUnavailable(Problem):
    """The database did not respond, or throttled too often. Whether it wrote anything is unknown.

    `reason` is for the log.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            "storage_unavailable",
            "The database did not respond. Try again in a moment.",
            headers=(("Retry-After", "2"),),
        )
        self.reason = reason


def reason_phrase(status: int) -> str:
    """Return the usual reason phrase of a status, or "Unknown"."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
