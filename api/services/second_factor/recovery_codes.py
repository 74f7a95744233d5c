"""Recovery codes: ten random codes of 80 bits, each valid once. Only their hashes are stored."""

from __future__ import annotations

import hashlib
import secrets

NUMBER = 10
_GROUPS = 4
_GROUP = 4
# Without letters and digits that look alike (Crockford's base32), 5 bits each.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_READ_AS = str.maketrans({"o": "0", "i": "1", "l": "1"})


def new_recovery_codes() -> list[str]:
    """Return ten new codes, in groups of four characters."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
        for _ in range(NUMBER)
    ]


def normalised_code(text: str) -> str:
    """Return a code of either kind as it is compared: without spaces, hyphens and upper case."""
    return "".join(text.split()).replace("-", "").lower()


def is_recovery_code(code: str) -> bool:
    """Return whether a normalised code can be a recovery code."""
    code = code.translate(_READ_AS)
    return len(code) == _GROUPS * _GROUP and all(character in _ALPHABET for character in code)


def recovery_code_hash(username: str, code: str) -> str:
    """Return the stored hash of a code. SHA-256 is enough for 80 random bits."""
    text = normalised_code(code).translate(_READ_AS)
    return hashlib.sha256(f"recovery code|{username}|{text}".encode()).hexdigest()
