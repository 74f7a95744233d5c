"""Encrypt the secrets in items for another installation's encryption keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from api.bounded_cache import BoundedCache
from api.operations.items import Item
from api.secret import Secret
from api.storage.item_kinds import key_of, kind_of

# A Fernet token: version 0x80, a time before the year 2106, then at least 32 further bytes, in
# URL-safe base64 (https://github.com/fernet/spec/blob/master/Spec.md).
_TOKEN = re.compile(rb"gAAAA[A-Za-z0-9_-]{91,}={0,2}")
# Copies of a ciphertext are in a user's key and pool, which come soon after each other.
_MAX_KNOWN = 20_000
_NEVER_ENCRYPTED = frozenset({"log_entry", "audit_entry", "usage", "rate_limit", "spend"})

_decode = msgspec.json.Decoder(Item).decode
_encode = msgspec.json.Encoder().encode


class Reencryption:
    """Replaces each ciphertext of `old` keys by one of the newest of the `new` keys.

    Ciphertexts are found by their form in every attribute, so none is forgotten that a later
    version stores. Copies of one ciphertext stay equal to each other, because the product compares
    them. What no old key decrypts stays as it is; `unreadable` counts such ciphertexts.
    """

    def __init__(self, old: Sequence[Secret], new: Sequence[Secret]) -> None:
        self._needed = [key.reveal() for key in old] != [key.reveal() for key in new]
        self._old = MultiFernet([Fernet(key.reveal()) for key in old])
        self._new = Fernet(new[0].reveal())
        self._known: BoundedCache[bytes, bytes] = BoundedCache(_MAX_KNOWN)
        self.changed = 0
        self.unreadable = 0

    def items(self, items: Iterable[Item]) -> Iterator[Item]:
        """Return the items with their ciphertexts replaced."""
        return map(self._item, items) if self._needed else iter(items)

    def _item(self, item: Item) -> Item:
        if kind_of(*key_of(item)) in _NEVER_ENCRYPTED:
            return item
        text = _encode(item)
        if b"gAAAA" not in text:
            return item
        return _decode(_TOKEN.sub(self._replaced, text))

    def _replaced(self, match: re.Match[bytes]) -> bytes:
        token = match[0]
        known = self._known.get(token)
        if known is not None:
            return known
        try:
            made = self._new.encrypt(self._old.decrypt(token))
        except InvalidToken:
            self.unreadable += 1
            return token
        self.changed += 1
        self._known.set(token, made)
        return made
