"""Rotate the encryption key: encrypt every secret again with the newest Fernet key (S28).

The rotation can be stopped and started again at any time. It skips secrets that are already
encrypted with the newest key, and changes each item conditionally, so that it never overwrites a
secret that a user enters at the same time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from api.services.keys.cipher import Cipher, SecretUnreadable
from api.storage.encrypted_items import ENCRYPTED_KINDS, EncryptedItem, EncryptedItems
from api.storage.keys import KeyChanged, Keys, StoredKey

_ATTEMPTS = 5


class KindProgress(msgspec.Struct, frozen=True):
    """How many items of a kind were read, and how many of them were changed."""

    title: str
    items: int
    changed: int


class RotationProgress(msgspec.Struct, frozen=True):
    """The progress of a rotation: numbers of users and keys, and the secrets that are unreadable.

    `others` counts the other kinds of items with a ciphertext, if there are any.
    """

    users: int
    users_done: int
    keys: int
    changed: int
    unreadable: tuple[str, ...]
    others: tuple[KindProgress, ...] = ()


def rotate(
    keys: Keys,
    others: EncryptedItems,
    cipher: Cipher,
    report: Callable[[RotationProgress], None],
) -> RotationProgress:
    """Encrypt all secrets with the newest key; `report` is called after each user."""
    users = users_with_secrets(keys, others)
    rotation = _Rotation(keys, others, cipher)
    progress = rotation.progress(len(users), 0)
    for done, username in enumerate(users, start=1):
        rotation.rotate_keys(username)
        rotation.rotate_others(username)
        progress = rotation.progress(len(users), done)
        report(progress)
    return progress


def users_with_secrets(keys: Keys, others: EncryptedItems) -> list[str]:
    """Read the names of all users that can have secrets."""
    return list(dict.fromkeys([*keys.users_with_keys(), *others.usernames()]))


class _Rotation:
    """Encrypts the secrets of users, and counts."""

    def __init__(self, keys: Keys, others: EncryptedItems, cipher: Cipher) -> None:
        self._keys = keys
        self._others = others
        self._cipher = cipher
        self._read: Counter[str] = Counter()
        self._changed: Counter[str] = Counter()
        self._unreadable: list[str] = []

    def progress(self, users: int, done: int) -> RotationProgress:
        """Return the counts."""
        others = tuple(
            KindProgress(kind.title, self._read[kind.title], self._changed[kind.title])
            for kind in ENCRYPTED_KINDS
            if self._read[kind.title]
        )
        return RotationProgress(
            users, done, self._read[""], self._changed[""], tuple(self._unreadable), others
        )

    def rotate_keys(self, username: str) -> None:
        """Encrypt the API keys of a user."""
        after = None
        while True:
            page = self._keys.page(username, 100, after)
            for key in page.items:
                self._read[""] += 1
                try:
                    self._changed[""] += self._rotate_key(username, key)
                except SecretUnreadable:
                    self._unreadable.append(f"{username}/{key.key_id}")
            if page.next is None:
                return
            after = page.next

    def rotate_others(self, username: str) -> None:
        """Encrypt the other secrets of a user."""
        for item in self._others.of_user(username):
            self._read[item.kind.title] += 1
            try:
                self._changed[item.kind.title] += self._rotate_other(username, item)
            except SecretUnreadable:
                self._unreadable.append(f"{username}/{item.sort_key}")

    def _rotate_key(self, username: str, key: StoredKey) -> bool:
        for _ in range(_ATTEMPTS):
            if self._cipher.is_newest(key.encrypted_key):
                return False
            credential = self._cipher.decrypt(username, key.key_id, key.encrypted_key)
            ciphertext = self._cipher.encrypt(username, key.key_id, credential)
            new = msgspec.structs.replace(key, encrypted_key=ciphertext, revision=key.revision + 1)
            try:
                self._keys.replace(username, key, new)
            except KeyChanged:
                current = self._keys.get(username, key.key_id)
                if current is None:
                    return False
                key = current
                continue
            return True
        raise SecretUnreadable("kept changing")

    def _rotate_other(self, username: str, item: EncryptedItem) -> bool:
        for _ in range(_ATTEMPTS):
            if self._cipher.is_newest(item.ciphertext):
                return False
            if self._others.replace(username, item, self._cipher.renew(item.ciphertext)):
                return True
            current = [
                other for other in self._others.of_user(username) if other.sort_key == item.sort_key
            ]
            if not current:
                return False
            item = current[0]
        raise SecretUnreadable("kept changing")
