"""Usage statistics and the request log: what they contain, and what they never contain."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest

from api.storage.requests import LogEntry
from api.wiring import Storage
from tests.support.accounts import Account, problem
from tests.support.products import Clock, another_app, lambda_client, storage_of
from tests.support.upstream import Answer, Place, Upstream

HOUR, DAY = 3600, 86_400


@pytest.fixture
def clock() -> Clock:
    """A clock at ten past the current hour. Session tokens need real times."""
    now = Clock().now
    return Clock(now - now % HOUR + 600)


@pytest.fixture
def user(environment: dict[str, str], clock: Clock, place: Place) -> Account:
    """A user of an application with its own clock, with a key for `test` and for `other`."""
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    account.key(place, api_name="other")
    return account


def stats(account: Account, query: str = "") -> dict[str, Any]:
    answer = account.call("GET", f"/api/stats{query}")
    assert answer.status == 200, answer.body
    document: dict[str, Any] = answer.json
    return document


def requests(account: Account, query: str = "") -> list[dict[str, Any]]:
    answer = account.call("GET", f"/api/requests{query}")
    assert answer.status == 200, answer.body
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_a_new_user_has_no_usage(account: Account) -> None:
    shown = stats(account)
    assert shown["totals"]["requests"] == 0
    assert shown["totals"]["latency"] == {"p50": None, "p90": None, "p95": None, "p99": None}
    assert (shown["apis"], shown["series"], shown["granularity"]) == ([], [], "hour")
    assert shown["end"] - shown["start"] == DAY
    assert account.call("GET", "/api/requests").json == {"items": [], "next_cursor": None}


def test_every_call_is_counted_by_its_response(account: Account, place: Place) -> None:
    account.key(place)
    token = account.token()
    for status in (200, 201, 204, 301, 404, 422, 500, 503):
        place.answer(Answer(status, body=b"12345"))
        sent = b"abc" if status == 201 else None
        assert account.proxied(token, method="POST" if sent else "GET", body=sent).status == status
    totals = stats(account)["totals"]
    assert totals["requests"] == 8
    assert [totals[f"status_{kind}xx"] for kind in (2, 3, 4, 5)] == [3, 1, 2, 2]
    assert (totals["errors"], totals["failures"], totals["refused"]) == (4, 0, 0)
    assert (totals["bytes_in"], totals["bytes_out"]) == (3, 7 * 5)
    assert totals["latency"]["p50"] is not None
    assert totals["latency"]["p50"] <= totals["latency"]["p90"] <= totals["latency"]["p99"]


def test_failures_and_rejections_of_the_proxy_are_counted_separately(
    account: Account, place: Place, closed_port: int
) -> None:
    account.key(place, api_name="gone", base_url=f"http://127.0.0.1:{closed_port}/x")
    account.key(place)
    token = account.token()
    problem(account.proxied(token, "/proxy/gone/x"), 502, "connect_failed")
    problem(account.proxied(token, "/proxy/test/%2e%2e/x"), 400, "invalid_path")
    assert account.call("PUT", "/api/rate-limits/test", {"limit": 1, "window": 3600}).status == 200
    assert account.proxied(token).status == 200
    problem(account.proxied(token), 429, "rate_limited")
    problem(account.proxied(token, "/proxy/unknown/x"), 404, "unknown_api")
    apis = {api["api_name"]: api["counts"] for api in stats(account)["apis"]}
    assert set(apis) == {"gone", "test"}
    assert (apis["gone"]["requests"], apis["gone"]["failures"], apis["gone"]["errors"]) == (1, 1, 1)
    assert (apis["test"]["requests"], apis["test"]["refused"], apis["test"]["errors"]) == (3, 1, 2)
    shown = [(entry["api_name"], entry["status"], entry["problem"]) for entry in requests(account)]
    assert shown == [
        ("unknown", 404, "unknown_api"),
        ("test", 429, "rate_limited"),
        ("test", 200, None),
        ("test", 400, "invalid_path"),
        ("gone", 502, "connect_failed"),
    ]


def test_calls_are_counted_once_when_a_new_hour_starts(
    user: Account, clock: Clock, place: Place
) -> None:
    token = user.token()
    begin = int(clock.now) - 600
    for hour in range(3):
        for _ in range(hour + 1):
            assert user.proxied(token).status == 200
        if hour == 1:
            assert user.proxied(token, "/proxy/other/x").status == 200
        clock.now += HOUR
    user.sign_in()
    for granularity in ("hour", "day"):
        shown = stats(user, f"?granularity={granularity}")
        assert shown["totals"]["requests"] == 7, granularity
        assert {api["api_name"]: api["counts"]["requests"] for api in shown["apis"]} == {
            "test": 6,
            "other": 1,
        }
    hours = [
        (point["start"], point["api_name"], point["counts"]["requests"])
        for point in stats(user)["series"]
    ]
    assert hours == [
        (begin, "test", 1),
        (begin + HOUR, "other", 1),
        (begin + HOUR, "test", 2),
        (begin + 2 * HOUR, "test", 3),
    ]
    days = stats(user, "?granularity=day&api_name=test")["series"]
    assert sum(point["counts"]["requests"] for point in days) == 6
    assert all(point["start"] % DAY == 0 for point in days)


def test_a_range_is_widened_to_whole_hours(user: Account, clock: Clock, place: Place) -> None:
    token = user.token()
    begin = int(clock.now) - 600
    for _ in range(3):
        assert user.proxied(token).status == 200
        clock.now += HOUR
    user.sign_in()
    assert place.received != []

    def counted(query: str) -> int:
        return int(stats(user, query)["totals"]["requests"])

    assert counted(f"?start={begin}&end={begin + HOUR}") == 1
    assert counted(f"?start={begin + 1}&end={begin + HOUR + 1}") == 2
    assert counted(f"?start={begin + HOUR}") == 2
    assert counted(f"?end={begin + 2 * HOUR}") == 2
    assert counted("?api_name=other") == 0
    shown = stats(user, f"?start={begin + 1}&end={begin + HOUR + 1}")
    assert (shown["start"], shown["end"]) == (begin, begin + 2 * HOUR)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("?start=200000&end=100000", {"start", "end"}),
        ("?start=7200&end=7200", {"start", "end"}),
        ("?start=0", {"start", "end"}),
        ("?start=0&end=4000000000&granularity=day", {"start", "end"}),
        ("?start=4102444800", {"start", "end"}),
        ("?start=-1", {"start"}), ("?end=1e99", {"end"}), ("?end=99999999999999", {"end"}),
        ("?start=x", {"start"}), ("?start=", {"start"}), ("?granularity=minute", {"granularity"}),
        ("?granularity=", {"granularity"}), ("?api_name=", {"api_name"}),
        ("?api_name=A%2FB", {"api_name"}), ("?api_name=a&api_name=b", {"api_name"}),
        ("?start=null", {"start"}),
    ],
)  # fmt: skip
def test_s26_invalid_ranges_are_rejected(owner: Account, query: str, fields: set[str]) -> None:
    document = problem(owner.call("GET", f"/api/stats{query}"), 422, "invalid_field")
    assert document["field"] in fields


@pytest.mark.parametrize("granularity", ["hour", "day"])
@pytest.mark.parametrize("end", [0, 1, HOUR, DAY, 1_000_000])
def test_a_range_near_zero_is_empty_or_rejected(owner: Account, granularity: str, end: int) -> None:
    answer = owner.call("GET", f"/api/stats?end={end}&granularity={granularity}")
    assert answer.status in (200, 422), answer.body
    if answer.status == 200:
        assert answer.json["series"] == []


@pytest.mark.parametrize(
    "query",
    ["?start=2000000000&end=1000000000", "?end=0", "?end=1000", "?start=0&end=5",
     "?start=4102444800", "?start=4102444800&end=4102444800", "?start=0", "?end=4102444800"],
)  # fmt: skip
def test_a_log_of_any_range_is_empty_or_rejected(owner: Account, query: str) -> None:
    answer = owner.call("GET", f"/api/requests{query}")
    assert answer.status in (200, 422), answer.body


@pytest.mark.parametrize(
    ("query", "field"),
    [("?status=600", "status"), ("?status=xx", "status"), ("?status=4XX", "status"),
     ("?status=40", "status"), ("?status=4xx%0a", "status"), ("?token_id=abc", "token_id"),
     ("?token_id=%00", "token_id"), ("?api_name=*", "api_name"), ("?limit=0", "limit"),
     ("?method=GET", "method"), ("?start=x", "start"), ("?api_name=test%0A", "api_name")],
)  # fmt: skip
def test_s26_invalid_filters_of_the_log_are_rejected(
    owner: Account, query: str, field: str
) -> None:
    problem(owner.call("GET", f"/api/requests{query}"), 422, "invalid_field", field)


def next_millisecond() -> None:
    """Wait for the next millisecond: the log does not sort calls within one."""
    time.sleep(0.002)


@pytest.fixture(scope="module", params=["server", "function"])
def owner(request: pytest.FixtureRequest) -> Account:
    """A user without calls."""
    return Account(request.getfixturevalue(request.param))


@pytest.fixture(scope="module")
def busy(
    request: pytest.FixtureRequest, owner: Account, upstream_server: Upstream
) -> Iterator[tuple[Account, list[dict[str, Any]]]]:
    """A user with 24 calls of two APIs, by two tokens and a session, and their log."""
    account = Account(owner.client)
    place = upstream_server.place(secrets.token_hex(6))
    account.key(place)
    account.key(place, api_name="other")
    tokens = [account.token(), account.token(), account.access]
    statuses = [200, 404, 500, 201]
    for number in range(24):
        place.answer(Answer(statuses[number % 4]))
        api = "test" if number % 3 else "other"
        next_millisecond()
        account.proxied(tokens[number % 3], f"/proxy/{api}/call/{number}")
    log = requests(account, "?limit=200")
    assert [entry["path"] for entry in log] == [f"/call/{number}" for number in reversed(range(24))]
    yield account, log


@pytest.mark.parametrize("limit", [1, 5, 8, 24, 25])
def test_s25_the_log_is_paged_newest_first(
    busy: tuple[Account, list[dict[str, Any]]], limit: int
) -> None:
    account, log = busy
    seen: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(len(log) + 1):
        page = account.call("GET", f"/api/requests?limit={limit}{cursor}").json
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == limit
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == log


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("status=200", lambda entry: entry["status"] == 200),
        ("status=2xx", lambda entry: entry["status"] in (200, 201)),
        ("status=5xx", lambda entry: entry["status"] == 500),
        ("status=3xx", lambda entry: False),
        ("api_name=other", lambda entry: entry["api_name"] == "other"),
        ("api_name=other&status=4xx", lambda entry: (entry["api_name"], entry["status"])
         == ("other", 404)),
    ],
)  # fmt: skip
def test_the_log_is_filtered_over_pages(
    busy: tuple[Account, list[dict[str, Any]]], query: str, holds: Any
) -> None:
    account, log = busy
    wanted = [entry for entry in log if holds(entry)]
    assert requests(account, f"?{query}&limit=200") == wanted
    page = account.call("GET", f"/api/requests?{query}&limit=2").json
    assert page["items"] == wanted[:2]
    if len(wanted) > 2:
        path = f"/api/requests?{query}&limit=200&cursor={page['next_cursor']}"
        assert account.call("GET", path).json["items"] == wanted[2:]
        other = account.call("GET", f"/api/requests?limit=2&cursor={page['next_cursor']}")
        problem(other, 400, "invalid_cursor", "cursor")


def test_the_log_shows_the_token_and_key_of_each_call(
    busy: tuple[Account, list[dict[str, Any]]],
) -> None:
    account, log = busy
    tokens = {item["token_id"] for item in account.call("GET", "/api/tokens").json["items"]}
    keys = {item["key_id"] for item in account.call("GET", "/api/keys").json["items"]}
    assert {entry["token_id"] for entry in log} == tokens | {None}
    assert {entry["key_id"] for entry in log} == keys
    for token_id in tokens:
        wanted = [entry for entry in log if entry["token_id"] == token_id]
        assert requests(account, f"?token_id={token_id}") == wanted


def logged(storage: Storage, account: Account, at: float, path: str) -> None:
    """Write a log entry as the proxy does."""
    entry = LogEntry("r", at, "test", "GET", "api.example", path, 200, 1)
    storage.table.run(storage.log.put_op(account.username, entry))


def test_the_log_is_limited_to_a_time_range(
    user: Account, clock: Clock, environment: dict[str, str]
) -> None:
    storage = storage_of(environment)
    times = [int(clock.now) - 240 + 60 * number for number in range(4)]
    for number, at in enumerate(times):
        logged(storage, user, at, f"/{number}")

    def paths(query: str) -> list[str]:
        return [entry["path"] for entry in requests(user, query)]

    assert paths(f"?start={times[1]}&end={times[3]}") == ["/2", "/1"]
    assert paths(f"?start={times[2]}") == ["/3", "/2"]
    assert paths(f"?end={times[2]}") == ["/1", "/0"]
    assert paths(f"?start={times[2]}&end={times[2]}") == []


def test_an_expired_entry_is_not_shown_although_its_item_exists(
    environment: dict[str, str],
) -> None:
    clock = Clock()
    app = another_app(environment, clock, API_DASHBOARD_REQUEST_LOG_DAYS="1")
    account = Account(lambda_client(app))
    storage = storage_of(environment)
    for number in range(3):
        logged(storage, account, clock.now, f"/{number}")
        clock.now += 10
    page = account.call("GET", "/api/requests?limit=1").json
    assert [entry["path"] for entry in page["items"]] == ["/2"]
    clock.now += DAY - 15
    account.sign_in()
    assert [entry["path"] for entry in requests(account)] == ["/2"]
    clock.now += DAY
    account.sign_in()
    assert requests(account) == []
    late = account.call("GET", f"/api/requests?limit=1&cursor={page['next_cursor']}")
    assert late.status == 200, late.body
    assert late.json == {"items": [], "next_cursor": None}


def test_s27_the_log_contains_no_query_headers_or_bodies(account: Account, place: Place) -> None:
    account.key(place)
    token = account.token()
    kinds = ("query", "header", "body", "back", "field")
    marks = {kind: f"mark{kind}{secrets.token_hex(6)}" for kind in kinds}
    place.answer(Answer(headers=[("X-Back", marks["field"])], body=marks["back"].encode()))
    answer = account.proxied(
        token, f"/proxy/test/v1/x?secret={marks['query']}", "POST",
        [("X-Mine", marks["header"]), ("User-Agent", marks["header"])], marks["body"].encode(),
    )  # fmt: skip
    assert answer.status == 200
    (entry,) = requests(account)
    assert set(entry) == {
        "request_id", "at", "api_name", "method", "host", "path", "status", "duration_ms",
        "upstream_ms", "bytes_in", "bytes_out", "token_id", "key_id", "problem",
        "rehearsed", "time_limit", "websocket", "messages_in", "messages_out",
        "client", "model", "cost_usd", "cost_basis", "units", "oddities",
    }  # fmt: skip
    assert (entry["path"], entry["client"]) == ("/v1/x", "other")
    assert entry["request_id"] == answer.get("x-request-id")
    text = repr(entry) + repr(stats(account)) + repr(account.call("GET", "/api/rate-limits").json)
    for mark in (*marks.values(), token):
        assert mark not in text


def test_a_token_or_a_secret_in_the_path_is_not_in_the_log(account: Account, place: Place) -> None:
    account.key(
        place, secret="12345:abc-DEF-0123456789", auth={"scheme": "path", "name": "token"},
        base_url=place.url + "/bot{token}",
    )  # fmt: skip
    token = account.token()
    answer = account.client.request("GET", f"/proxy/test/bot{token}/getMe")
    assert answer.status == 200, answer.body
    assert place.path() == "/bot12345:abc-DEF-0123456789/getMe"
    (entry,) = requests(account)
    assert token not in repr(entry) and "12345:abc" not in repr(entry)


def test_status_is_public_and_short(owner: Account) -> None:
    answer = owner.client.call("GET", "/api/status")
    assert answer.status == 200
    members = {"status", "version", "sign_up", "time", "scheduled_checks", "closed"}
    assert set(answer.json) == members
    assert answer.json["closed"] is None
    assert answer.json["status"] == "ok"
