"""Secrets at rest: Fernet tokens bound to their owner, with keys that can be rotated (S27 to S29).

Fernet has no associated data, so the owner and the key's id stand inside the plaintext: a
ciphertext copied to another item is refused when it is opened.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from api.secret import Secret


class SecretUnreadable(Exception):
    """No key opens the ciphertext, or it belongs to another item."""


class _Sealed(msgspec.Struct, frozen=True, array_like=True):
    username: str
    key_id: str
    secret: str


_encode = msgspec.json.Encoder()
_sealed = msgspec.json.Decoder(_Sealed)


class Cipher:
    """Seals and opens secrets. `keys` are Fernet keys, the newest first."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        fernets = [Fernet(key.reveal()) for key in keys]
        self._newest = fernets[0]
        self._all = MultiFernet(fernets)

    def seal(self, username: str, key_id: str, secret: Secret) -> str:
        """The ciphertext to store."""
        plain = _encode.encode(_Sealed(username, key_id, secret.reveal()))
        return self._newest.encrypt(plain).decode("ascii")

    def open(self, username: str, key_id: str, ciphertext: str) -> Secret:
        """The secret. Raises SecretUnreadable."""
        try:
            sealed = _sealed.decode(self._all.decrypt(ciphertext.encode("ascii")))
        except (InvalidToken, msgspec.DecodeError, UnicodeEncodeError) as error:
            raise SecretUnreadable("cannot be decrypted") from error
        if sealed.username != username or sealed.key_id != key_id:
            raise SecretUnreadable("belongs to another item")
        return Secret(sealed.secret)

    def is_newest(self, ciphertext: str) -> bool:
        """Whether the newest key made this ciphertext (so that rotation may pass it over)."""
        try:
            self._newest.decrypt(ciphertext.encode("ascii"))
        except (InvalidToken, UnicodeEncodeError):
            return False
        return True
