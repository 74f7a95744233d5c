"""Tokens that expire soon, and tokens that are used from a network that is new for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from api.detection.observation import Observation
from api.services.notifications.wording import shown_name, utc
from api.storage.token_networks import new_networks
from api.storage.tokens import Token

_DAY = 86_400
_WEEK = 7 * _DAY
# Seconds. `api-dashboard run` extends its token while that is in use: it always expires within ten
# minutes (LIFETIME in api/cli/running/token_lease.py).
_SHORT_LIVED = 900
# Seconds. An older use is no news, even if nobody could be notified of it at the time.
_RECENT = _DAY
# New networks of a day that are notified one by one.
_FEW = 3
_NOT_YOU = "If that was not you, revoke or rotate the token now."


def token_findings(tokens: Iterable[Token], now: float) -> Iterator[Observation]:
    """Find what there is to know about tokens that have not expired."""
    for token in tokens:
        if token.expires_at is None or token.expires_at > now:
            yield from _expiry(token, now)
            yield from _networks(token, now)


def _expiry(token: Token, now: float) -> Iterator[Observation]:
    """Find a token's end: a week before, and a day before.

    A token that lives less than twice as long as that gets no message so early.
    """
    if token.expires_at is None or token.expires_at - now < _SHORT_LIVED:
        return
    lifetime = token.expires_at - token.created_at
    for before, period in ((_DAY, "day"), (_WEEK, "week")):
        if token.expires_at - now <= before:
            if lifetime >= 2 * before:
                yield _expires(token, token.expires_at, period, now)
            return


def _expires(token: Token, expires_at: int, period: str, now: float) -> Observation:
    window = f"{expires_at}:{period}"
    name = shown_name(token.name)
    return Observation(
        name=f"token:expiry:{token.token_id}:{window}",
        event="token",
        subject=f"expiry:{token.token_id}",
        title=f"The token “{name}” expires in {_within(expires_at - now)}",
        text=f"The token “{name}” expires at {utc(expires_at)}; calls with it are refused from "
        "then on. Extend it, or create another one for what uses it.",
        facts={"token_id": token.token_id, "name": name, "expires_at": expires_at},
        until=expires_at,
        window=window,
    )


def _within(seconds: float) -> str:
    days = -(-int(seconds) // _DAY)
    return "less than a day" if days <= 1 else f"{days} days"


def _networks(token: Token, now: float) -> Iterator[Observation]:
    """Find the networks of each day. Many are one finding: some callers always have a new one."""
    by_day: dict[int, list[tuple[str, int]]] = {}
    for network, first_used_at in new_networks(token.networks).items():
        if now - first_used_at < _RECENT:
            by_day.setdefault(first_used_at // _DAY, []).append((network, first_used_at))
    for day, networks in by_day.items():
        if len(networks) <= _FEW:
            for network, first_used_at in networks:
                yield _used_from(token, network, first_used_at)
        else:
            yield _used_from_many(token, day, len(networks))


def _used_from(token: Token, network: str, first_used_at: int) -> Observation:
    name = shown_name(token.name)
    return Observation(
        name=f"token:network:{token.token_id}:{network}",
        event="token",
        subject=f"network:{token.token_id}",
        title=f"The token “{name}” is used from a new network",
        text=f"The token “{name}” was used from {network} at {utc(first_used_at)}, from where "
        f"it was never used before. {_NOT_YOU}",
        facts={
            "token_id": token.token_id,
            "name": name,
            "network": network,
            "first_used_at": first_used_at,
        },
        until=first_used_at + _RECENT,
        window=network,
    )


def _used_from_many(token: Token, day: int, number: int) -> Observation:
    name = shown_name(token.name)
    date = utc(day * _DAY).partition(" ")[0]
    return Observation(
        name=f"token:networks:{token.token_id}:{day}",
        event="token",
        subject=f"networks:{token.token_id}",
        title=f"The token “{name}” is used from many new networks",
        text=f"The token “{name}” was used from {number} new networks on {date} (UTC), and "
        f"further ones of that day are not reported. {_NOT_YOU}",
        facts={"token_id": token.token_id, "name": name, "networks": number, "date": date},
        until=(day + 2) * _DAY,
        window=str(day),
    )
