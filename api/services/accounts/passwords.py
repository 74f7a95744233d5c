"""Password rules (NIST SP 800-63B, ASVS 5.0 6.2) and Argon2id hashes.

Parameters are OWASP's second recommendation: 19 MiB, two passes, one lane.
"""

from __future__ import annotations

import hmac
import os
from functools import lru_cache
from pathlib import Path
from threading import BoundedSemaphore

MIN_CHARACTERS = 8
MAX_BYTES = 1024

_MEMORY_KIB = 19 * 1024
_PASSES = 2
_LANES = 1
# Each hash holds its memory while it is made; many sign-ins at once must not exhaust the machine.
_AT_ONCE = BoundedSemaphore(4)
_COMMONEST = Path(__file__).with_name("common_passwords.txt")


@lru_cache(maxsize=1)
def _commonest() -> frozenset[str]:
    return frozenset(_COMMONEST.read_text(encoding="utf-8").split("\n"))


def weakness(password: str, username: str) -> str | None:
    """Why a new password is refused, or None when it may be used. No composition rules (S20)."""
    if len(password) < MIN_CHARACTERS:
        return f"A password has at least {MIN_CHARACTERS} characters."
    if len(password.encode()) > MAX_BYTES:
        return f"A password has at most {MAX_BYTES} bytes."
    lowered = password.casefold()
    if lowered in _commonest() or lowered.rstrip("!.?*#") in _commonest():
        return "This is one of the commonest passwords; choose another."
    if len(set(lowered)) == 1:
        return "This password repeats one character; choose another."
    own = username.casefold()
    if lowered.strip("0123456789!.-_ ") == own or lowered == own[::-1]:
        return "The password must not be the username."
    return None


def hash_password(password: str) -> str:
    """An Argon2id hash in PHC form."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    kdf = Argon2id(
        salt=os.urandom(16), length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB
    )
    with _AT_ONCE:
        return kdf.derive_phc_encoded(password.encode())


def verify_password(password: str, hashed: str | None) -> bool:
    """Whether the password matches; with no hash it does the same work and says no (S22)."""
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    if len(password.encode()) > MAX_BYTES:
        password = ""
        hashed = None
    try:
        expected = hashed or _decoy()
        with _AT_ONCE:
            Argon2id.verify_phc_encoded(password.encode(), expected)
    except InvalidKey:
        return False
    return hashed is not None


@lru_cache(maxsize=1)
def _decoy() -> str:
    return hash_password(os.urandom(16).hex())


def same(left: str, right: str) -> bool:
    """Comparison in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
