"""Throttle second factors, so that guessing a code is hopeless and nobody is locked out (S50).

A guess at a code of an authenticator app is right with a probability of 3 in a million: the codes
of three time steps are accepted. All networks from which nobody has signed in to the account share
10 guesses a day, which an attacker who knows the password can use up. Known networks, known
browsers and sessions have counters of their own. Recovery codes and passkeys cannot be guessed;
they are counted by network only, so they work while the other counters are exhausted.
"""

from __future__ import annotations

import hashlib

from api.errors import Problem
from api.services.accounts.caller import Place
from api.services.accounts.throttling import DAY, WINDOW, network
from api.storage.throttles import Throttles, ThrottleScope

UNKNOWN = 5
UNKNOWN_PER_DAY = 10
KNOWN = 10
KNOWN_PER_DAY = 20
RECOVERY_PER_SOURCE = 100
PASSKEYS_PER_SOURCE = 300


class FactorThrottling:
    """Counts attempts before they are checked, so that simultaneous ones all count."""

    def __init__(self, throttles: Throttles) -> None:
        self._throttles = throttles

    def attempt_totp(
        self, account: str, source: str, now: int, place: Place
    ) -> list[ThrottleScope]:
        """Count a code of an authenticator app. Return the counters, for `succeeded`.

        Raises Problem(too_many_attempts).
        """
        who = network(source) if place.is_known else "any"
        if place.device is not None:
            who = _digest(place.device)
        short, long = (UNKNOWN, UNKNOWN_PER_DAY) if who == "any" else (KNOWN, KNOWN_PER_DAY)
        name = _digest(account)
        limits = {
            ThrottleScope("factor", who, WINDOW, name): short,
            ThrottleScope("factor_day", who, DAY, name): long,
        }
        self._count(limits, now, ", or use a recovery code or a passkey")
        return list(limits)

    def attempt_recovery(self, source: str, now: int) -> list[ThrottleScope]:
        """Count a recovery code, as `attempt_totp`."""
        limits = {ThrottleScope("recovery", network(source), WINDOW): RECOVERY_PER_SOURCE}
        self._count(limits, now)
        return list(limits)

    def attempt_passkey(self, source: str, now: int) -> list[ThrottleScope]:
        """Count a passkey, as `attempt_totp`."""
        limits = {ThrottleScope("passkey", network(source), WINDOW): PASSKEYS_PER_SOURCE}
        self._count(limits, now)
        return list(limits)

    def succeeded(self, counted: list[ThrottleScope], now: int) -> None:
        """Undo the count of an attempt that was right."""
        self._throttles.discount(counted, now)

    def _count(self, limits: dict[ThrottleScope, int], now: int, advice: str = "") -> None:
        counts = self._throttles.count(list(limits), now)
        exceeded = [s for (s, limit), n in zip(limits.items(), counts, strict=True) if n > limit]
        if not exceeded:
            return
        # A refused attempt must not exhaust the other counters.
        self._throttles.discount([scope for scope in limits if scope not in exceeded], now)
        wait = max(self._throttles.retry_after(scope, now) for scope in exceeded)
        raise Problem(
            "too_many_attempts",
            f"Too many attempts. Try again in {wait} seconds{advice}.",
            headers=(("Retry-After", str(wait)),),
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
