"""Verify that FERNET_KEYS has the keys that the stored secrets are encrypted with.

The table has a check value for each key that may be in use. An installation without check values
is verified by its stored secrets.
"""

from __future__ import annotations

import msgspec

from api.services.keys.cipher import Cipher, SecretUnreadable
from api.services.keys.rotation import users_with_secrets
from api.storage.encrypted_items import EncryptedItems
from api.storage.encryption_checks import EncryptionChecks
from api.storage.keys import Keys

_ATTEMPTS = 5
_WAY_OUT = (
    "set it to the value that it had before, or, if a key is lost, run `api-dashboard rotate-keys "
    "--accept-lost-keys` (in a clone, `python -m api rotate-keys --accept-lost-keys`) and enter "
    "the lost secrets again."
)


class WrongEncryptionKeys(Exception):
    """FERNET_KEYS lacks a key that stored secrets need. The text is one sentence."""


class _Secrets(msgspec.Struct, frozen=True):
    """How many stored secrets the keys can decrypt, and how many not."""

    readable: int
    unreadable: int


def verify_encryption_keys(
    checks: EncryptionChecks, keys: Keys, others: EncryptedItems, cipher: Cipher
) -> None:
    """Check that the keys are right, and store the check value of a new key.

    A check value that no key decrypts is dropped if no stored secret needs its key. Raises
    WrongEncryptionKeys.
    """
    for _ in range(_ATTEMPTS):
        stored = checks.read()
        known = [value for value in stored or () if cipher.opens(value)]
        if stored is None:
            secrets = _count(keys, others, cipher)
            if secrets.unreadable and not secrets.readable:
                raise WrongEncryptionKeys(f"FERNET_KEYS decrypts no stored secret: {_WAY_OUT}")
            wanted = cipher.check_values()
        else:
            if len(known) < len(stored):
                _require_dispensable(_count(keys, others, cipher), bool(known))
            wanted = known
            if not any(cipher.is_newest(value) for value in known):
                wanted = [cipher.check_values()[0], *known]
        if wanted == list(stored or ()) or checks.replace(stored, wanted):
            return


def accept_encryption_keys(checks: EncryptionChecks, cipher: Cipher) -> None:
    """Store the check value of the newest key alone, after a rotation to it."""
    for _ in range(_ATTEMPTS):
        if checks.replace(checks.read(), cipher.check_values()[:1]):
            return


def _require_dispensable(secrets: _Secrets, knows_other_key: bool) -> None:
    """Raise WrongEncryptionKeys unless every stored secret is readable without the missing key."""
    if secrets.unreadable and knows_other_key:
        raise WrongEncryptionKeys(
            "FERNET_KEYS lacks a key that some stored secrets are encrypted with: " + _WAY_OUT
        )
    if secrets.unreadable or not (secrets.readable or knows_other_key):
        raise WrongEncryptionKeys(
            "FERNET_KEYS is not the key that this database was encrypted with: " + _WAY_OUT
        )


def _count(keys: Keys, others: EncryptedItems, cipher: Cipher) -> _Secrets:
    readable = unreadable = 0
    for username in users_with_secrets(keys, others):
        for item in others.of_user(username):
            if cipher.opens(item.ciphertext):
                readable += 1
            else:
                unreadable += 1
        after = None
        while True:
            page = keys.page(username, 200, after)
            for key in page.items:
                try:
                    cipher.decrypt(username, key.key_id, key.encrypted_key)
                except SecretUnreadable:
                    unreadable += 1
                else:
                    readable += 1
            if page.next is None:
                break
            after = page.next
    return _Secrets(readable, unreadable)
