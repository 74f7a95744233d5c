"""Encrypt stored secrets with Fernet, bound to their owner, with rotatable keys (S27 to S29).

Fernet has no associated data, so the plaintext contains the owner and the key's id: a ciphertext
that was copied to another item is refused at decryption. The secrets of a key's extra headers are
in the same ciphertext, so that a proxied call decrypts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from api.bounded_cache import BoundedCache
from api.errors import Problem
from api.logs import log_event
from api.secret import Credential, Secret


class SecretUnreadable(Exception):
    """No key decrypts the ciphertext, or it belongs to another item."""


def unreadable_secret(username: str, key_id: str) -> Problem:
    """Log that a stored secret cannot be decrypted. Return the problem for the caller."""
    log_event("secret_unreadable", "error", user=username, key_id=key_id, setting="FERNET_KEYS")
    return Problem(
        "secret_unreadable",
        "No key in FERNET_KEYS decrypts the stored secret. If FERNET_KEYS was changed, restore its "
        "value. Otherwise enter the secret again.",
    )


class _Plaintext(msgspec.Struct, frozen=True, array_like=True):
    """The encrypted data. Of a key without extra headers, it has the first three members only."""

    username: str
    key_id: str
    secret: str
    extra_headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"_Plaintext({self.username!r}, {self.key_id!r})"  # keep the secrets out of logs


_CHECK = b"FERNET_KEYS"
# Decrypted secrets that a process keeps in memory. Decrypting one takes as long as all other
# cryptography of a call.
_MAX_KEPT = 256
_KEPT_SECONDS = 60.0
_NOTHING: tuple[float, None] = (0.0, None)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Plaintext)


class Cipher:
    """Encrypts and decrypts secrets. `keys` are Fernet keys, newest first."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        fernets = [Fernet(key.reveal()) for key in keys]
        self._newest = fernets[0]
        self._each = fernets
        self._all = MultiFernet(fernets)
        self._decrypted: BoundedCache[str, tuple[float, _Plaintext]] = BoundedCache(_MAX_KEPT)

    def encrypt(self, username: str, key_id: str, credential: Credential) -> str:
        """Return the ciphertext to store."""
        plaintext: list[object] = [username, key_id, credential.secret.reveal()]
        if credential.extra_headers:
            plaintext.append([(name, secret.reveal()) for name, secret in credential.extra_headers])
        return self._newest.encrypt(_encoder.encode(plaintext)).decode("ascii")

    def decrypt(self, username: str, key_id: str, ciphertext: str) -> Credential:
        """Return the secret and those of the extra headers. Raises SecretUnreadable."""
        plaintext = self._plaintext(ciphertext)
        if plaintext.username != username or plaintext.key_id != key_id:
            raise SecretUnreadable("belongs to another item")
        extra_headers = tuple([(name, Secret(text)) for name, text in plaintext.extra_headers])
        return Credential(Secret(plaintext.secret), extra_headers)

    def _plaintext(self, ciphertext: str) -> _Plaintext:
        """Decrypt, or return what was decrypted less than a minute ago."""
        now = monotonic()
        until, plaintext = self._decrypted.get(ciphertext, _NOTHING)
        if plaintext is not None and now < until:
            return plaintext
        try:
            plaintext = _decoder.decode(self._all.decrypt(ciphertext.encode("ascii")))
        except (InvalidToken, msgspec.DecodeError, UnicodeEncodeError) as error:
            raise SecretUnreadable("cannot be decrypted") from error
        self._decrypted.set(ciphertext, (now + _KEPT_SECONDS, plaintext))
        return plaintext

    def is_newest(self, ciphertext: str) -> bool:
        """Return whether a ciphertext was encrypted with the newest key; rotation skips it then."""
        try:
            self._newest.decrypt(ciphertext.encode("ascii"))
        except (InvalidToken, UnicodeEncodeError):
            return False
        return True

    def renew(self, ciphertext: str) -> str:
        """Return the ciphertext of the newest key for the same plaintext, with its owner and id.

        Raises SecretUnreadable.
        """
        try:
            return self._all.rotate(ciphertext.encode("ascii")).decode("ascii")
        except (InvalidToken, UnicodeEncodeError) as error:
            raise SecretUnreadable("cannot be decrypted") from error

    def opens(self, ciphertext: str) -> bool:
        """Return whether one of the keys decrypts a ciphertext, or a check value."""
        try:
            self._all.decrypt(ciphertext.encode("ascii"))
        except (InvalidToken, UnicodeEncodeError):
            return False
        return True

    def check_values(self) -> list[str]:
        """Return a ciphertext for each key, newest first, which only that key decrypts."""
        return [fernet.encrypt(_CHECK).decode("ascii") for fernet in self._each]
