"""Encryption keys are compared with check values, or with secrets where there are none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet

from api.credentials import AuthScheme
from api.secret import Credential, Secret
from api.services.keys.cipher import Cipher
from api.services.keys.encryption_check import (
    WrongEncryptionKeys,
    accept_encryption_keys,
    verify_encryption_keys,
)
from api.storage.keys import StoredKey
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


def cipher(*keys: str) -> Cipher:
    return Cipher([Secret(key) for key in keys])


@pytest.fixture(autouse=True)
def no_other_data(storage: Storage) -> Iterator[None]:
    """Delete the check values and the keys of all users before and after each test."""

    def clear() -> None:
        storage.table.delete_keys([("SERVER", "FERNET_KEYS")])
        for name in storage.keys.users_with_keys():
            items = storage.table.query_all(f"USER#{name}")
            storage.table.delete_keys([(f"USER#{name}", item["SK"]) for item in items])

    clear()
    yield
    clear()


def store(storage: Storage, username: str, number: int, *keys: str) -> None:
    """Store a secret, encrypted with the first of `keys`."""
    key_id = f"test.{number}"
    sealed = cipher(*keys).encrypt(username, key_id, Credential(Secret("sk-0123456789")))
    key = StoredKey(
        key_id, "test", "https://a.example", AuthScheme("bearer"), sealed, "6789", NOW, NOW
    )
    storage.keys.create(username, [key])


def verify(storage: Storage, *keys: str) -> None:
    verify_encryption_keys(
        storage.encryption_checks, storage.keys, storage.encrypted_items, cipher(*keys)
    )


def refuse(storage: Storage, *keys: str) -> str:
    before = storage.encryption_checks.read()
    with pytest.raises(WrongEncryptionKeys) as refused:
        verify(storage, *keys)
    assert storage.encryption_checks.read() == before
    assert not any(key in str(refused.value) for key in (OLD, NEW, OTHER))
    return str(refused.value)


def test_the_first_start_stores_check_values_that_later_starts_do_not_change(
    storage: Storage,
) -> None:
    verify(storage, OLD)
    stored = storage.encryption_checks.read()
    verify(storage, OLD)
    assert stored is not None and storage.encryption_checks.read() == stored
    assert OLD not in repr(stored)
    assert "is not the key" in refuse(storage, NEW)


def test_an_older_installation_is_compared_with_its_secrets(
    storage: Storage, username: str
) -> None:
    store(storage, username, 1, OLD)
    assert "decrypts no stored secret" in refuse(storage, NEW)
    assert storage.encryption_checks.read() is None
    verify(storage, OLD)
    assert storage.encryption_checks.read() is not None


def test_an_older_installation_with_a_secret_that_is_lost_starts(
    storage: Storage, username: str
) -> None:
    store(storage, username, 1, OLD)
    store(storage, username, 2, NEW)
    verify(storage, NEW)


def test_a_new_key_may_be_added_and_an_old_one_removed_when_no_secret_needs_it(
    storage: Storage, username: str
) -> None:
    store(storage, username, 1, OLD)
    verify(storage, OLD)
    verify(storage, NEW, OLD)
    assert "lacks a key" in refuse(storage, NEW)
    verify(storage, OLD)
    store(storage, username, 2, NEW, OLD)
    verify(storage, NEW, OLD)
    assert "lacks a key" in refuse(storage, OTHER, OLD)


def test_after_a_rotation_only_the_newest_key_is_required(storage: Storage) -> None:
    verify(storage, NEW, OLD)
    accept_encryption_keys(storage.encryption_checks, cipher(NEW, OLD))
    verify(storage, NEW, OLD)
    verify(storage, NEW)
    assert len(storage.encryption_checks.read() or ()) == 1
    refuse(storage, OLD)


def test_a_secret_that_is_lost_does_not_prevent_the_removal_of_a_rotated_key(
    storage: Storage, username: str
) -> None:
    store(storage, username, 1, OTHER)
    accept_encryption_keys(storage.encryption_checks, cipher(NEW, OLD))
    verify(storage, NEW, OLD)
    verify(storage, NEW)


def test_several_servers_start_at_once(storage: Storage, parallel: Parallel) -> None:
    parallel(16, lambda number: verify(storage, *((NEW, OLD) if number % 2 else (OLD, NEW))))
    verify(storage, NEW, OLD)
    refuse(storage, OTHER)
