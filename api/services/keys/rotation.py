"""Rotate the encryption key: encrypt every secret again with the newest Fernet key (S28).

The rotation can be stopped and started again at any time. It skips secrets that are already
encrypted with the newest key, and changes each key conditionally, so that it never overwrites a
secret that a user enters at the same time.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.services.keys.cipher import Cipher, SecretUnreadable
from api.storage.keys import KeyChanged, Keys, StoredKey

_ATTEMPTS = 5


class RotationProgress(msgspec.Struct, frozen=True):
    """The progress of a rotation: numbers of users and keys, and the keys that are unreadable."""

    users: int
    users_done: int
    keys: int
    changed: int
    unreadable: tuple[str, ...]


def rotate(
    keys: Keys, cipher: Cipher, report: Callable[[RotationProgress], None]
) -> RotationProgress:
    """Encrypt all secrets with the newest key; `report` is called after each user."""
    users = keys.users_with_keys()
    progress = RotationProgress(len(users), 0, 0, 0, ())
    for done, username in enumerate(users, start=1):
        read = changed = 0
        unreadable = []
        after = None
        while True:
            page = keys.page(username, 100, after)
            for key in page.items:
                read += 1
                try:
                    changed += _rotate_one(keys, cipher, username, key)
                except SecretUnreadable:
                    unreadable.append(f"{username}/{key.key_id}")
            if page.next is None:
                break
            after = page.next
        progress = RotationProgress(
            len(users),
            done,
            progress.keys + read,
            progress.changed + changed,
            (*progress.unreadable, *unreadable),
        )
        report(progress)
    return progress


def _rotate_one(keys: Keys, cipher: Cipher, username: str, key: StoredKey) -> bool:
    for _ in range(_ATTEMPTS):
        if cipher.is_newest(key.encrypted_key):
            return False
        credential = cipher.decrypt(username, key.key_id, key.encrypted_key)
        ciphertext = cipher.encrypt(username, key.key_id, credential)
        new = msgspec.structs.replace(key, encrypted_key=ciphertext, revision=key.revision + 1)
        try:
            keys.replace(username, key, new)
        except KeyChanged:
            current = keys.get(username, key.key_id)
            if current is None:
                return False
            key = current
            continue
        return True
    raise SecretUnreadable("kept changing")
