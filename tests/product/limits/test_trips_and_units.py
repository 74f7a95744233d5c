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
from api.proxy.call_context import KeyReading, loggable_path
from api.proxy.key_state_cache import KeyStateCache
from api.proxy.recording import MAX_LISTED_TOKENS, CallRecord
from api.quota.key_state import KeyState
from api.quota.windows import QuotaReading, QuotaWindow
from api.secret import Secret
from api.services.keys.cipher import Cipher
from api.settings import read_settings, require_secrets
from api.storage.keys import StoredKey
from api.storage.limits import sort_key
from api.storage.policies import Policy
from api.storage.quota_codec import decode_quota, encode_quota
from api.storage.requests import LogEntry
from api.storage.reservations import Reservation
from api.storage.users import User
from api.wiring import Storage, build_app, build_recorder, build_storage
from tests.support.accounts import Account, problem
from tests.support.capacity import READ_UNIT, WRITE_UNIT, item_size, units
from tests.support.clients import Response
from tests.support.in_process import InProcess
from tests.support.products import keep
from tests.support.recording import RecordingClient
from tests.support.upstream import Answer, Place, Received, Upstream

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
            puts = [self.storage.log.put_op(self.account.username, one)[1] for one in entries]
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


@pytest.mark.parametrize("caller", ["with a reservation", "without one"])
@pytest.mark.parametrize(("api_name", "of_token"), [("api-40", 0), ("pool", 1)])
def test_five_reservations_and_a_rehearsal_cost_no_trip_and_no_unit_more_than_the_policy(
    stocked: Stocked, place: Place, api_name: str, of_token: int, caller: str
) -> None:
    account = stocked.account
    bound = {"limit": 100, "window": 3600} if of_token else {}
    tokens = [
        account.token_details([api_name], rehearsal={"share": 0.000001}, **bound) for _ in range(6)
    ]
    limit = {"limit": 10**9, "window": 3600}
    assert account.call("PUT", f"/api/rate-limits/{api_name}", limit).status == 200
    for token in tokens[:5]:
        path = f"/api/rate-limits/{api_name}/reservations/{token['token_id']}"
        assert account.call("PUT", path, {"amount": 10**8}).status == 200
    place.answer(ANSWERS["whole"])
    token = tokens[0 if caller == "with a reservation" else 5]["token"]
    path = f"/proxy/{api_name}/v1/{'x' * 300}"
    try:
        assert account.proxied(token, path).status == 200
        for _ in range(2):
            given, *cost = stocked.cost(lambda: account.proxied(token, path))
            assert (given.status, cost) == (200, [2, 2, 2 + 1 + of_token])
    finally:
        account.call("DELETE", f"/api/rate-limits/{api_name}")


def test_the_fullest_window_of_five_reservations_is_one_write_unit(stocked: Stocked) -> None:
    reservations = tuple(Reservation(f"{i}" * 13, i, 10**8, None) for i in range(5))
    policy = Policy(10**9, 31_536_000, 1_780_000_200.125, reservations)
    limits = stocked.storage.limits
    for token_id in (None, "0" * 13):
        allowance = policy.allowance("a" * 48, token_id, 0)
        stocked.storage.table.run(limits.take_op(LONG, allowance, 1_780_000_300))
    item = stocked.stored(LONG, sort_key(allowance, 1_780_000_300))
    assert sum(name.startswith("m") for name in item) == 31
    for name in item:
        if name == "used" or name.startswith("m"):
            item[name] = {"N": "999999999"}
    assert item_size(item) <= WRITE_UNIT


def test_a_rehearsed_refusal_costs_no_more_than_a_call(stocked: Stocked, place: Place) -> None:
    token = stocked.account.token(["api-41"], rehearsal={"share": 1})
    received = len(place.received)
    for _ in range(2):
        given, *cost = stocked.cost(lambda: stocked.account.proxied(token, "/proxy/api-41/x"))
        assert (given.status, cost) == (429, [2, 2, 2])
    assert len(place.received) == received


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
    for token in [account.token(["api-30"]) for _ in range(MAX_LISTED_TOKENS + 3)]:
        assert account.proxied(token, "/proxy/api-30/x").status == 200
        _, *cost = stocked.cost(lambda token=token: account.proxied(token, "/proxy/api-30/x"))
        assert cost == [2, 2, 2]
    listed = account.call("GET", "/api/tokens?limit=100").json["items"]
    used = [token["last_used_at"] for token in listed if token["apis"] == ["api-30"]]
    assert len(used) == MAX_LISTED_TOKENS + 3 and None not in used


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


SPENT = Answer(429, [("Retry-After", "3000")], b"slow down")


def own_pool(stocked: Stocked, place: Place, keys: int) -> str:
    """The name of an API with a pool of its own, of a place whose keys are told apart."""
    api_name = f"p{secrets.token_hex(4)}"
    for number in range(keys):
        body = {"base_url": place.url, "auth": {"scheme": "bearer"}, "api_name": api_name,
                "secret": f"sk-{number}-" + "s" * 156}  # fmt: skip
        assert stocked.account.call("POST", "/api/keys", body).status == 201
    return api_name


def test_a_second_try_after_a_429_costs_no_trip(stocked: Stocked, place: Place) -> None:
    api_name = own_pool(stocked, place, 2)
    token = stocked.account.token([api_name])
    path = f"/proxy/{api_name}/x"
    answers = iter([SPENT, Answer(), *[Answer()] * 9])
    place.behaviour = lambda _received, _socket: next(answers)
    before = len(place.received)

    given, *cost = stocked.cost(lambda: stocked.account.proxied(token, path))

    assert (given.status, len(place.received) - before) == (200, 2)
    pool = item_size(stocked.stored(stocked.account.username, f"API#{api_name}"))
    assert cost == [2, 2, 2 + -(-pool // WRITE_UNIT)], "the pool item remembers the spent key"
    for _ in range(2):
        given, *cost = stocked.cost(lambda: stocked.account.proxied(token, path))
        assert (given.status, cost) == (200, [2, 2, 2])


def test_a_pool_of_any_size_costs_no_more_when_its_first_keys_are_spent(
    stocked: Stocked, place: Place
) -> None:
    api_name = own_pool(stocked, place, 20)
    token = stocked.account.token([api_name])
    path = f"/proxy/{api_name}/x"
    asked: set[str] = set()

    def seven_spent(received: Received, _socket: object) -> Answer:
        asked.add(received.get("Authorization") or "")
        return SPENT if len(asked) <= 7 else Answer()

    place.behaviour = seven_spent
    while len(asked) < 8:
        stocked.account.proxied(token, path)
    place.answer(Answer())
    for _ in range(4):
        given, *cost = stocked.cost(lambda: stocked.account.proxied(token, path))
        assert (given.status, cost) == (200, [2, 2, 2])

    place.answer(SPENT)
    while (given := stocked.account.proxied(token, path)).get("Proxy-Status") is None:
        pass
    for _ in range(3):
        given, *cost = stocked.cost(lambda: stocked.account.proxied(token, path))
        problem(given, 429, "keys_exhausted")
        assert cost == [2, 2, 2]


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
    path=loggable_path("/" + "x" * 3000),
    status=503,
    duration_ms=3_600_000,
    upstream_ms=3_600_000,
    bytes_in=10**12,
    bytes_out=10**12,
    token_id="t" * 13,
    key_id="a" * 48 + "." + "k" * 16,
    problem="authentication_required",
    rehearsed=True,
)


def test_the_longest_log_entry_is_one_write_unit_and_keeps_300_characters_of_its_path(
    stocked: Stocked,
) -> None:
    _, payload = stocked.storage.log.put_op(LONG, LONGEST_ENTRY)
    assert item_size(payload["Item"]) <= WRITE_UNIT
    assert len(payload["Item"]["path"]["S"]) >= 300
    usual = msgspec.structs.replace(LONGEST_ENTRY, host="api.openai.com:443", api_name="openai")
    _, payload = stocked.storage.log.put_op("ada", usual)
    assert item_size(payload["Item"]) <= WRITE_UNIT
    assert payload["Item"]["path"]["S"] == usual.path


@pytest.mark.parametrize("keys", [1, 2, 3, 6])
@pytest.mark.parametrize("username", ["ada-lovela", LONG])
def test_the_fullest_rate_limit_item_is_one_write_unit(
    stocked: Stocked, username: str, keys: int
) -> None:
    """Every counter at a million, all tokens in the hour, many long windows of every key."""
    storage = stocked.storage
    recorder = build_recorder(storage, KeyStateCache(time.time), time.time)
    windows = tuple(
        QuotaWindow(
            f"long-window-name-{i}", 10**12, 10**12 - 1, 1_780_000_200, 86_400, None, 123_456.7
        )
        for i in range(8)
    )
    api_name = "a" * 47 + str(keys)
    moments = [1, 2, 4, 7, 10, 15, 20, 30, 45, 65, 100, 150, 220, 330, 500, 750, 1100, 1600]
    moments += [2400, 3600, 5400, 8000, 12_000, 18_000, 30_000, 60_000, 3_600_000]
    problems = {429: "rate_limited", 502: "connect_failed"}
    for position, duration in enumerate(moments):
        status = (200, 301, 404, 429, 502)[position % 5]
        slot = position % keys
        entry = msgspec.structs.replace(
            LONGEST_ENTRY,
            api_name=api_name,
            duration_ms=duration,
            status=status,
            problem=problems.get(status),
            rehearsed=position == 0,
            token_id=f"{position % 10}" * 13,
        )
        key_id = f"{api_name}.{slot}aaaaaaaaaaaaaaa"
        seen = KeyReading(key_id, slot, keys, QuotaReading(windows))
        recorder.record(username, CallRecord(entry, (seen,)))
    item = stocked.stored(username, f"RATELIMIT#{api_name}")
    assert len([name for name in item if name.startswith("t_")]) == MAX_LISTED_TOKENS
    assert sum(name.startswith("u_l") for name in item) == 27
    expected = {"u_n", "u_ms", "u_bi", "u_bo", "u_r", "u_f", "u_h", "u_s2", "u_s5", f"w{keys - 1}"}
    assert expected <= set(item)
    for name in item:
        if name.startswith("u_") and int(item[name]["N"]) < 10**6:
            item[name] = {"N": "1234567"}
    assert item_size(item) <= WRITE_UNIT


@pytest.mark.parametrize(("keys", "windows"), [(1, 5), (2, 3), (3, 2), (6, 1)])
def test_usual_windows_of_each_key_fit_the_rate_limit_item(keys: int, windows: int) -> None:
    usual = [QuotaWindow("requests", 10_000, 9_999, 1_780_000_200, consumption_rate=12.5)] * 8
    text = encode_quota("ada", "openai", "k" * 8, usual, keys, 1_780_000_200)
    assert decode_quota(text).windows[0] == usual[0]
    assert len(decode_quota(text).windows) >= windows


def test_where_not_all_windows_fit_those_with_least_left_stay() -> None:
    """As Anthropic names them, in the order of its answer, with six keys."""
    left = {"requests": 3_999, "tokens": 390_000, "input-tokens": 300_000, "output-tokens": 7}
    windows = [QuotaWindow(name, 400_000, n, 1_780_000_200) for name, n in left.items()]
    kept = []
    for keys in (1, 3, 6):
        text = encode_quota("ada", "claude", "k" * 8, windows, keys, 1_780_000_200)
        kept.append([window.name for window in decode_quota(text).windows])
    assert kept == [list(left), ["requests", "output-tokens"], ["output-tokens"]]


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
        sealed = cipher.encrypt(name, key_id, Secret("s" * length))
        keys.append(
            StoredKey(
                key_id, "openai", "https://api.openai.com", AuthScheme("bearer"), sealed, "…ssss",
                0, 0, provider="openai", rate_limit_dialect="openai",
            )
        )  # fmt: skip
        storage.keys.create(name, keys[-1:])
    reservations = tuple(
        Reservation(f"{slot}" * 13, slot, 10**9, None, 1_780_000_200) for slot in range(5)
    )
    policy = Policy(10**9, 31_536_000, 1_780_000_200.125, reservations, 1000)
    storage.quotas.replace(name, "openai", None, policy)
    pool = storage.pools.get(name, "openai")
    assert pool is not None
    storage.table.run(storage.pools.rest_op(name, pool, 1_780_000_200))
    counted = storage.table.update_op(
        f"USER#{name}", "API#openai", "SET changes = :many", {":many": 99_999}
    )
    storage.table.run(counted)
    assert len(pool.keys) == inline and pool.has_overflow
    for key in pool.keys:
        state = KeyState("exhausted", 1_780_000_200, 1_780_000_000, 429)
        storage.table.run(storage.pools.set_state_op(name, "openai", key, state))
    assert item_size(stocked.stored(name, "API#openai")) <= READ_UNIT
