"""What a proxied request costs, with much stored: round trips in sequence, and capacity units."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from api.credentials import AuthScheme
from api.proxy.quota import Observation, Window
from api.proxy.recording import MOST_TOKENS, Outcome, Recorder, loggable
from api.secret import Secret
from api.services.cipher import Cipher
from api.settings import read_settings, require_secrets
from api.storage.keys import StoredKey
from api.storage.pools import KeyState, Policy
from api.storage.requests import LogEntry
from api.storage.users import User
from api.wiring import Storage, build_app, build_storage
from tests.support.accounts import Account, problem
from tests.support.capacity import READ_UNIT, WRITE_UNIT, item_size, units
from tests.support.clients import Response
from tests.support.doors import keep
from tests.support.in_process import InProcess
from tests.support.recording import RecordingClient
from tests.support.upstream import Answer, Place, Upstream

KEYS = 100
LOG_ITEMS = 10_000
LONG = "n" * 64
"""As long as a username may be."""


class Stocked:
    """A user with many keys and a long log, and the client that records what their calls cost."""

    def __init__(self, settings: Any, upstream: Upstream) -> None:
        self.settings = settings
        self.storage: Storage = build_storage(settings)
        self.trips = RecordingClient(self.storage.table.client)
        self.storage.table.client = self.trips  # type: ignore[assignment]
        app = build_app(settings, storage=self.storage)
        keep(self.storage, app)
        self.client = InProcess(app)
        # Usual names: ten characters, as in `ada-lovela`.
        self.account = Account(self.client, f"ada-{secrets.token_hex(3)}")
        self.upstream = upstream

    def stock(self, place: Place) -> None:
        """100 keys of as many APIs, 100 in one pool, 10,000 log entries."""
        body = {
            "base_url": place.url,
            "auth": {"scheme": "bearer"},
            "secret": "sk-proj-" + "s" * 156,
        }
        for i in range(KEYS):
            for api_name in (f"api-{i}", "pool"):
                answer = self.account.call("POST", "/api/keys", {**body, "api_name": api_name})
                assert answer.status == 201, answer.body
        entry = LogEntry(
            "0123456789abcdef", 0.0, "pool", "GET", "api.example.com:443", "/v1/x", 200, 10
        )
        table = self.storage.table
        now = time.time()

        def write(start: int) -> None:
            entries = [
                msgspec.structs.replace(entry, at=now - (start + i) * 0.5) for i in range(25)
            ]
            puts = [self.storage.log.put_call(self.account.username, one)[1] for one in entries]
            self.trips.unrecorded(
                "BatchWriteItem",
                {"RequestItems": {table.name: [{"PutRequest": {"Item": p["Item"]}} for p in puts]}},
            )

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(write, range(0, LOG_ITEMS, 25)))

    def stored(self, username: str, sort_key: str) -> dict[str, Any]:
        """A raw item."""
        key = {"PK": {"S": f"USER#{username}"}, "SK": {"S": sort_key}}
        table = self.storage.table.name
        return self.trips.unrecorded("GetItem", {"TableName": table, "Key": key})["Item"]

    def cost(self, call: Callable[[], Response]) -> tuple[Response, int, int, int]:
        """The answer of a call, and its trips, read units and write units."""
        self.trips.clear()
        answer = call()
        trips = list(self.trips.trips)
        costs = [units(trip, self.trips) for trip in trips]
        read, written = (sum(part) for part in zip(*costs, strict=True))
        return answer, len(trips), read, written


@pytest.fixture(scope="module")
def place(upstream_server: Upstream) -> Place:
    return upstream_server.place(secrets.token_hex(6))


@pytest.fixture(scope="module")
def stocked(
    environment: dict[str, str], upstream_server: Upstream, place: Place
) -> Iterator[Stocked]:
    made = Stocked(read_settings(environment), upstream_server)
    made.stock(place)
    yield made


HEADERS = [
    ("Content-Type", "application/json"),
    ("x-ratelimit-limit-requests", "10000"),
    ("x-ratelimit-remaining-requests", "9999"),
    ("x-ratelimit-reset-requests", "8.64s"),
    ("x-ratelimit-limit-tokens", "200000"),
    ("x-ratelimit-remaining-tokens", "199987"),
    ("x-ratelimit-reset-tokens", "3ms"),
]


def streamed() -> Iterator[bytes]:
    for i in range(5):
        yield b'data: {"part": %d}\n\n' % i


ANSWERS = {
    "whole": Answer(headers=HEADERS),
    "stream": Answer(headers=HEADERS, pieces=streamed),
    "upstream's error": Answer(status=500, headers=HEADERS),
}


@pytest.mark.parametrize("answer", list(ANSWERS))
@pytest.mark.parametrize(
    ("api_name", "limits"),
    [
        ("api-7", "none"),
        ("api-8", "token"),
        ("api-9", "policy"),
        ("api-10", "both"),
        ("pool", "none"),
        ("pool", "both"),
    ],
)
def test_a_proxied_request_is_two_trips_two_read_units_and_two_write_units(
    stocked: Stocked, place: Place, api_name: str, limits: str, answer: str
) -> None:
    account = stocked.account
    bound = {"limit": 100, "window": 3600} if limits in ("token", "both") else {}
    token = account.token([api_name], **bound)
    if limits in ("policy", "both"):
        assert (
            account.call(
                "PUT", f"/api/rate-limits/{api_name}", {"limit": 100, "window": 3600}
            ).status
            == 200
        )
    place.answer(ANSWERS[answer])
    path = f"/proxy/{api_name}/v1/{'x' * 300}"
    try:
        for _ in range(2):
            given, trips, read, written = stocked.cost(lambda: account.proxied(token, path))
            assert given.status == ANSWERS[answer].status
            assert trips <= 2
            assert read <= 2
            assert written <= 2 + {"none": 0, "token": 1, "policy": 1, "both": 2}[limits]
    finally:
        account.call("DELETE", f"/api/rate-limits/{api_name}")


NARROW = {"limit": 1, "window": 3600}
WIDE = {"limit": 100, "window": 3600}


@pytest.mark.parametrize(
    ("api_name", "of_token", "of_policy"),
    [
        ("api-20", NARROW, {}),
        ("api-21", {}, NARROW),
        ("api-22", NARROW, WIDE),
        ("api-23", WIDE, NARROW),
    ],
)
def test_a_refusal_by_a_limit_costs_no_more_than_the_request_it_refuses(
    stocked: Stocked,
    place: Place,
    api_name: str,
    of_token: dict[str, int],
    of_policy: dict[str, int],
) -> None:
    account = stocked.account
    place.answer(ANSWERS["whole"])
    path = f"/proxy/{api_name}/v1/x"
    token = account.token([api_name], **of_token)
    if of_policy:
        assert account.call("PUT", f"/api/rate-limits/{api_name}", of_policy).status == 200
    assert account.proxied(token, path).status == 200
    received = len(place.received)
    for turn in range(3):
        given, trips, read, written = stocked.cost(lambda: account.proxied(token, path))
        problem(given, 429, "token_rate_limited" if of_token is NARROW else "rate_limited")
        assert len(place.received) == received
        assert trips <= 2
        assert read <= 2
        # The first refusal of a window gives back what it took of the other limit.
        given_back = turn == 0 and bool(of_token) and bool(of_policy)
        assert written <= 2 + bool(of_token) + bool(of_policy) + given_back


def test_with_more_tokens_than_an_hour_remembers_a_request_costs_no_more(
    stocked: Stocked, place: Place
) -> None:
    account = stocked.account
    place.answer(ANSWERS["whole"])
    for token in [account.token(["api-30"]) for _ in range(MOST_TOKENS + 3)]:
        assert account.proxied(token, "/proxy/api-30/x").status == 200
        _, *cost = stocked.cost(lambda token=token: account.proxied(token, "/proxy/api-30/x"))
        assert cost == [2, 2, 2]
    listed = account.call("GET", "/api/tokens?limit=100").json["items"]
    used = [token["last_used_at"] for token in listed if token["apis"] == ["api-30"]]
    assert len(used) == MOST_TOKENS + 3 and None not in used


@pytest.mark.parametrize(
    ("members", "path", "status"),
    [
        ({"methods": ["POST"]}, "/proxy/pool/v1/x", 403),
        ({}, "/proxy/unknown/v1/x", 404),
        ({}, "/proxy/pool/v1/../../x", 400),
    ],
)
def test_other_refusals_cost_no_more(
    stocked: Stocked, members: dict[str, Any], path: str, status: int
) -> None:
    token = stocked.account.token(**members)
    stocked.account.proxied(token, path)
    given, trips, read, written = stocked.cost(lambda: stocked.account.proxied(token, path))
    assert given.status == status
    assert (trips <= 2, read <= 2, written <= 2) == (True, True, True)


def test_a_token_that_this_server_did_not_make_costs_nothing(stocked: Stocked) -> None:
    token = stocked.account.token()
    stocked.trips.clear()
    forged = token[:-8] + ("a" if token[-8] != "a" else "b") + token[-7:]
    assert stocked.account.proxied(forged, "/proxy/pool/x").status == 401
    assert stocked.trips.trips == []


LONGEST_ENTRY = LogEntry(
    request_id="0123456789abcdef",
    at=1_780_000_200.125,
    api_name="a" * 48,
    method="OPTIONS",
    host=f"{'h' * 253}:65535",
    path=loggable("/" + "x" * 3000),
    status=503,
    duration_ms=3_600_000,
    upstream_ms=3_600_000,
    bytes_in=10**12,
    bytes_out=10**12,
    token_id="t" * 13,
    key_id="a" * 48 + "." + "k" * 16,
    problem="authentication_required",
)


def test_the_longest_log_entry_is_one_write_unit_and_keeps_300_characters_of_its_path(
    stocked: Stocked,
) -> None:
    _, payload = stocked.storage.log.put_call(LONG, LONGEST_ENTRY)
    assert item_size(payload["Item"]) <= WRITE_UNIT
    assert len(payload["Item"]["path"]["S"]) >= 300
    usual = msgspec.structs.replace(LONGEST_ENTRY, host="api.openai.com:443", api_name="openai")
    _, payload = stocked.storage.log.put_call("ada", usual)
    assert item_size(payload["Item"]) <= WRITE_UNIT
    assert payload["Item"]["path"]["S"] == usual.path


def test_the_fullest_rate_limit_item_is_one_write_unit(stocked: Stocked) -> None:
    """Every counter used, ten tokens in the hour, many long windows, the longest names."""
    storage = stocked.storage
    recorder = Recorder(
        storage.table, storage.usage, storage.log, storage.pools, storage.tokens, time.time
    )
    windows = tuple(
        Window(f"long-window-name-{i}", 10**12, 10**12 - 1, 1_780_000_200, 86_400) for i in range(8)
    )
    moments = [1, 2, 4, 7, 10, 15, 20, 30, 45, 65, 100, 150, 220, 330, 500, 750, 1100, 1600]
    moments += [2400, 3600, 5400, 8000, 12_000, 18_000, 30_000, 60_000, 3_600_000]
    problems = {429: "rate_limited", 502: "connect_failed"}
    for position, duration in enumerate(moments):
        status = (200, 301, 404, 429, 502)[position % 5]
        entry = msgspec.structs.replace(
            LONGEST_ENTRY,
            duration_ms=duration,
            status=status,
            problem=problems.get(status),
            token_id=f"{position % 10}" * 13,
        )
        recorder.record(LONG, Outcome(entry, Observation(windows)))
    item = stocked.stored(LONG, "RATELIMIT#" + "a" * 48)
    assert len([name for name in item if name.startswith("t_")]) == MOST_TOKENS
    assert sum(name.startswith("u_l") for name in item) == 27
    assert {"u_n", "u_ms", "u_bi", "u_bo", "u_r", "u_f", "u_s2", "u_s5", "windows"} <= set(item)
    assert item_size(item) <= WRITE_UNIT


@pytest.mark.parametrize(
    ("length", "username_length", "inline"),
    [(51, 10, 6), (164, 10, 6), (164, 64, 5), (2000, 10, 1)],
)
def test_the_pool_item_of_usual_secrets_is_one_read_unit(
    stocked: Stocked, length: int, username_length: int, inline: int
) -> None:
    """OpenAI's older keys have 51 characters, those of projects 164."""
    name = secrets.token_hex(32)[:username_length]
    storage = stocked.storage
    cipher = Cipher(require_secrets(stocked.settings)[1])
    storage.users.create(User(name, "hash", "u@example.com", 0), name)
    keys = []
    for i in range(8):
        key_id = f"openai.{i:016d}"
        sealed = cipher.seal(name, key_id, Secret("s" * length))
        keys.append(
            StoredKey(
                key_id, "openai", "https://api.openai.com", AuthScheme("bearer"), sealed, "…ssss",
                0, 0, provider="openai", rate_limit="openai",
            )
        )  # fmt: skip
        storage.keys.create(name, keys[-1:])
    storage.pools.set_policy(name, "openai", Policy(10**9, 31_536_000, 1_780_000_200))
    pool = storage.pools.get(name, "openai")
    assert pool is not None and len(pool.keys) == inline and pool.more
    for key in pool.keys:
        state = KeyState("exhausted", 1_780_000_200)
        storage.table.run(storage.pools.set_state_call(name, "openai", key.key_id, state))
    assert item_size(stocked.stored(name, "API#openai")) <= READ_UNIT
