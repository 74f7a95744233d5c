"""Recovery keys: an X25519 key pair as text, of which the public half can lock backups.

The text is `apdr_` (secret) or `apdp_` (public) and 58 letters and digits: base32 in lower case,
without padding, of the 32 bytes and the first 4 bytes of SHA-256 over the prefix and these bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from api.operations.errors import OperationError

_SECRET = "apdr_"
_PUBLIC = "apdp_"
_CHECKSUM_BYTES = 4
_LENGTH = 58
_IGNORED = re.compile(r"[\s-]+")


class RecoveryPublicKey(msgspec.Struct, frozen=True):
    """The public half: it locks backups and opens none, so that it needs no protection."""

    raw: bytes

    @property
    def public_text(self) -> str:
        """Return the key as text, `apdp_…`."""
        return _to_text(_PUBLIC, self.raw)

    def exchange_with(self, private: X25519PrivateKey) -> bytes:
        """Return the shared secret of X25519 (RFC 7748)."""
        return private.exchange(X25519PublicKey.from_public_bytes(self.raw))


class RecoveryKey:
    """The whole key pair. Its repr shows only the public half."""

    __slots__ = ("_raw", "public")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.public = RecoveryPublicKey(
            X25519PrivateKey.from_private_bytes(raw).public_key().public_bytes_raw()
        )

    @property
    def secret_text(self) -> str:
        """Return the secret as text, `apdr_…`. Show it once and store it nowhere."""
        return _to_text(_SECRET, self._raw)

    @property
    def public_text(self) -> str:
        """Return the public half as text, `apdp_…`."""
        return self.public.public_text

    def exchange(self, share: bytes) -> bytes:
        """Return the shared secret of X25519. Raises ValueError if the share is of low order."""
        private = X25519PrivateKey.from_private_bytes(self._raw)
        return private.exchange(X25519PublicKey.from_public_bytes(share))

    def __repr__(self) -> str:
        return f"RecoveryKey({self.public_text})"

    def __reduce__(self) -> str:
        raise TypeError("a RecoveryKey cannot be pickled")


def new_recovery_key() -> RecoveryKey:
    """Return a new random key pair."""
    return RecoveryKey(X25519PrivateKey.generate().private_bytes_raw())


def parse_public(text: str) -> RecoveryPublicKey:
    """Read `apdp_…`, in either case, also with spaces, hyphens and line breaks in it.

    Raises OperationError.
    """
    typed = _IGNORED.sub("", text).lower()
    if typed.startswith(_SECRET):
        raise OperationError(
            "This is the secret part of a recovery key (apdr_…): give the public part, which "
            "begins with apdp_, and keep the secret part where the backups are not"
        )
    key = RecoveryPublicKey(_from_text(_PUBLIC, typed, "public part of a recovery key"))
    try:
        key.exchange_with(X25519PrivateKey.generate())
    except ValueError:  # a point of low order, to which everybody has the secret
        raise OperationError(
            "This public part of a recovery key locks nothing: make a new recovery key"
        ) from None
    return key


def parse_secret(text: str) -> RecoveryKey:
    """Read `apdr_…`, in either case, also with spaces, hyphens and line breaks in it.

    Raises OperationError, whose text has no part of the secret.
    """
    typed = _IGNORED.sub("", text).lower()
    if typed.startswith(_PUBLIC):
        raise OperationError(
            "This is the public part of a recovery key (apdp_…), which only locks backups: give "
            "the secret part, which begins with apdr_ and was shown when the key was made"
        )
    return RecoveryKey(_from_text(_SECRET, typed, "recovery key"))


def _checksum(prefix: str, raw: bytes) -> bytes:
    return hashlib.sha256(prefix.encode() + raw).digest()[:_CHECKSUM_BYTES]


def _to_text(prefix: str, raw: bytes) -> str:
    encoded = base64.b32encode(raw + _checksum(prefix, raw)).decode()
    return prefix + encoded.rstrip("=").lower()


def _from_text(prefix: str, typed: str, what: str) -> bytes:
    encoded = typed.removeprefix(prefix)
    if encoded == typed:
        raise OperationError(f"This is no {what}: it begins with {prefix}")
    if len(encoded) != _LENGTH:
        raise OperationError(
            f"The {what} has {len(encoded)} characters after {prefix}, not {_LENGTH}: "
            "copy the whole of it"
        )
    try:
        data = base64.b32decode(encoded.upper() + "======")
    except ValueError:
        data = b""
    raw = data[:-_CHECKSUM_BYTES]
    if not data or _to_text(prefix, raw) != typed:
        raise OperationError(f"The {what} has a typing error: compare it letter by letter")
    return raw
