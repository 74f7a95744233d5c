"""The tree of errors and the table of problem codes that clients may rely on.

DashboardError
├── SettingError          a setting is missing or wrong; the process does not start
├── StartError            the product cannot run on this machine as it is
└── Problem               an answer to a caller, rendered as RFC 9457 `application/problem+json`
    └── StorageUnavailable  the table did not answer: 503 with Retry-After
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

# code -> (HTTP status, title). docs/api.md lists them; a test holds the two together.
PROBLEMS: dict[str, tuple[int, str]] = {
    "invalid_json": (400, "The body is not strict JSON"),
    "invalid_request": (400, "The request cannot be understood"),
    "invalid_cursor": (400, "The cursor is not one of this list's"),
    "invalid_path": (400, "The path leaves the stored base URL or cannot be sent"),
    "authentication_required": (401, "No credential, or one that is not valid (any more)"),
    "invalid_credentials": (401, "The username or the password is wrong"),
    "invalid_refresh_token": (401, "The refresh token is not valid (any more)"),
    "wrong_password": (403, "The current password is wrong"),
    "cross_origin_refused": (403, "The session cookie is only accepted from our own pages"),
    "sign_up_closed": (403, "Sign-up is closed"),
    "invite_required": (403, "Sign-up needs a valid invite code"),
    "token_not_allowed_here": (403, "Personal access tokens are only valid at /proxy"),
    "token_scope": (403, "The token was not given this API, method or path"),
    "not_found": (404, "There is nothing here"),
    "key_not_found": (404, "There is no such key"),
    "token_not_found": (404, "There is no such token"),
    "session_not_found": (404, "There is no such session"),
    "rate_limit_not_found": (404, "There is no rate limit of that API"),
    "reservation_not_found": (404, "The token has no reservation of that API"),
    "unknown_api": (404, "No key is stored under that API name"),
    "method_not_allowed": (405, "The path does not take that method"),
    "username_taken": (409, "The username, or one that looks like it, is taken"),
    "conflict": (409, "Somebody else changed it at the same time"),
    "policy_required": (409, "Only a policy of your own can be reserved from"),
    "too_many_reservations": (409, "The API has as many reservations as it can have"),
    "no_schedule_here": (409, "Keys cannot be checked on a schedule here"),
    "request_too_large": (413, "The request is larger than the limit"),
    "unsupported_media_type": (415, "The body must be application/json"),
    "invalid_field": (422, "A field is missing, unknown or has a wrong value"),
    "upstream_not_allowed": (422, "The base URL is not one that may be called"),
    "reservation_exceeds_limit": (422, "More would be reserved than the limit has"),
    "secret_required": (422, "The secret must be entered again when the host changes"),
    "rate_limited": (429, "The limit set for this API is used up"),
    "token_rate_limited": (429, "The token's own limit is used up"),
    "keys_exhausted": (429, "Every key of this API has used up its upstream quota"),
    "too_many_attempts": (429, "Too many attempts; wait before the next one"),
    "caller_gone": (499, "The caller hung up before the answer"),
    "internal_error": (500, "Something went wrong on our side"),
    "address_refused": (502, "The upstream's address is not one that may be called"),
    "name_not_resolved": (502, "The upstream's name could not be resolved"),
    "connect_failed": (502, "The upstream could not be connected to"),
    "tls_failed": (502, "No trusted TLS connection to the upstream"),
    "upstream_reset": (502, "The upstream ended the connection before its answer was whole"),
    "upstream_malformed": (502, "The upstream's answer is not valid HTTP"),
    "response_too_large": (502, "The upstream's answer is larger than can be delivered"),
    "secret_unreadable": (502, "The stored secret cannot be decrypted; enter it again"),
    "usage_not_recorded": (503, "The call was made but could not be recorded"),
    "storage_unavailable": (503, "The database does not answer"),
    "upstream_timeout": (504, "The upstream did not answer in time"),
}


class DashboardError(Exception):
    """The root of everything that this product raises on purpose."""


class SettingError(DashboardError):
    """A setting is missing or wrong. The text is one sentence that names it."""


class StartError(DashboardError):
    """The product cannot start here. The text is one sentence that says what to do."""


class Problem(DashboardError):
    """An error answer: a stable `code` of PROBLEMS, a sentence, and what a client may need beside
    it.

    `field` names the member of the body (or the query parameter) that is wrong. `headers` are added
    to the response. `extra` are further members of the problem document (RFC 9457 3.2).
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
        self.status, self.title = PROBLEMS[code]
        self.detail = detail
        self.field = field
        self.headers = tuple(headers)
        self.extra = extra

    def document(self, request_id: str) -> dict[str, Any]:
        """The problem document, ready for JSON."""
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
    """The table did not answer, or throttled us past our patience. Nothing is known to be
    written.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            "storage_unavailable",
            "The database did not answer. Try again in a moment.",
            headers=(("Retry-After", "2"),),
        )
        self.reason = reason


def reason_phrase(status: int) -> str:
    """The usual reason phrase of a status, or 'Unknown'."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
