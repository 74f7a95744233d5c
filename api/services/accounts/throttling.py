"""Throttle sign-in and sign-up (S22) by account and source together, and by source alone.

An attempt is counted before the password is checked, so that simultaneous attempts all count. An
account is throttled only for the source that fails, so its owner can sign in from other addresses.
"""

from __future__ import annotations

import hashlib
import ipaddress

from api.errors import Problem
from api.storage.throttles import Throttles, ThrottleScope

PER_ACCOUNT_AND_SOURCE = 10
PER_SOURCE = 300
INVITES_PER_SOURCE = 20
SIGN_UPS_PER_SOURCE = 600


class Throttling:
    """Counts attempts in windows of 15 minutes.

    A source is an IPv4 address or an IPv6 /64. Times are epoch seconds.
    """

    def __init__(self, throttles: Throttles) -> None:
        self._throttles = throttles

    def attempt_sign_in(self, account: str, source: str, now: int) -> None:
        """Count an attempt to sign in. `account` is a canonical username.

        Raises Problem(too_many_attempts).
        """
        pair, alone = _scopes(account, source)
        pair_attempts, source_attempts = self._throttles.count([pair, alone], now)
        if pair_attempts > PER_ACCOUNT_AND_SOURCE:
            # Attempts at a throttled account must not exhaust the source's other attempts.
            self._throttles.discount([alone], now)
            raise self._too_many_attempts(now)
        if source_attempts > PER_SOURCE:
            raise self._too_many_attempts(now)

    def sign_in_succeeded(self, account: str, source: str, now: int) -> None:
        """Reset the attempts at an account after the right password."""
        pair, alone = _scopes(account, source)
        self._throttles.reset(pair, now)
        self._throttles.discount([alone], now)

    def attempt_sign_up(self, source: str, now: int) -> None:
        """Count an attempt to sign up. Raises Problem(too_many_attempts)."""
        scope = ThrottleScope("sign_up", _network(source))
        if self._throttles.count([scope], now)[0] > SIGN_UPS_PER_SOURCE:
            raise self._too_many_attempts(now)

    def attempt_invite(self, source: str, now: int) -> None:
        """Count a use of an invite code. Raises Problem(too_many_attempts)."""
        scope = ThrottleScope("invite", _network(source))
        if self._throttles.count([scope], now)[0] > INVITES_PER_SOURCE:
            raise self._too_many_attempts(now)

    def invite_succeeded(self, source: str, now: int) -> None:
        """Undo the count of an attempt after the right invite code."""
        self._throttles.discount([ThrottleScope("invite", _network(source))], now)

    def _too_many_attempts(self, now: int) -> Problem:
        wait = self._throttles.retry_after(now)
        return Problem(
            "too_many_attempts",
            f"Too many attempts. Try again in {wait} seconds.",
            headers=(("Retry-After", str(wait)),),
        )


def _scopes(account: str, source: str) -> list[ThrottleScope]:
    name = hashlib.sha256(account.encode()).hexdigest()[:24]
    network = _network(source)
    return [ThrottleScope("sign_in", network, name), ThrottleScope("sign_in", network)]


def _network(source: str) -> str:
    """Return an IPv4 address, or the /64 of an IPv6 address, which belongs to one subscriber."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
