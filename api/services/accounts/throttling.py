"""Throttling of sign-in and sign-up (S22): by account and source together, and by source alone.

Attempts are counted before the password is looked at, so that attempts side by side all count. An
account is only ever throttled for the source that fails: its owner, elsewhere, is not locked out.
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
    """Counts attempts in windows of 15 minutes."""

    def __init__(self, throttles: Throttles) -> None:
        self._throttles = throttles

    def attempt_sign_in(self, account: str, source: str, now: int) -> None:
        """Count an attempt. `account` is canonical. Raises Problem(too_many_attempts)."""
        pair, alone = _scopes(account, source)
        of_pair, of_source = self._throttles.count([pair, alone], now)
        if of_pair > PER_ACCOUNT_AND_SOURCE:
            # Nothing was tried: whoever hammers one account does not use up the others' attempts.
            self._throttles.discount([alone], now)
            self._refuse(now)
        if of_source > PER_SOURCE:
            self._refuse(now)

    def succeeded(self, account: str, source: str, now: int) -> None:
        """The attempt was its owner's: it does not count."""
        pair, alone = _scopes(account, source)
        self._throttles.reset(pair, now)
        self._throttles.discount([alone], now)

    def attempt_sign_up(self, source: str, now: int) -> None:
        """Count a sign-up. Raises Problem(too_many_attempts)."""
        scope = ThrottleScope("sign_up", _network(source))
        if self._throttles.count([scope], now)[0] > SIGN_UPS_PER_SOURCE:
            self._refuse(now)

    def attempt_invite(self, source: str, now: int) -> None:
        """Count a use of an invite code. Raises Problem(too_many_attempts)."""
        scope = ThrottleScope("invite", _network(source))
        if self._throttles.count([scope], now)[0] > INVITES_PER_SOURCE:
            self._refuse(now)

    def invited(self, source: str, now: int) -> None:
        """The invite code was right: its use does not count."""
        self._throttles.discount([ThrottleScope("invite", _network(source))], now)

    def _refuse(self, now: int) -> None:
        wait = self._throttles.retry_after(now)
        raise Problem(
            "too_many_attempts",
            f"Too many attempts. Try again in {wait} seconds.",
            headers=(("Retry-After", str(wait)),),
        )


def _scopes(account: str, source: str) -> list[ThrottleScope]:
    name = hashlib.sha256(account.encode()).hexdigest()[:24]
    network = _network(source)
    return [ThrottleScope("sign_in", network, name), ThrottleScope("sign_in", network)]


def _network(source: str) -> str:
    """The address, of IPv6 its /64: one subscriber holds all of that."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
