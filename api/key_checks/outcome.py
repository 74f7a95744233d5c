"""Classify the response to a key check, and describe the outcome in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from api.http.errors import TlsFailed, TransportError, TransportTimeout
from api.proxy.exchange import to_problem
from api.quota.key_state import KeyState, key_state_after, refused_state
from api.quota.windows import QuotaReading
from api.services.keys.provider import ProviderCheck
from api.upstream.resolver import ResolveFailed, ResolveTimeout

Outcome = Literal[
    "valid", "revoked", "out_of_quota", "wrong_host", "unreachable", "unexpected", "unknown"
]


class CheckOutcome(msgspec.Struct, frozen=True):
    """An outcome with a sentence for the user and the upstream's status.

    `state` is the key's new state, None if the check does not change it.
    """

    outcome: Outcome
    detail: str
    status: int | None = None
    state: KeyState | None = None


def classify_response(
    check: ProviderCheck,
    host: str,
    status: int,
    headers: Sequence[tuple[str, str]],
    reading: QuotaReading | None,
    now: int,
    dialect: str,
) -> CheckOutcome:
    """Return the outcome of a check from the response to the provider's check request.

    `dialect` is the key's rate-limit dialect.
    """
    if status in check.valid:
        return CheckOutcome("valid", f"{host} accepted the key.", status)
    retry_at = reading.retry_at if reading is not None else None
    if status in (402, 429) or retry_at is not None:
        wait = f" It asks to wait {max(1, retry_at - now)} s." if retry_at is not None else ""
        return CheckOutcome(
            "out_of_quota",
            f"{host} says that the quota is exhausted ({status}).{wait}",
            status,
            key_state_after(status, reading, dialect, now, headers=headers),
        )
    if status in check.invalid:
        return CheckOutcome(
            "revoked",
            f"{host} refused the key with {status}: it is wrong, revoked or expired.",
            status,
            refused_state(status, now),
        )
    if status == 403:
        return CheckOutcome(
            "unexpected", f"{host} does not allow this key to make the check request (403).", status
        )
    if 300 <= status < 400:
        return CheckOutcome(
            "wrong_host", f"{host} redirects{_redirect_target(headers)} ({status}).", status
        )
    if status in (404, 405, 410, 421):
        return CheckOutcome(
            "wrong_host",
            f"{host} answered {status}: the provider's API is not there. Is the base URL right?",
            status,
        )
    if status >= 500:
        return CheckOutcome(
            "unexpected",
            f"{host} responded with a server error ({status}). Try again later.",
            status,
        )
    return CheckOutcome(
        "unexpected", f"{host} answered {status}, which says nothing about the key.", status
    )


def not_resolved(host: str, error: ResolveFailed | ResolveTimeout) -> CheckOutcome:
    """Return the outcome for an unresolved name: a wrong host, unless the resolver failed."""
    if isinstance(error, ResolveTimeout) or "emporary" in str(error):
        return CheckOutcome("unreachable", f"{host} could not be resolved.")
    return CheckOutcome("wrong_host", f"No host is named {host}.")


def not_answered(host: str, error: TransportError) -> CheckOutcome:
    """Return the outcome of a failed exchange: a wrong host if its certificate has another name."""
    if isinstance(error, TlsFailed) and "mismatch" in str(error).lower():
        return CheckOutcome("wrong_host", f"The certificate of {host} is for another name.")
    if isinstance(error, TransportTimeout):
        return CheckOutcome("unreachable", "The upstream did not answer in time.")
    return CheckOutcome("unreachable", to_problem(error).detail)


def _redirect_target(headers: Sequence[tuple[str, str]]) -> str:
    for name, value in headers:
        if name.lower() == "location":
            try:
                target = urlsplit(value).hostname
            except ValueError:
                return ""
            return f" to {target[:100]}" if target else ""
    return ""
