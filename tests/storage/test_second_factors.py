"""Second factors: they change together with the profile, and each use is stored once (S50)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import msgspec
import pytest

from api.storage.passkeys import (
    ChallengeUsed,
    Passkey,
    PasskeyCloned,
    PasskeyGone,
    Passkeys,
    PasskeyUse,
)
from api.storage.second_factors import FactorMissing, FactorsChanged, SecondFactors, Totp
from api.storage.users import User
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel

HASHES = ["0" * 64, "1" * 64]


@pytest.fixture
def new_user(storage: Storage) -> Callable[[], User]:
    """Register a user."""

    def create() -> User:
        user = User(f"u{secrets.token_hex(8)}x", "hash", "u@example.com", NOW)
        storage.users.create(user, user.username)
        return user

    return create


@pytest.fixture
def user(new_user: Callable[[], User]) -> User:
    """A registered user."""
    return new_user()


@pytest.fixture
def factors(storage: Storage) -> SecondFactors:
    """The storage of factors."""
    return SecondFactors(storage.table)


@pytest.fixture
def passkeys(storage: Storage) -> Passkeys:
    """The storage of passkeys."""
    return Passkeys(storage.table)


def mark(storage: Storage, nonce: str | None = None) -> tuple[str, dict[str, object]]:
    """Return the mark of a challenge."""
    return storage.throttles.use_once_op(nonce or secrets.token_hex(8), NOW, 300)


def passkey(passkey_id: str = "p1", count: int = 5) -> Passkey:
    """Return a passkey."""
    return Passkey(passkey_id, "Y3JlZA", "a2V5", count, "Phone", NOW)


def test_s50_factor_and_profile_change_together(
    storage: Storage, factors: SecondFactors, passkeys: Passkeys, user: User
) -> None:
    handle = secrets.token_hex(8)
    factors.add_passkey(user, passkey(), handle, HASHES, mark(storage))
    changed = storage.users.get(user.username)
    assert changed is not None
    assert (changed.passkeys, changed.second_factor) == (1, True)
    assert passkeys.username(handle) == user.username
    # A change that begins from the profile before writes nothing.
    changes: list[Callable[[], None]] = [
        lambda: factors.add_passkey(user, passkey("p2"), handle, HASHES, mark(storage)),
        lambda: factors.add_totp(user, Totp("t", "x", NOW, 1), HASHES, mark(storage)),
        lambda: factors.remove_passkey(user, "p1"),
        lambda: factors.replace_recovery_codes(user, HASHES),
    ]
    for change in changes:
        with pytest.raises(FactorsChanged):
            change()
    assert storage.users.get(user.username) == changed
    stored = factors.read(user.username)
    assert [each.passkey_id for each in stored.passkeys] == ["p1"]
    assert (stored.totp, stored.recovery_codes_left) == (None, 2)
    factors.remove_passkey(changed, "p1")
    assert factors.read(user.username).recovery_codes_left == 0
    after = storage.users.get(user.username)
    assert after is not None
    assert (after.second_factor, after.passkey_handle) == (False, handle)


def test_s50_factor_is_added_to_no_closed_account_and_after_no_new_password(
    storage: Storage, factors: SecondFactors, new_user: Callable[[], User]
) -> None:
    closed, renewed = new_user(), new_user()
    storage.users.begin_deletion(closed.username)
    storage.users.set_password(renewed, "another hash")
    for user in (closed, renewed):
        handle = secrets.token_hex(8)
        with pytest.raises(FactorsChanged):
            factors.add_passkey(user, passkey(), handle, HASHES, mark(storage))
        assert Passkeys(storage.table).username(handle) is None


def test_s50_used_challenge_adds_nothing(
    storage: Storage, factors: SecondFactors, user: User
) -> None:
    nonce = secrets.token_hex(8)
    storage.table.run(mark(storage, nonce))
    with pytest.raises(FactorMissing):
        factors.add_totp(user, Totp("t", "x", NOW, 1), HASHES, mark(storage, nonce))
    assert storage.users.get(user.username) == user


def test_s50_counter_of_a_passkey_grows(
    storage: Storage, factors: SecondFactors, passkeys: Passkeys, user: User
) -> None:
    key = passkey()
    factors.add_passkey(user, key, secrets.token_hex(8), HASHES, mark(storage))

    def use(count: int, nonce: str | None = None) -> None:
        passkeys.use(user.username, key, PasskeyUse(count, False), NOW, mark(storage, nonce))

    nonce = secrets.token_hex(8)
    use(6, nonce)
    with pytest.raises(ChallengeUsed):
        use(7, nonce)
    for count in (6, 5, 0):
        with pytest.raises(PasskeyCloned):
            use(count)
    passkeys.flag(user.username, key.passkey_id, NOW)
    with pytest.raises(PasskeyGone):
        use(8)
    _, stored = passkeys.with_user(user.username, key.passkey_id)
    assert stored is not None
    assert (stored.sign_count, stored.flagged_at) == (6, NOW)


def test_s50_counter_that_is_always_zero_is_accepted(
    storage: Storage, factors: SecondFactors, passkeys: Passkeys, user: User
) -> None:
    key = passkey(count=0)
    factors.add_passkey(user, key, secrets.token_hex(8), HASHES, mark(storage))
    for _ in range(2):
        passkeys.use(user.username, key, PasskeyUse(0, True), NOW, mark(storage))
    passkeys.use(user.username, key, PasskeyUse(1, True), NOW, mark(storage))


def test_s50_parallel_uses_of_a_step_and_of_a_code_succeed_once(
    storage: Storage, factors: SecondFactors, user: User, parallel: Parallel
) -> None:
    totp = Totp("t", "x", NOW, 10)
    factors.add_totp(user, totp, HASHES, mark(storage))
    uses = parallel(8, lambda _: factors.use_totp(user.username, totp, 11, NOW, None))
    assert uses.count(True) == 1
    uses = parallel(8, lambda _: factors.use_totp(user.username, totp, 12, NOW, mark(storage)))
    assert uses.count(True) == 1
    assert not factors.use_totp(user.username, totp, 11, NOW, None)
    left = parallel(8, lambda _: factors.use_recovery_code(user.username, HASHES[0], None))
    assert [number for number in left if number is not None] == [1]
    # An app that was set up meanwhile is another one.
    other = msgspec.structs.replace(totp, factor_id="u")
    assert not factors.use_totp(user.username, other, 99, NOW, None)


def test_s50_parallel_changes_count_every_passkey(
    storage: Storage, factors: SecondFactors, user: User, parallel: Parallel
) -> None:
    handle = secrets.token_hex(8)

    def add(number: int) -> None:
        for _ in range(50):
            current = storage.users.get(user.username)
            assert current is not None
            try:
                factors.add_passkey(current, passkey(f"p{number}"), handle, [], mark(storage))
            except FactorsChanged:
                continue
            return
        raise AssertionError("the change never succeeded")

    parallel(4, add)
    current = storage.users.get(user.username)
    assert current is not None
    assert current.passkeys == len(factors.read(user.username).passkeys) == 4
