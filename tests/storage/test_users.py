"""Users: registered once, changed under conditions, deleted completely."""

from __future__ import annotations

import secrets

import pytest

from api.storage.table import ConditionFailed, Table, TransactionFailed
from api.storage.tokens import Token
from api.storage.users import NameTaken, User
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel


def new_name() -> str:
    return f"u{secrets.token_hex(8)}x"


def test_the_user_item_has_the_fixed_names(storage: Storage, table: Table) -> None:
    name = new_name()
    storage.users.create(User(name, "a hash", "ada@example.com", NOW), name)
    assert table.get(f"USER#{name}", "PROFILE") == {
        "PK": f"USER#{name}",
        "SK": "PROFILE",
        "username": name,
        "password": "a hash",
        "email": "ada@example.com",
        "created_at": NOW,
        "auth_version": 1,
    }
    assert storage.users.get(name) == User(name, "a hash", "ada@example.com", NOW)
    assert storage.users.get(new_name()) is None


def test_s21_of_concurrent_look_alike_usernames_exactly_one_is_registered(
    storage: Storage, parallel: Parallel
) -> None:
    skeleton = new_name()

    def register(i: int) -> bool:
        try:
            storage.users.create(User(f"{skeleton}{i % 4}", "hash", "u@example.com", NOW), skeleton)
        except NameTaken as taken:
            assert taken.deleting is None
            return False
        return True

    assert parallel(16, register).count(True) == 1
    assert [storage.users.get(f"{skeleton}{i}") is not None for i in range(4)].count(True) == 1


def test_every_user_is_listed(storage: Storage) -> None:
    names = {new_name() for _ in range(3)}
    for name in names:
        storage.users.create(User(name, "hash", "u@example.com", NOW), name)
    assert names <= set(storage.users.usernames())


def test_of_concurrent_password_changes_one_succeeds_and_ends_sessions(
    storage: Storage, username: str, parallel: Parallel
) -> None:
    user = storage.users.get(username)
    assert user is not None

    def change(i: int) -> bool:
        try:
            storage.users.set_password(user, f"hash {i}")
        except ConditionFailed:
            return False
        return True

    outcomes = parallel(8, change)
    assert outcomes.count(True) == 1
    changed = storage.users.get(username)
    assert changed is not None
    assert changed.password == f"hash {outcomes.index(True)}"
    assert changed.auth_version == user.auth_version + 1


def test_an_email_address_is_changed_only_for_an_existing_account(
    storage: Storage, username: str
) -> None:
    storage.users.set_email(username, "new@example.com")
    changed = storage.users.get(username)
    assert changed is not None and changed.email == "new@example.com"
    with pytest.raises(ConditionFailed):
        storage.users.set_email(new_name(), "new@example.com")


def test_nothing_is_added_to_an_account_that_is_being_deleted(
    storage: Storage, username: str
) -> None:
    user = storage.users.get(username)
    assert user is not None
    storage.users.begin_deletion(username)
    going = storage.users.get(username)
    assert going is not None and going.deleting and going.auth_version > user.auth_version
    with pytest.raises(ConditionFailed):
        storage.users.set_password(user, "other")
    with pytest.raises(ConditionFailed):
        storage.users.set_email(username, "new@example.com")
    with pytest.raises(TransactionFailed):
        storage.tokens.create(username, Token("t", "n", "h", "…", ("*",), (), (), NOW))
    with pytest.raises(NameTaken) as taken:
        storage.users.create(User(username, "hash", "u@example.com", NOW), username)
    assert taken.value.deleting == username


def test_removal_deletes_everything_of_the_user_and_nothing_of_others(
    storage: Storage, table: Table, username: str
) -> None:
    other = username + "a"
    storage.users.create(User(other, "hash", "u@example.com", NOW), other)
    pk = f"USER#{username}"
    for start in range(0, 450, 50):
        table.batch(
            [table.put_op({"PK": pk, "SK": f"LOG#{i:04d}"}) for i in range(start, start + 50)]
        )
    for kind in ("SESSION#s", "TOKEN#t", "API#a", "APIKEY#a.1", "RATELIMIT#a", "USAGE#H#1#a"):
        table.run(table.put_op({"PK": pk, "SK": kind}))
    storage.users.begin_deletion(username)
    storage.users.remove(username, username)
    assert table.query_all(pk) == []
    assert table.get(f"NAME#{username}", "NAME") is None
    assert storage.users.get(other) is not None
    storage.users.remove(username, username)  # idempotent
    storage.users.create(User(username, "hash", "u@example.com", NOW), username)
