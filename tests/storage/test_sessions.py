"""Sessions: rotated once, ended immediately, and never accepted after their end."""

from __future__ import annotations

import secrets

import msgspec
import pytest

from api.errors import Problem
from api.secret import Secret
from api.services.accounts.claims import Claims
from api.services.accounts.sessions import SessionService
from api.storage.sessions import Session
from api.storage.table import Table
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel
from tests.support.audit import a_trail


def session(**members: object) -> Session:
    return msgspec.structs.replace(
        Session(
            session_id=secrets.token_hex(16),
            refresh_id="first",
            kind="token",
            auth_version=1,
            created_at=NOW,
            refreshed_at=NOW,
            expires_at=NOW + 1000,
        ),
        **members,
    )


def test_a_session_item_expires_with_its_session(
    storage: Storage, table: Table, username: str
) -> None:
    stored = session(source="192.0.2.1", user_agent="curl")
    storage.sessions.create(username, stored)
    item = table.get(f"USER#{username}", f"SESSION#{stored.session_id}")
    assert item is not None
    assert item["ttl"] == NOW + 1000
    user, found = storage.sessions.with_user(username, stored.session_id)
    assert user is not None and user.username == username
    assert found == stored


def test_a_session_is_rotated_once_for_each_refresh_token(
    storage: Storage, username: str, parallel: Parallel
) -> None:
    stored = session()
    storage.sessions.create(username, stored)
    won = parallel(
        12, lambda i: storage.sessions.rotate(username, stored, f"next {i}", NOW + 5, NOW + 2000)
    )
    assert won.count(True) == 1
    _, now = storage.sessions.with_user(username, stored.session_id)
    assert now is not None
    assert now.refresh_id == f"next {won.index(True)}"
    assert (now.refreshed_at, now.expires_at) == (NOW + 5, NOW + 2000)


def test_a_rotation_succeeds_when_it_is_repeated_after_a_lost_response(
    storage: Storage, table: Table, username: str
) -> None:
    stored = session()
    storage.sessions.create(username, stored)
    for _ in range(2):
        assert storage.sessions.rotate(username, stored, "next", NOW, NOW + 2000)
    item = table.get(f"USER#{username}", f"SESSION#{stored.session_id}")
    assert item is not None and item["ttl"] == NOW + 2000


def test_a_rotation_does_not_restore_an_ended_session(storage: Storage, username: str) -> None:
    stored = session()
    storage.sessions.create(username, stored)
    assert storage.sessions.delete(username, stored.session_id)
    assert not storage.sessions.delete(username, stored.session_id)
    assert not storage.sessions.rotate(username, stored, "next", NOW, NOW + 2000)
    assert storage.sessions.with_user(username, stored.session_id)[1] is None


def test_all_sessions_except_one_can_be_ended(storage: Storage, username: str) -> None:
    stored = [session() for _ in range(30)]
    for one in stored:
        storage.sessions.create(username, one)
    storage.sessions.delete_all(username, keep=stored[3].session_id)
    left = storage.sessions.page(username, 100, None).items
    assert [one.session_id for one in left] == [stored[3].session_id]
    storage.sessions.delete_all(username)
    assert storage.sessions.page(username, 100, None).items == []


def test_sessions_are_paged(storage: Storage, username: str) -> None:
    stored = sorted(session().session_id for _ in range(5))
    for session_id in stored:
        storage.sessions.create(username, session(session_id=session_id))
    first = storage.sessions.page(username, 3, None)
    assert first.next is not None
    second = storage.sessions.page(username, 3, first.next)
    assert [one.session_id for one in first.items + second.items] == stored
    assert second.next is None


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"expires_at": NOW - 1}, "it expired, but TTL has not deleted it yet"),
        ({"auth_version": 0}, "the password was changed after sign-in"),
    ],
)
def test_an_invalid_session_is_rejected_although_its_item_exists(
    storage: Storage, username: str, members: dict[str, object], why: str
) -> None:
    service = SessionService(storage.sessions, Secret(secrets.token_hex(32)), lambda: NOW)
    stored = session(**members)
    storage.sessions.create(username, stored)
    claims = Claims(
        username=username,
        session_id=stored.session_id,
        token_id=stored.refresh_id,
        type="refresh",
        iss="api-dashboard",
        aud="api-dashboard",
        exp=NOW + 1000,
        nbf=NOW,
        iat=NOW,
    )
    assert storage.sessions.with_user(username, stored.session_id)[1] is not None, why
    assert service.load(claims) is None
    with pytest.raises(Problem) as refused:
        service.rotate(claims, a_trail(storage.table, NOW, "session.reuse"))
    assert refused.value.code == "invalid_refresh_token"
