"""Password rules (NIST SP 800-63B, ASVS 5.0 6.2) and Argon2id hashes.

The parameters are OWASP's second recommendation: 19 MiB, two passes, one lane.
Source: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html.
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
# Each hash needs 19 MiB; simultaneous sign-ins must not exhaust the machine's memory.
_HASH_SLOTS = BoundedSemaphore(4)
_COMMON_PASSWORDS = Path(__file__).with_name("common_passwords.txt")


@lru_cache(maxsize=1)
def _common_passwords() -> frozenset[str]:
    return frozenset(_COMMON_PASSWORDS.read_text(encoding="utf-8").split("\n"))


def weakness(password: str, username: str) -> str | None:
    """Return why a new password is rejected, or None. There are no composition rules (S20)."""
    if len(password) < MIN_CHARACTERS:
        return f"The password is too short. Use at least {MIN_CHARACTERS} characters."
    if len(password.encode()) > MAX_BYTES:
        return f"The password is too long. Use at most {MAX_BYTES} bytes."
    lowered = password.casefold()
    if lowered in _common_passwords() or lowered.rstrip("!.?*#") in _common_passwords():
        return "This is one of the most common passwords. Choose another one."
    if len(set(lowered)) == 1:
        return "This password repeats one character. Choose another one."
    name = username.casefold()
    if lowered.strip("0123456789!.-_ ") == name or lowered == name[::-1]:
        return "The password is the username. Choose another one."
    return None


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password as a PHC string."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    kdf = Argon2id(
        salt=os.urandom(16), length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB
    )
    with _HASH_SLOTS:
        return kdf.derive_phc_encoded(password.encode())


def verify_password(password: str, hashed: str | None) -> bool:
    """Return whether a password matches a hash.

    Without a hash it does the same work and returns False, so that an unknown username takes as
    long as a wrong password (S22).
    """
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    if len(password.encode()) > MAX_BYTES:
        password = ""
        hashed = None
    try:
        expected = hashed or _decoy_hash()
        with _HASH_SLOTS:
            Argon2id.verify_phc_encoded(password.encode(), expected)
    except InvalidKey:
        return False
    return hashed is not None


@lru_cache(maxsize=1)
def _decoy_hash() -> str:
    return hash_password(os.urandom(16).hex())


def constant_time_equal(left: str, right: str) -> bool:
    """Compare two texts in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
