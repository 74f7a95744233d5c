"""Calls in progress are listed, leave no item, and are recorded if their process is killed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from api.errors import StorageUnavailable
from api.proxy.lost_calls import LostCalls
from api.proxy.open_calls import OpenCalls
from api.settings import read_settings
from api.storage.open_calls import OpenCallItems
from api.wiring import build_app, build_storage
from tests.support.accounts import Account
from tests.support.in_process import InProcess
from tests.support.products import Clock, keep
from tests.support.recording import RecordingClient
from tests.support.upstream import Answer, Place

MESSAGE = b"data: 1\n\n"


class World:
    """The product in this process, which shows its calls in progress."""

    def __init__(self, environment: dict[str, str], place: Place) -> None:
        self.clock = Clock()
        self.storage = build_storage(read_settings(environment))
        self.open_calls = OpenCalls(self.storage.open_calls, "server.1", self.clock)
        self.app = build_app(
            read_settings(environment), self.storage, self.clock, open_calls=self.open_calls
        )
        keep(self.app)
        self.account = Account(InProcess(self.app))
        self.account.key(place)
        self.token = self.account.token(["test"])
        self.killed: set[str] = set()
        self.lost = LostCalls(
            self.storage.open_calls, self.storage.log, lambda name: name in self.killed, self.clock
        )

    def begin(self, path: str = "/stream") -> Iterator[bytes]:
        """Begin a stream and read its first message."""
        headers = [("Authorization", f"Bearer {self.token}")]
        environ = EnvironBuilder(f"/proxy/test{path}", headers=headers).get_environ()
        body, _, _ = run_wsgi_app(self.app, environ)
        pieces = iter(body)
        assert next(piece for piece in pieces if piece) == MESSAGE
        return pieces

    def after(self, seconds: float) -> None:
        """Let time pass, and the task of the process run."""
        self.clock.now += seconds
        self.open_calls.run()

    def requests(self, query: str = "") -> dict[str, Any]:
        """Return a page of the log."""
        page: dict[str, Any] = self.account.call("GET", f"/api/requests{query}").json
        return page

    def listed(self, query: str = "") -> list[dict[str, Any]]:
        """Return the calls in progress as the API lists them."""
        found: list[dict[str, Any]] = self.requests(query).get("open", [])
        return found

    def items(self) -> list[dict[str, Any]]:
        """Return the stored items of calls in progress."""
        return self.storage.table.query_all(f"USER#{self.account.username}", prefix="OPEN#")


@pytest.fixture
def ended() -> Iterator[threading.Event]:
    """The end of all streams."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def world(environment: dict[str, str], place: Place, ended: threading.Event) -> World:
    def pieces() -> Iterator[bytes]:
        yield MESSAGE
        ended.wait(20)

    place.answer(Answer(200, [("Content-Type", "text/event-stream")], pieces=pieces))
    return World(environment, place)


def test_a_stream_is_listed_while_it_is_open(world: World, ended: threading.Event) -> None:
    started = world.clock.now
    stream = world.begin()
    world.after(4)
    assert world.listed() == []
    world.after(2)
    (shown,) = world.listed()
    token_id = world.account.call("GET", "/api/tokens").json["items"][0]["token_id"]
    assert shown == {
        "request_id": shown["request_id"],
        "at": round(started, 3),
        "seen_at": round(started + 6, 3),
        "api_name": "test",
        "method": "GET",
        "host": shown["host"],
        "path": "/stream",
        "status": 200,
        "bytes_in": 0,
        "bytes_out": len(MESSAGE),
        "websocket": False,
        "messages_in": 0,
        "messages_out": 0,
        "token_id": token_id,
        "key_id": shown["key_id"],
        "client": shown["client"],
    }
    assert shown["client"] in ("none", "werkzeug")
    assert shown["host"].startswith("127.0.0.1:")
    assert world.requests()["items"] == []

    ended.set()
    assert list(stream) == []
    page = world.requests()
    assert "open" not in page
    (entry,) = page["items"]
    assert (entry["request_id"], entry["key_id"]) == (shown["request_id"], shown["key_id"])
    assert world.items() == []


def test_filters_apply_and_later_pages_list_none(world: World, ended: threading.Event) -> None:
    streams = [world.begin("/one")]
    world.after(1)
    streams.append(world.begin("/two"))
    world.after(6)
    at = int(world.clock.now)
    assert [call["path"] for call in world.listed()] == ["/two", "/one"]
    assert len(world.listed("?api_name=test&status=2xx")) == 2
    assert world.listed("?status=5xx") == world.listed("?api_name=other") == []
    assert len(world.listed(f"?start={at}")) == 2, "they go on after the start"
    assert world.listed(f"?end={at - 60}") == []
    ended.set()
    for stream in streams:
        assert list(stream) == []
    page = world.requests("?limit=1")
    assert "open" not in world.requests(f"?limit=1&cursor={page['next_cursor']}")


def test_an_item_is_written_less_and_less_often(world: World) -> None:
    world.begin()
    seen = []
    for _ in range(300):
        world.after(1)
        seen += [item["seen_at"] for item in world.items()]
    assert len(set(seen)) == 8  # after 5, 10, 20, 40, 80, 140, 200 and 260 s


def test_a_short_call_costs_nothing_more(world: World, ended: threading.Event) -> None:
    """Neither a trip nor an operation. A long one deletes its item in the trip of its record."""
    client = RecordingClient(world.storage.table.client)
    world.storage.table.client = client  # type: ignore[assignment]
    operations = []
    for seconds in (1, 6):
        ended.clear()
        stream = world.begin()
        world.after(seconds)
        client.clear()
        ended.set()
        assert list(stream) == []
        (trip,) = client.trips
        operations.append(sorted(trip.operations))
    assert operations == [["PutItem", "UpdateItem"], ["DeleteItem", "PutItem", "UpdateItem"]]


def test_a_call_that_ends_while_its_item_is_written_leaves_none(
    world: World, ended: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = world.begin()
    put = OpenCallItems.put

    def put_late(items: OpenCallItems, entries: Any) -> None:
        ended.set()
        assert list(stream) == []
        put(items, entries)

    monkeypatch.setattr(OpenCallItems, "put", put_late)
    world.after(6)
    assert world.items() == []
    assert len(world.requests()["items"]) == 1


def test_a_call_that_cannot_be_recorded_is_not_listed_for_ever(
    world: World, ended: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = world.begin()
    world.after(6)
    with monkeypatch.context() as patch:

        def fail(*_: object) -> None:
            raise StorageUnavailable("it is down")

        patch.setattr(world.storage.table, "batch", fail)
        ended.set()
        with pytest.raises(Exception, match="usage_not_recorded"):
            list(stream)
    assert len(world.items()) == 1
    world.after(2)
    assert world.items() == []


def test_the_calls_of_a_killed_process_are_recorded_once(world: World) -> None:
    world.begin()
    world.after(12)
    world.lost.run()
    assert len(world.listed()) == 1, "its process runs"

    world.clock.now += 3600
    world.killed.add("server.1")
    world.lost.run()
    world.lost.run()

    page = world.requests()
    assert "open" not in page
    (entry,) = page["items"]
    assert (entry["status"], entry["problem"]) == (200, "server_stopped_unexpectedly")
    assert (entry["duration_ms"], entry["bytes_out"]) == (12_000, len(MESSAGE))
    totals = world.account.call("GET", "/api/stats").json["totals"]
    assert (totals["requests"], totals["bytes_out"]) == (1, len(MESSAGE))
    assert world.items() == []


def test_an_item_of_an_unknown_process_is_left_if_it_is_overdue_twice(world: World) -> None:
    """Another server may use the table, and a machine may have been suspended."""
    world.begin()
    world.after(6)
    world.clock.now += 3600
    world.lost.run()
    assert len(world.items()) == 1
    world.open_calls.run()
    world.lost.run()
    assert len(world.listed()) == 1, "its process has written it again"
    world.clock.now += 3600
    world.lost.run()
    world.lost.run()
    assert world.items() == []
    assert [entry["problem"] for entry in world.requests()["items"]] == [
        "server_stopped_unexpectedly"
    ]


def test_a_call_without_a_response_is_recorded_as_503(world: World, place: Place) -> None:
    reached, release = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        reached.set()
        release.wait(20)

    place.behaviour = hang
    caller = threading.Thread(target=world.account.proxied, args=(world.token, "/proxy/test/slow"))
    caller.start()
    try:
        assert reached.wait(20)
        world.after(6)
        (shown,) = world.listed()
        assert (shown["path"], shown["status"]) == ("/slow", None)
        assert world.listed("?status=2xx") == []
        world.killed.add("server.1")
        world.lost.run()
        (entry,) = world.requests()["items"]
        assert (entry["status"], entry["upstream_ms"]) == (503, 6_000)
    finally:
        release.set()
        caller.join(20)


@pytest.mark.parametrize(("api_name", "basis"), [("openai", "unknown"), ("test", None)])
def test_the_cost_of_a_lost_call_is_unknown(
    world: World, place: Place, api_name: str, basis: str | None
) -> None:
    if api_name != "test":
        world.account.key(place, api_name=api_name)
        world.token = world.account.token([api_name])
    headers = [("Authorization", f"Bearer {world.token}")]
    environ = EnvironBuilder(f"/proxy/{api_name}/v1/x", "POST", headers=headers).get_environ()
    body, _, _ = run_wsgi_app(world.app, environ)
    assert next(piece for piece in body if piece) == MESSAGE
    world.after(6)
    assert world.listed()[0]["api_name"] == api_name
    world.killed.add("server.1")
    world.lost.run()
    (entry,) = world.requests()["items"]
    assert entry["problem"] == "server_stopped_unexpectedly"
    assert (entry["cost_usd"], entry["cost_basis"]) == (None, basis)
    assert entry["oddities"] == (["process_ended"] if basis else [])
    now = world.clock.now
    spent = world.storage.usage.spend_records(world.account.username, 0, int(now) + 1, now)
    assert [one.unknown for one in spent] == ([1] if basis else [])
