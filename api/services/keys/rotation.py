"""Key rotation: every secret is sealed again with the newest Fernet key (S28).

It can be stopped at any moment and started again: what is sealed with the newest key already is
passed over, and each key is changed under a condition, so that a secret entered meanwhile is never
undone.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.services.keys.cipher import Cipher, SecretUnreadable
from api.storage.keys import ChangedMeanwhile, Keys, StoredKey

_ATTEMPTS = 5


class Progress(msgspec.Struct, frozen=True):
    """How far a rotation is: keys looked at, sealed again, and those that no known key opens."""

    users: int
    users_done: int
    keys: int
    changed: int
    unreadable: tuple[str, ...]


def rotate(keys: Keys, cipher: Cipher, report: Callable[[Progress], None]) -> Progress:
    """Seal everything with the newest key; `report` is called after each user."""
    users = keys.users_with_keys()
    progress = Progress(len(users), 0, 0, 0, ())
    for done, username in enumerate(users, start=1):
        seen = changed = 0
        unreadable = []
        after = None
        while True:
            page = keys.page(username, 100, after)
            for key in page.items:
                seen += 1
                try:
                    changed += _rotate_one(keys, cipher, username, key)
                except SecretUnreadable:
                    unreadable.append(f"{username}/{key.key_id}")
            if page.next is None:
                break
            after = page.next
        progress = Progress(
            len(users),
            done,
            progress.keys + seen,
            progress.changed + changed,
            (*progress.unreadable, *unreadable),
        )
        report(progress)
    return progress


def _rotate_one(keys: Keys, cipher: Cipher, username: str, key: StoredKey) -> bool:
    for _ in range(_ATTEMPTS):
        if cipher.is_newest(key.encrypted_key):
            return False
        secret = cipher.open(username, key.key_id, key.encrypted_key)
        sealed = cipher.seal(username, key.key_id, secret)
        new = msgspec.structs.replace(key, encrypted_key=sealed, revision=key.revision + 1)
        try:
            keys.replace(username, key, new)
        except ChangedMeanwhile:
            current = keys.get(username, key.key_id)
            if current is None:
                return False
            key = current
            continue
        return True
    raise SecretUnreadable("kept changing")
