"""What came back of a provider's harmless request, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from api.http.errors import TlsFailed, TransportError
from api.pools import KeyState
from api.proxy.exchange import to_problem
from api.proxy.key_selection import state_after
from api.quota.headers import Observation
from api.services.keys.catalogue import Check
from api.upstream.addresses import ResolveFailed, ResolveTimeout

Outcome = Literal[
    "valid", "revoked", "out_of_quota", "wrong_host", "unreachable", "unexpected", "unknown"
]


class CheckOutcome(msgspec.Struct, frozen=True):
    """An outcome with a sentence, the status that was answered, and what it means for using the
    key.
    """

    outcome: Outcome
    detail: str
    status: int | None = None
    state: KeyState | None = None


def classify_response(
    check: Check,
    host: str,
    status: int,
    headers: Sequence[tuple[str, str]],
    observation: Observation | None,
    now: int,
) -> CheckOutcome:
    """What an answer says of the key."""
    if status in check.valid:
        return CheckOutcome("valid", f"{host} accepted the key.", status)
    waits = observation.retry_at if observation is not None else None
    if status in (402, 429) or waits is not None:
        again = f" It asks to wait {max(1, waits - now)} s." if waits is not None else ""
        return CheckOutcome(
            "out_of_quota",
            f"{host} says that the quota is used up ({status}).{again}",
            status,
            state_after(status, observation, "generic", now),
        )
    if status in check.invalid:
        return CheckOutcome(
            "revoked",
            f"{host} refused the key with {status}: it is wrong, revoked or expired.",
            status,
            KeyState("refused", now + 300, now, status),
        )
    if status == 403:
        return CheckOutcome(
            "unexpected", f"{host} does not let this key make this request (403).", status
        )
    if 300 <= status < 400:
        return CheckOutcome(
            "wrong_host", f"{host} leads elsewhere{_where(headers)} ({status}).", status
        )
    if status in (404, 405, 410, 421):
        return CheckOutcome(
            "wrong_host",
            f"{host} answered {status}, so this provider's API is not there: is the URL right?",
            status,
        )
    if status >= 500:
        return CheckOutcome(
            "unexpected", f"{host} answered {status}: it has a problem of its own.", status
        )
    return CheckOutcome(
        "unexpected", f"{host} answered {status}, which says nothing of the key.", status
    )


def not_resolved(host: str, error: ResolveFailed | ResolveTimeout) -> CheckOutcome:
    """What a name without an address says: a wrong name, unless the resolver is at fault."""
    if isinstance(error, ResolveTimeout) or "emporary" in str(error):
        return CheckOutcome("unreachable", f"{host} could not be resolved.")
    return CheckOutcome("wrong_host", f"There is no host of the name {host}.")


def not_answered(host: str, error: TransportError) -> CheckOutcome:
    """What a failed exchange says: a wrong host where its certificate is another's."""
    if isinstance(error, TlsFailed) and "mismatch" in str(error).lower():
        return CheckOutcome("wrong_host", f"The certificate of {host} is for another name.")
    return CheckOutcome("unreachable", to_problem(error).detail)


def _where(headers: Sequence[tuple[str, str]]) -> str:
    for name, value in headers:
        if name.lower() == "location":
            try:
                target = urlsplit(value).hostname
            except ValueError:
                return ""
            return f", to {target[:100]}" if target else ""
    return ""
