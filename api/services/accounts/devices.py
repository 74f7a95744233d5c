"""Browsers in which a user has signed in, which a signed cookie proves (OWASP device cookies, S22).

The cookie only chooses the counters of failed sign-ins; it never replaces a password.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable

from api.secret import Secret
from api.services.accounts.passwords import constant_time_equal

DEVICE_SECONDS = 365 * 86_400
_FORM = re.compile(r"([0-9]{1,12})\.([0-9a-f]{32})\.([0-9a-f]{64})")


class Devices:
    """Issues and checks the values of device cookies. `clock` returns epoch seconds."""

    def __init__(self, secret: Secret, clock: Callable[[], float]) -> None:
        self._key = hmac.digest(secret.reveal().encode(), b"device cookies", "sha256")
        self._clock = clock

    def issue(self, username: str) -> Secret:
        """Return a new value for a browser in which the user has signed in."""
        issued, device = int(self._clock()), secrets.token_hex(16)
        return Secret(f"{issued}.{device}.{self._signature(username, issued, device)}")

    def device(self, username: str, value: str | None) -> str | None:
        """Return the id of the browser, or None if the value is not valid for this user."""
        match = _FORM.fullmatch(value or "")
        if match is None:
            return None
        issued, device, signature = int(match[1]), match[2], match[3]
        if not constant_time_equal(signature, self._signature(username, issued, device)):
            return None
        age = self._clock() - issued
        return device if 0 <= age < DEVICE_SECONDS else None

    def _signature(self, username: str, issued: int, device: str) -> str:
        text = f"{username}|{issued}|{device}"
        return hmac.digest(self._key, text.encode(), "sha256").hex()


def cookie_suffix(username: str) -> str:
    """Return the part of a device cookie's name that tells the accounts of a browser apart."""
    return hashlib.sha256(username.encode()).hexdigest()[:16]
