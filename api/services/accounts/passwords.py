"""Argon2id hashes of passwords, which are normalised first (NIST SP 800-63B 3.1.1.2: NFKC).

The parameters are OWASP's second recommendation: 19 MiB, two passes, one lane.
Source: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html.
"""

from __future__ import annotations

import hmac
import os
import unicodedata
from functools import lru_cache, partial

from api import processor_work
from api.services.accounts.password_strength import MAX_BYTES

_MEMORY_KIB = 19 * 1024
_PASSES = 2
_LANES = 1


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password as a PHC string. Raises Problem(server_busy)."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    kdf = Argon2id(
        salt=os.urandom(16), length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB
    )
    return processor_work.run_work(partial(kdf.derive_phc_encoded, _normalised(password).encode()))


def verify_password(password: str, hashed: str | None) -> bool:
    """Return whether a password matches a hash.

    Without a hash it does the same work and returns False, so that an unknown username takes as
    long as a wrong password (S22). Raises Problem(server_busy).
    """
    if len(password.encode()) > MAX_BYTES:
        password = ""
        hashed = None
    expected = hashed or _decoy_hash()
    # Older versions hashed the password as it was sent.
    forms = dict.fromkeys((_normalised(password), password))
    # Every form is tried, so that the time does not depend on the hash.
    matches = [_matches(form, expected) for form in forms]
    return any(matches) and hashed is not None


def _matches(password: str, hashed: str) -> bool:
    # Exceptions in the server's thread for such work would appear in its log.
    return processor_work.run_work(partial(_is_verified, password, hashed))


def _is_verified(password: str, hashed: str) -> bool:
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    try:
        Argon2id.verify_phc_encoded(password.encode(), hashed)
    except InvalidKey:
        return False
    return True


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=1)
def _decoy_hash() -> str:
    return hash_password(os.urandom(16).hex())


def constant_time_equal(left: str, right: str) -> bool:
    """Compare two texts in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
