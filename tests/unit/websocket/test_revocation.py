"""WebSockets end when what they were authorized with is gone (S48)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from api.errors import Problem, StorageUnavailable
from api.storage.authorization_reads import AuthorizationRead, AuthorizedCall
from api.websocket import revocation
from api.websocket.revocation import RevocationWatch, WatchedWebSocket

CALL = AuthorizedCall("ada", "test", "test.key", token_id="t1")


class Records:
    """Stands in for the table and the authorizer: says what is present now."""

    def __init__(self) -> None:
        self.problem: Problem | None = None
        self.has_key = True
        self.failures = 0
        self.reads: list[list[AuthorizedCall]] = []

    def read_again(self, _table: object, calls: list[AuthorizedCall]) -> dict[Any, Any]:
        self.reads.append(calls)
        if self.failures:
            self.failures -= 1
            raise StorageUnavailable("down")
        return {call: (AuthorizationRead(), self.has_key) for call in calls}

    def revocation(self, *_: object) -> Problem | None:
        return self.problem


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> Records:
    made = Records()
    monkeypatch.setattr(revocation, "read_again", made.read_again)
    return made


def watch_of(records: Any) -> tuple[RevocationWatch, WatchedWebSocket, list[tuple[str, str]]]:
    watch = RevocationWatch(records, records, seconds=3600.0)
    ended: list[tuple[str, str]] = []
    identity: Any = None
    watched = WatchedWebSocket(
        identity, CALL, "/x", lambda reason, code: ended.append((reason, code))
    )
    watch.add(watched)
    return watch, watched, ended


def test_a_websocket_that_is_still_allowed_stays_open(records: Records) -> None:
    watch, _, ended = watch_of(records)
    watch.check()
    assert ended == []
    assert records.reads == [[CALL]]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("authentication_required", "the token was revoked or the session ended"),
        ("token_scope", "the token no longer covers this call"),
        ("unknown_api", "the API has no key any more"),
    ],
)
def test_a_websocket_that_is_no_longer_allowed_ends_with_the_reason(
    records: Records, code: str, text: str
) -> None:
    watch, _, ended = watch_of(records)
    records.problem = Problem(code, "no")
    watch.check()
    assert ended == [(text, code)]


def test_a_websocket_ends_with_its_key(records: Records) -> None:
    watch, _, ended = watch_of(records)
    records.has_key = False
    watch.check()
    assert ended == [("the key was deleted", "unknown_api")]


def test_a_websocket_that_has_ended_is_not_ended_again(records: Records) -> None:
    watch, watched, ended = watch_of(records)
    records.has_key = False
    watch.remove(watched)
    watch.check()
    assert ended == []


def test_a_database_that_does_not_respond_ends_nothing(records: Records) -> None:
    watch, _, ended = watch_of(records)
    records.failures = 1
    with pytest.raises(StorageUnavailable):
        watch.check()
    assert ended == []
    records.has_key = False
    watch.check()
    assert len(ended) == 1


def test_one_thread_watches_all_websockets_and_ends_with_the_last(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, watched, ended = watch_of(records)
    records.failures = 1
    rounds: list[float] = []

    def sleep(seconds: float) -> None:
        rounds.append(seconds)
        if len(rounds) == 2:  # The first check failed.
            records.problem = Problem("authentication_required", "no")
        if len(rounds) == 3:
            watch.remove(watched)
        assert len(rounds) < 4

    monkeypatch.setattr(time, "sleep", sleep)
    watch._run()
    assert len(ended) == 1
    assert rounds == [3600.0] * 3
