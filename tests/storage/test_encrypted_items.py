"""Ciphertexts besides those of API keys: they are rotated, and the check at a start counts them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from cryptography.fernet import Fernet

from api.secret import Credential, Secret
from api.services.keys.cipher import Cipher
from api.services.keys.encryption_check import WrongEncryptionKeys, verify_encryption_keys
from api.services.keys.rotation import KindProgress, RotationProgress, rotate
from api.storage.encrypted_items import (
    ENCRYPTED_KINDS,
    EncryptedItem,
    EncryptedItems,
    EncryptedKind,
)
from api.storage.users import User
from api.wiring import Storage
from tests.storage.conftest import NOW

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
BOTH = Cipher([Secret(NEW), Secret(OLD)])


@pytest.fixture
def username(storage: Storage) -> Iterator[str]:
    """The only user in the table, with an item of each kind, encrypted with the old key."""
    for name in {*storage.users.usernames(), *storage.keys.users_with_keys()}:
        storage.users.begin_deletion(name)
        storage.users.remove(name, name)
    storage.table.delete_keys([("SERVER", "FERNET_KEYS")])
    storage.users.create(User("ada", "hash", "a@example.com", NOW), "ada")
    for kind in ENCRYPTED_KINDS:
        put(storage, kind, Cipher([Secret(OLD)]))
    yield "ada"
    storage.users.begin_deletion("ada")
    storage.users.remove("ada", "ada")
    storage.table.delete_keys([("SERVER", "FERNET_KEYS")])


def put(storage: Storage, kind: EncryptedKind, cipher: Cipher, text: str = "first") -> None:
    """Store an item of a kind with its ciphertext and another attribute."""
    sealed = cipher.encrypt("ada", kind.title, Credential(Secret(text)))
    sort_key = f"{kind.prefix}1" if kind.prefix.endswith("#") else kind.prefix
    item = {"PK": "USER#ada", "SK": sort_key, kind.attribute: sealed, "count": 3}
    storage.table.run(storage.table.put_op(item))


def texts(storage: Storage, key: str) -> list[str]:
    """Return the stored secrets that a key decrypts."""
    cipher = Cipher([Secret(key)])
    return [
        cipher.decrypt("ada", item.kind.title, item.ciphertext).secret.reveal()
        for item in storage.encrypted_items.of_user("ada")
        if cipher.is_newest(item.ciphertext)
    ]


def run(storage: Storage, others: EncryptedItems | None = None) -> RotationProgress:
    """Rotate everything to the new key."""
    return rotate(storage.keys, others or storage.encrypted_items, BOTH, lambda _: None)


def test_s28_a_rotation_encrypts_every_kind_and_can_be_repeated(
    storage: Storage, username: str
) -> None:
    done = run(storage)
    assert (done.users, done.keys, done.unreadable) == (1, 0, ())
    assert done.others == tuple(KindProgress(kind.title, 1, 1) for kind in ENCRYPTED_KINDS)
    assert texts(storage, NEW) == ["first"] * len(ENCRYPTED_KINDS)
    for item in storage.table.query_all("USER#ada"):
        assert item["SK"] == "PROFILE" or item["count"] == 3
    assert all(kind.changed == 0 for kind in run(storage).others)


def test_s28_a_secret_that_is_entered_during_a_rotation_is_kept(
    storage: Storage, username: str
) -> None:
    class Meanwhile(EncryptedItems):
        """Each secret is changed between the rotation's read and its first write."""

        seen: ClassVar[set[str]] = set()

        def replace(self, username: str, item: EncryptedItem, ciphertext: str) -> bool:
            if item.sort_key not in self.seen:
                self.seen.add(item.sort_key)
                put(storage, item.kind, Cipher([Secret(OLD)]), "second")
            return super().replace(username, item, ciphertext)

    done = run(storage, Meanwhile(storage.table, storage.users))
    assert done.unreadable == () and all(kind.changed == 1 for kind in done.others)
    assert texts(storage, NEW) == ["second"] * len(ENCRYPTED_KINDS)


def test_s28_an_unreadable_secret_is_named(storage: Storage, username: str) -> None:
    put(storage, ENCRYPTED_KINDS[0], Cipher([Secret(Fernet.generate_key().decode())]))
    assert run(storage).unreadable == (f"ada/{ENCRYPTED_KINDS[0].prefix}",)


def test_a_start_without_the_key_of_a_secret_is_refused(storage: Storage, username: str) -> None:
    def verify(*keys: str) -> None:
        cipher = Cipher([Secret(key) for key in keys])
        verify_encryption_keys(
            storage.encryption_checks, storage.keys, storage.encrypted_items, cipher
        )

    verify(OLD)
    verify(NEW, OLD)
    with pytest.raises(WrongEncryptionKeys, match="lacks a key"):
        verify(NEW)
    run(storage)
    verify(NEW)
