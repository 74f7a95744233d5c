"""The user's own limit of an API, with what is reserved of it, as it stands in the pool item."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from api.storage.limits import LimitRule
from api.storage.reservations import Reservation, bounds, live

_reservations = msgspec.json.Decoder(tuple[Reservation, ...])
_encode = msgspec.json.Encoder()


class Policy(msgspec.Struct, frozen=True):
    """`limit` requests in `window` seconds, windows counted from `window_start` (epoch seconds).

    `revision` counts its changes, for conditional writes.
    """

    limit: int
    window: int
    window_start: float
    reservations: tuple[Reservation, ...] = ()
    revision: int = 1

    def allowance(self, api_name: str, token_id: str | None = None, now: float = 0.0) -> LimitRule:
        """The counters that a caller's request counts in; without a token, anybody's."""
        return LimitRule(
            f"api:{api_name}:{self.limit}:{self.window}",
            self.limit,
            self.window,
            self.window_start,
            bounds(self.reservations, self.limit, token_id, now) if self.reservations else (),
        )

    def reserved(self, now: float, but_for: str | None = None) -> int:
        """What is reserved for tokens, but for one of them."""
        return sum(
            one.of(self.limit) for one in live(self.reservations, now) if one.token_id != but_for
        )

    def reservation(self, token_id: str) -> Reservation | None:
        """A token's reservation."""
        return next((one for one in self.reservations if one.token_id == token_id), None)


def as_policy(member: dict[str, Any] | None) -> Policy | None:
    """The typed policy of a pool item's member."""
    if not member:
        return None
    reserved = member.get("reservations")
    return Policy(
        member["limit"],
        member["window"],
        # A whole number comes back without its fraction, and would name other counters.
        float(member["anchor"]),
        _decoded(reserved) if reserved else (),
        member.get("revision", 1),
    )


def policy_member(policy: Policy) -> dict[str, Any]:
    """A policy as the pool item's member."""
    member: dict[str, Any] = {
        "limit": policy.limit,
        "window": policy.window,
        "anchor": policy.window_start,
        "revision": policy.revision,
    }
    if policy.reservations:
        member["reservations"] = _encode.encode(policy.reservations).decode()
    return member


@lru_cache(maxsize=1024)
def _decoded(text: str) -> tuple[Reservation, ...]:
    return _reservations.decode(text)
