"""Rotation of the encryption keys (S28), and ciphertexts copied to other items (S29)."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from api.secret import Secret
from api.services.accounts.usernames import skeleton
from api.services.keys.cipher import Cipher
from api.services.keys.rotation import RotationProgress, rotate
from api.settings import read_settings
from api.storage.keys import Keys, StoredKey
from api.wiring import Storage
from tests.support.accounts import Account, problem
from tests.support.engines import new_table
from tests.support.products import another_app, lambda_client, storage_of
from tests.support.upstream import Place

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def settings(environment: dict[str, str], database: str) -> dict[str, str]:
    """Settings with a separate table, so that a rotation finds only this module's keys."""
    name = f"rotation-{secrets.token_hex(4)}"
    new_table(database, name)
    return {**environment, "DYNAMODB_TABLE": name}


@pytest.fixture(scope="module")
def storage(settings: dict[str, str]) -> Storage:
    """The product's database table."""
    return storage_of(settings)


@pytest.fixture(autouse=True)
def without_keys(storage: Storage) -> Iterator[None]:
    """Delete all users after a test."""
    yield
    for username in storage.users.usernames():
        storage.users.begin_deletion(username)
        storage.users.remove(username, skeleton(username))


def app_with(settings: dict[str, str], *keys: str) -> Any:
    """Return a client of an application with these encryption keys, newest first."""
    return lambda_client(another_app(settings, FERNET_KEYS=",".join(keys)))


def cipher(*keys: str) -> Cipher:
    return Cipher([Secret(key) for key in keys])


def through(account: Account, client: Any, place: Place, secret: str) -> None:
    """Assert that a call through an application sends the secret."""
    answer = client.call("GET", "/proxy/test/x", None, account.access)
    assert answer.status == 200, answer.body
    assert place.last.get("Authorization") == f"Bearer {secret}"


def new_keys() -> tuple[str, str]:
    """An old and a new encryption key."""
    return Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_s28_the_old_key_can_be_removed_after_a_rotation(
    settings: dict[str, str], storage: Storage, place: Place
) -> None:
    old, new = new_keys()
    before = app_with(settings, old)
    users = [Account(before) for _ in range(3)]
    for number, user in enumerate(users):
        for _ in range(8):
            user.key(place, secret=f"sk-of-user-{number}-0123456789")

    both = app_with(settings, new, old)
    for number, user in enumerate(users):
        through(user, both, place, f"sk-of-user-{number}-0123456789")
    seen: list[RotationProgress] = []
    end = rotate(storage.keys, storage.encrypted_items, cipher(new, old), seen.append)
    assert (end.users, end.users_done, end.keys, end.changed) == (3, 3, 24, 24)
    assert end.unreadable == ()
    assert [progress.users_done for progress in seen] == [1, 2, 3]
    assert [progress.changed for progress in seen] == [8, 16, 24]

    after = app_with(settings, new)
    for number, user in enumerate(users):
        for _ in range(3):
            through(user, after, place, f"sk-of-user-{number}-0123456789")
        listed = after.call("GET", "/api/keys", None, user.access).json["items"]
        assert all(item["hint"] == "…6789" for item in listed)
        problem(before.call("GET", "/proxy/test/x", None, user.access), 502, "secret_unreadable")
    again = rotate(storage.keys, storage.encrypted_items, cipher(new), seen.append)
    assert (again.keys, again.changed, again.unreadable) == (24, 0, ())


class Stopped(Exception):
    """Stops a rotation before its end."""


class StoppingKeys(Keys):
    """Key storage that fails after some changes, like a killed process."""

    def __init__(self, storage: Storage, changes: int) -> None:
        super().__init__(
            storage.table, storage.users, storage.pools, storage.schedules, storage.counters
        )
        self._left = changes

    def replace(self, username: str, old: StoredKey, new: StoredKey) -> StoredKey:
        if not self._left:
            raise Stopped
        self._left -= 1
        return super().replace(username, old, new)


@pytest.mark.parametrize("changes", [0, 1, 5, 9])
def test_s28_a_stopped_rotation_leaves_all_keys_usable_and_can_continue(
    settings: dict[str, str], storage: Storage, place: Place, changes: int
) -> None:
    old, new = new_keys()
    users = [Account(app_with(settings, old)) for _ in range(2)]
    for user in users:
        for _ in range(5):
            user.key(place, secret="sk-0123456789abcdef")
    with pytest.raises(Stopped):
        rotate(
            StoppingKeys(storage, changes),
            storage.encrypted_items,
            cipher(new, old),
            lambda _: None,
        )
    both = app_with(settings, new, old)
    for user in users:
        for _ in range(3):
            through(user, both, place, "sk-0123456789abcdef")
    end = rotate(storage.keys, storage.encrypted_items, cipher(new, old), lambda _: None)
    assert (end.keys, end.changed, end.unreadable) == (10, 10 - changes, ())
    after = app_with(settings, new)
    for user in users:
        through(user, after, place, "sk-0123456789abcdef")


def test_s28_a_secret_entered_during_a_rotation_is_kept(
    settings: dict[str, str], storage: Storage, place: Place
) -> None:
    old, new = new_keys()
    user = Account(app_with(settings, old))
    key = user.key(place, secret="sk-before-0123456789")
    both = app_with(settings, new, old)

    class Meanwhile(Keys):
        """The user changes the key between the rotation's read and its write."""

        asked = False

        def replace(self, username: str, old: StoredKey, new: StoredKey) -> StoredKey:
            if not self.asked:
                self.asked = True
                body = {"secret": "sk-after-0123456789"}
                answer = both.call("PATCH", f"/api/keys/{key['key_id']}", body, user.access)
                assert answer.status == 200
            return super().replace(username, old, new)

    keys = Meanwhile(
        storage.table, storage.users, storage.pools, storage.schedules, storage.counters
    )
    assert rotate(keys, storage.encrypted_items, cipher(new, old), lambda _: None).unreadable == ()
    through(user, app_with(settings, new), place, "sk-after-0123456789")


def test_s28_unreadable_secrets_are_named_and_the_others_are_rotated(
    settings: dict[str, str], storage: Storage, place: Place
) -> None:
    old, new = new_keys()
    lost = Fernet.generate_key().decode()
    user, unlucky = Account(app_with(settings, old)), Account(app_with(settings, lost))
    user.key(place)
    key = unlucky.key(place)
    end = rotate(storage.keys, storage.encrypted_items, cipher(new, old), lambda _: None)
    assert (end.keys, end.changed) == (2, 1)
    assert end.unreadable == (f"{unlucky.username}/{key['key_id']}",)


def test_s28_the_command_prints_its_progress_and_ends_with_0_or_1(
    settings: dict[str, str], place: Place
) -> None:
    old, new = new_keys()
    user = Account(app_with(settings, old))
    for _ in range(3):
        user.key(place, secret="sk-0123456789abcdef")

    def command(keys: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "api", "rotate-keys"],
            cwd=ROOT, capture_output=True, text=True, timeout=60,
            env={"PATH": os.environ["PATH"], **settings, "FERNET_KEYS": keys},
        )  # fmt: skip

    done = command(f"{new},{old}")
    assert done.returncode == 0, done.stderr
    assert "1 of 1 users, 3 of 3 keys" in done.stdout
    assert "Done: encrypted 3 of 3 keys" in done.stdout
    assert "Done: encrypted 0 of 3 keys" in command(new).stdout
    wrong = command(old)
    assert wrong.returncode == 1
    assert user.username in wrong.stderr and "FERNET_KEYS" in wrong.stderr
    for text in (done.stdout, done.stderr, wrong.stdout, wrong.stderr):
        assert "sk-0123456789abcdef" not in text and old not in text and new not in text


# -- ciphertexts that are not where they belong --------------------------------------------------


def seal(storage: Storage, account: Account, key_id: str, sealed: str) -> None:
    """Replace the ciphertext of a key, in its item and in the pool."""
    key = storage.keys.get(account.username, key_id)
    assert key is not None
    changed = StoredKey(
        **{**{name: getattr(key, name) for name in key.__struct_fields__},
           "encrypted_key": sealed, "revision": key.revision + 1}
    )  # fmt: skip
    storage.keys.replace(account.username, key, changed)


def ciphertext_of(storage: Storage, account: Account, key: dict[str, Any]) -> str:
    stored = storage.keys.get(account.username, key["key_id"])
    assert stored is not None
    return stored.encrypted_key


def assert_unreadable(account: Account, key_id: str, place: Place) -> None:
    """Assert that a key is not used, nothing is called, and no secret is shown."""
    token = account.token()
    before = len(place.received)
    for answer in (account.proxied(token), account.call("GET", "/proxy/test/x")):
        problem(answer, 502, "secret_unreadable")
    assert len(place.received) == before
    assert account.call("GET", f"/api/keys/{key_id}").status == 200
    renewed = account.call("PATCH", f"/api/keys/{key_id}", {"secret": "sk-renewed-0123456789"})
    assert renewed.status == 200
    assert account.proxied(token).status == 200
    assert place.last.get("Authorization") == "Bearer sk-renewed-0123456789"


@pytest.fixture
def user(settings: dict[str, str]) -> Account:
    """A user in this module's table."""
    return Account(lambda_client(another_app(settings)))


def test_s29_a_ciphertext_of_another_user_is_refused(
    user: Account, storage: Storage, place: Place
) -> None:
    victim = Account(user.client)
    stolen = victim.key(place, secret="sk-victims-0123456789")
    key = user.key(place)
    seal(storage, user, key["key_id"], ciphertext_of(storage, victim, stolen))
    assert_unreadable(user, key["key_id"], place)


def test_s29_a_ciphertext_of_another_key_of_the_same_user_is_refused(
    user: Account, storage: Storage, place: Place
) -> None:
    other = user.key(place, secret="sk-for-another-host-01", api_name="other")
    key = user.key(place)
    seal(storage, user, key["key_id"], ciphertext_of(storage, user, other))
    assert_unreadable(user, key["key_id"], place)


@pytest.mark.parametrize(
    "alter",
    [
        lambda text: text[:-1],
        lambda text: text[:40] + ("A" if text[40] != "A" else "B") + text[41:],
        lambda text: "",
        lambda text: "x",
        lambda text: "sk-in-the-clear-0123456789",
        lambda text: "\u00e9" * 20,
        lambda text: Fernet(Fernet.generate_key()).encrypt(b'["a","b","c"]').decode(),
    ],
)
def test_s28_an_altered_ciphertext_or_an_unknown_key_gives_a_clean_error(
    user: Account, storage: Storage, place: Place, alter: Any
) -> None:
    key = user.key(place)
    seal(storage, user, key["key_id"], alter(ciphertext_of(storage, user, key)))
    assert_unreadable(user, key["key_id"], place)


@pytest.mark.parametrize(
    "plain", [b"", b"sk-plain", b"[]", b'["a"]', b'{"username": "a"}', b"[1, 2, 3]", b"\xff"]
)
def test_s29_a_ciphertext_without_an_owner_is_refused(
    user: Account, storage: Storage, place: Place, environment: dict[str, str], plain: bytes
) -> None:
    key = user.key(place)
    sealed = Fernet(environment["FERNET_KEYS"]).encrypt(plain).decode()
    seal(storage, user, key["key_id"], sealed)
    assert_unreadable(user, key["key_id"], place)


def test_s28_another_key_of_the_pool_is_used_instead_of_an_unreadable_one(
    user: Account, storage: Storage, place: Place
) -> None:
    bad, good = user.key(place), user.key(place, secret="sk-good-0123456789")
    seal(storage, user, bad["key_id"], "x")
    for _ in range(6):
        assert user.call("GET", "/proxy/test/x").status == 200
        assert place.last.get("Authorization") == "Bearer sk-good-0123456789"
    assert good["key_id"] != bad["key_id"]


def test_s28_a_check_of_an_unreadable_key_reports_it(
    user: Account, storage: Storage, place: Place
) -> None:
    key = user.key(place, provider="openai", api_name="test")
    seal(storage, user, key["key_id"], "x")
    answer = user.call("POST", f"/api/keys/{key['key_id']}/check")
    problem(answer, 502, "secret_unreadable")
    assert place.received == []


def test_s27_stored_secrets_are_encrypted_with_the_newest_key(
    settings: dict[str, str], storage: Storage, place: Place
) -> None:
    old, new = new_keys()
    user = Account(app_with(settings, new, old))
    key = user.key(place, secret="sk-0123456789abcdef")
    plain = json.loads(Fernet(new).decrypt(ciphertext_of(storage, user, key)))
    assert plain == [user.username, key["key_id"], "sk-0123456789abcdef"]
    assert read_settings(settings).fernet_keys
