"""Encrypt stored secrets with Fernet, bound to their owner, with rotatable keys (S27 to S29).

Fernet has no associated data, so the plaintext contains the owner and the key's id: a ciphertext
that was copied to another item is refused at decryption.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from api.secret import Secret


class SecretUnreadable(Exception):
    """No key decrypts the ciphertext, or it belongs to another item."""


class _Plaintext(msgspec.Struct, frozen=True, array_like=True):
    username: str
    key_id: str
    secret: str


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Plaintext)


class Cipher:
    """Encrypts and decrypts secrets. `keys` are Fernet keys, newest first."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        fernets = [Fernet(key.reveal()) for key in keys]
        self._newest = fernets[0]
        self._all = MultiFernet(fernets)

    def encrypt(self, username: str, key_id: str, secret: Secret) -> str:
        """Return the ciphertext to store."""
        plaintext = _encoder.encode(_Plaintext(username, key_id, secret.reveal()))
        return self._newest.encrypt(plaintext).decode("ascii")

    def decrypt(self, username: str, key_id: str, ciphertext: str) -> Secret:
        """Return the secret. Raises SecretUnreadable."""
        try:
            plaintext = _decoder.decode(self._all.decrypt(ciphertext.encode("ascii")))
        except (InvalidToken, msgspec.DecodeError, UnicodeEncodeError) as error:
            raise SecretUnreadable("cannot be decrypted") from error
        if plaintext.username != username or plaintext.key_id != key_id:
            raise SecretUnreadable("belongs to another item")
        return Secret(plaintext.secret)

    def is_newest(self, ciphertext: str) -> bool:
        """Return whether a ciphertext was encrypted with the newest key; rotation skips it then."""
        try:
            self._newest.decrypt(ciphertext.encode("ascii"))
        except (InvalidToken, UnicodeEncodeError):
            return False
        return True
