"""Throttle sign-in and sign-up by source, by account, and by both together (S22, S44).

An attempt is counted before the password is checked, so that simultaneous attempts all count. An
attempt from an unknown address and browser, from which nobody has signed in to the account before,
also counts in the account's own counters, over all sources. An attacker can exhaust those, but they
do not apply to the owner's known addresses and browsers, which have counters of their own.

Source: https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies.
"""

from __future__ import annotations

import hashlib
import ipaddress
from functools import lru_cache

from api.errors import Problem
from api.storage.throttles import Throttles, ThrottleScope

WINDOW = 900
LONG_WINDOW = 21_600
DAY = 86_400

PER_ACCOUNT_AND_SOURCE = 10
PER_DEVICE = 10
PER_SOURCE = 300
UNKNOWN_PER_ACCOUNT = 50
UNKNOWN_PER_ACCOUNT_LONG = 150
INVITES_PER_SOURCE = 20
SIGN_UPS_PER_SOURCE = 600
UNKNOWN = "unknown"
"""The network of a source that is not an address."""


class Throttling:
    """Counts attempts in fixed windows.

    A source is an IPv4 address or an IPv6 /64. Times are epoch seconds. `accounts_per_day` is how
    many accounts a source may register on one day (UTC); 0 means no cap.
    """

    def __init__(self, throttles: Throttles, accounts_per_day: int) -> None:
        self._throttles = throttles
        self._accounts_per_day = accounts_per_day

    def attempt_sign_in(
        self, account: str, source: str, now: int, known: bool = False, device: str | None = None
    ) -> None:
        """Count an attempt to sign in. `account` is a canonical username.

        `known` is true if the account was signed in to from this source before. `device` identifies
        a browser, or a session, in which that has happened. Raises Problem(too_many_attempts).
        """
        if device is not None:
            scope = _device(account, device)
            if self._throttles.count([scope], now)[0] <= PER_DEVICE:
                return
            if not known:
                raise self._too_many_attempts(scope, now)
        pair, alone = _pair(account, source), _alone(source)
        limits = {pair: PER_ACCOUNT_AND_SOURCE, alone: PER_SOURCE}
        if not known:
            short, long = _unknown(account)
            limits |= {short: UNKNOWN_PER_ACCOUNT, long: UNKNOWN_PER_ACCOUNT_LONG}
        counts = self._throttles.count(list(limits), now)
        exceeded = [
            scope for (scope, limit), n in zip(limits.items(), counts, strict=True) if n > limit
        ]
        if exceeded:
            # A refused attempt must not exhaust the other counters.
            self._throttles.discount([scope for scope in limits if scope not in exceeded], now)
            raise self._too_many_attempts(max(exceeded, key=lambda scope: scope.window), now)

    def attempt_confirmation(self, account: str, session_id: str, now: int) -> None:
        """Count a password that a signed-in user enters. Raises Problem(too_many_attempts)."""
        scope = _device(account, session_id)
        if self._throttles.count([scope], now)[0] > PER_DEVICE:
            raise self._too_many_attempts(scope, now)

    def confirmed(self, account: str, session_id: str, now: int) -> None:
        """Reset the count of `attempt_confirmation` after the right password."""
        self._throttles.succeeded([_device(account, session_id)], [], now)

    def sign_in_succeeded(
        self, account: str, source: str, now: int, known: bool = False, device: str | None = None
    ) -> None:
        """Reset the attempts of this source or device at an account after the right password.

        The arguments are those of `attempt_sign_in`.
        """
        if device is not None:
            self._throttles.succeeded([_device(account, device)], [], now)
        else:
            counted = [_alone(source), *([] if known else _unknown(account))]
            self._throttles.succeeded([_pair(account, source)], counted, now)

    def attempt_sign_up(self, source: str, now: int) -> None:
        """Count an attempt to sign up. Raises Problem(too_many_attempts)."""
        scope = ThrottleScope("sign_up", network(source), WINDOW)
        if self._throttles.count([scope], now)[0] > SIGN_UPS_PER_SOURCE:
            raise self._too_many_attempts(scope, now)

    def reserve_account(self, source: str, now: int) -> None:
        """Count a new account of this source and day. Raises Problem(too_many_accounts)."""
        if not self._accounts_per_day:
            return
        scope = ThrottleScope("account", network(source), DAY)
        if self._throttles.count([scope], now)[0] > self._accounts_per_day:
            self._throttles.discount([scope], now)
            wait = self._throttles.retry_after(scope, now)
            raise Problem(
                "too_many_accounts",
                f"Too many accounts were registered from this address today. Try again in {wait} "
                "seconds, or ask the operator to raise API_DASHBOARD_MAX_ACCOUNTS_PER_DAY.",
                headers=(("Retry-After", str(wait)),),
            )

    def account_failed(self, source: str, now: int) -> None:
        """Undo the count of `reserve_account`: the account was not created."""
        if self._accounts_per_day:
            self._throttles.discount([ThrottleScope("account", network(source), DAY)], now)

    def attempt_invite(self, source: str, now: int) -> None:
        """Count a use of an invite code. Raises Problem(too_many_attempts)."""
        scope = _invite(source)
        if self._throttles.count([scope], now)[0] > INVITES_PER_SOURCE:
            raise self._too_many_attempts(scope, now)

    def invite_succeeded(self, source: str, now: int) -> None:
        """Undo the count of an attempt after the right invite code."""
        self._throttles.discount([_invite(source)], now)

    def _too_many_attempts(self, scope: ThrottleScope, now: int) -> Problem:
        signs_in = scope.action in ("sign_in", "unknown", "unknown_long")
        advice = ", or sign in from a browser or address that you have used before" * signs_in
        wait = self._throttles.retry_after(scope, now)
        return Problem(
            "too_many_attempts",
            f"Too many attempts. Try again in {wait} seconds{advice}.",
            headers=(("Retry-After", str(wait)),),
        )


@lru_cache(maxsize=4096)
def network(source: str) -> str:
    """Return an IPv4 address, or the /64 of an IPv6 address, which belongs to one subscriber.

    Returns UNKNOWN if the source is not an address.
    """
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


def _pair(account: str, source: str) -> ThrottleScope:
    return ThrottleScope("sign_in", network(source), WINDOW, _digest(account))


def _alone(source: str) -> ThrottleScope:
    return ThrottleScope("sign_in", network(source), WINDOW)


def _unknown(account: str) -> tuple[ThrottleScope, ThrottleScope]:
    name = _digest(account)
    return (
        ThrottleScope("unknown", "any", WINDOW, name),
        ThrottleScope("unknown_long", "any", LONG_WINDOW, name),
    )


def _device(account: str, device: str) -> ThrottleScope:
    return ThrottleScope("device", _digest(device), WINDOW, _digest(account))


def _invite(source: str) -> ThrottleScope:
    return ThrottleScope("invite", network(source), WINDOW)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
