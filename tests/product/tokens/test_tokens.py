"""Personal access tokens: format, storage, revocation, expiry and their own limit (S19)."""

from __future__ import annotations

import re
import secrets
import zlib
from typing import Any

import pytest

from api.secret import Secret
from api.services.token_codec import TokenCodec
from api.wiring import Storage
from tests.support.accounts import Account, problem
from tests.support.clients import Client
from tests.support.products import Clock, another_app, lambda_client
from tests.support.upstream import Place

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int, width: int) -> str:
    """Return a number in base 36, padded with zeros."""
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = DIGITS[rest] + text
    return text.rjust(width, "0")


def test_s19_a_token_can_be_recognised_offline(owner: Account) -> None:
    for text in (owner.token(), owner.token(limit=5, window=60)):
        assert re.fullmatch(r"apd_[0-9a-z]{67,300}", text)
        assert text[-7:] == base36(zlib.crc32(text[:-7].encode()), 7)
        assert owner.username not in text


def test_s19_tokens_differ_in_at_least_128_random_bits() -> None:
    codec = TokenCodec(Secret("k" * 32))
    bodies = []
    for _ in range(64):
        text = codec.encode("ada", 0, None, None)[1]
        bodies.append(int(text[4:-7], 36).to_bytes(200, "big"))
    length = max(200 - next(i for i, byte in enumerate(body) if byte) for body in bodies)
    columns = [{body[-position] for body in bodies} for position in range(1, length + 1)]
    # The last 16 bytes are the MAC, which is random because the signed data is.
    assert sum(len(column) > 16 for column in columns[16:]) >= 16


def test_s19_a_token_is_shown_once_and_only_its_hash_is_stored(
    owner: Account, storage: Storage
) -> None:
    made = owner.token_details(["test"], name="ci", methods=["GET"], path_prefixes=["/v1"])
    assert set(made) == {
        "token_id", "token", "name", "hint", "apis", "methods", "path_prefixes", "created_at",
        "expires_in",
        "expires_at", "limit", "window", "last_used_at", "clients", "expired", "rehearsal",
        "reservations", "allowed_ips", "previous", "networks",
    }  # fmt: skip
    listed = next(
        item
        for item in owner.call("GET", "/api/tokens?limit=200").json["items"]
        if item["token_id"] == made["token_id"]
    )
    assert listed == {name: value for name, value in made.items() if name != "token"}
    assert made["hint"] == "…" + made["token"][-4:]
    item = storage.table.get(f"USER#{owner.username}", f"TOKEN#{made['token_id']}")
    assert item is not None and re.fullmatch(r"[0-9a-f]{64}", item["token_hash"])
    assert made["token"][4:-7] not in repr(item)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda text: text[:20] + ("a" if text[20] != "a" else "b") + text[21:],
        lambda text: text[:-7],
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text.upper(),
        lambda text: "APD_" + text[4:],
        lambda text: "ghp_" + text[4:],
        lambda text: with_checksum(text[:20] + ("a" if text[20] != "a" else "b") + text[21:-7]),
        lambda text: with_checksum(text[:-8] + ("a" if text[-8] != "a" else "b")),
        lambda text: with_checksum("apd_0" + text[4:-7]),
        lambda text: with_checksum("apd_" + "z" * 120),
        lambda text: with_checksum("apd_" + "0" * 90),
    ],
)
def test_s19_a_changed_token_is_refused(owner: Account, shared: Place, change: Any) -> None:
    before = len(shared.received)
    changed = change(owner.token())
    document = problem(owner.proxied(changed), 401, "authentication_required")
    assert ("did not issue" in document["detail"]) is ("apd_" in changed)
    assert len(shared.received) == before


def with_checksum(text: str) -> str:
    """Return the text with a correct checksum, which anybody can compute."""
    return text + base36(zlib.crc32(text.encode()), 7)


def test_s19_a_token_signed_with_another_secret_is_refused(owner: Account, shared: Place) -> None:
    forged = TokenCodec(Secret(secrets.token_hex(32))).encode(owner.username, 0, None, None)[1]
    problem(owner.proxied(forged), 401, "authentication_required")


def test_s19_a_signed_token_that_was_never_stored_is_refused(
    owner: Account, shared: Place, environment: dict[str, str]
) -> None:
    """A token needs its stored hash, even if it is signed with the right secret."""
    codec = TokenCodec(Secret(environment["JWT_SECRET_KEY"]))
    problem(
        owner.proxied(codec.encode(owner.username, 0, None, None)[1]),
        401,
        "authentication_required",
    )
    assert shared.received is not None


def test_s19_a_token_is_only_valid_at_the_proxy(owner: Account, shared: Place) -> None:
    token = owner.token()
    for method, path in (("GET", "/api/me"), ("GET", "/api/keys"), ("POST", "/api/tokens"),
                         ("GET", "/api/tokens"), ("DELETE", "/api/me"), ("GET", "/api/requests"),
                         ("PUT", "/api/rate-limits/test")):  # fmt: skip
        problem(owner.client.call(method, path, {}, token), 403, "token_not_allowed_here")
    for call in ("refresh", "logout"):
        answer = owner.client.call("POST", f"/api/auth/{call}", {"refresh_token": token})
        problem(answer, 401, "invalid_refresh_token")
    assert owner.proxied(token).status == 200


def test_s19_a_revoked_token_ends_at_once(client: Client, place: Place) -> None:
    account = Account(client)
    account.key(place)
    first, second = account.token_details(), account.token_details()
    for _ in range(3):
        assert account.proxied(first["token"]).status == 200
    assert account.call("DELETE", f"/api/tokens/{first['token_id']}").status == 204
    for _ in range(3):
        problem(account.proxied(first["token"]), 401, "authentication_required")
    assert len(place.received) == 3
    assert account.proxied(second["token"]).status == 200
    again = account.call("DELETE", f"/api/tokens/{first['token_id']}")
    problem(again, 404, "token_not_found")


def test_s19_a_token_can_use_only_its_owners_keys(client: Client, place: Place) -> None:
    owner, stranger = Account(client), Account(client)
    owner.key(place)
    problem(stranger.proxied(stranger.token()), 404, "unknown_api")
    assert place.received == []


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"apis": None}, "apis"), ({"apis": "*"}, "apis"),
        ({"apis": ["*", "test"]}, "apis"), ({"apis": ["Test"]}, "apis"),
        ({"apis": ["a/b"]}, "apis"),
        ({"apis": ["test\n"]}, "apis"), ({"apis": [1]}, "apis"), ({"apis": ["a"] * 101}, "apis"),
        ({"name": ""}, "name"), ({"name": "  "}, "name"), ({"name": "a\nb"}, "name"),
        ({"name": "\u202eevil"}, "name"), ({"name": "x" * 101}, "name"), ({"name": 1}, "name"),
        ({"methods": ["get"]}, "methods"), ({"methods": ["TRACE"]}, "methods"),
        ({"methods": ["CONNECT"]}, "methods"), ({"methods": "GET"}, "methods"),
        ({"path_prefixes": ["v1"]}, "path_prefixes"), ({"path_prefixes": [""]}, "path_prefixes"),
        ({"path_prefixes": ["/a b"]}, "path_prefixes"),
        ({"path_prefixes": ["/a\n"]}, "path_prefixes"),
        ({"path_prefixes": ["/\u00e9"]}, "path_prefixes"),
        ({"path_prefixes": ["/" + "x" * 300]}, "path_prefixes"),
        ({"path_prefixes": ["/v1/.."]}, "path_prefixes"),
        ({"path_prefixes": ["/."]}, "path_prefixes"),
        ({"path_prefixes": ["/v1", "/%2E./x"]}, "path_prefixes"),
        ({"expires_in": 0}, "expires_in"), ({"expires_in": -1}, "expires_in"),
        ({"expires_in": 1e18}, "expires_in"),
        ({"expires_in": 10**30}, "expires_in"), ({"expires_in": "3600"}, "expires_in"),
        ({"expires_in": True}, "expires_in"), ({"expires_in": 60.5}, "expires_in"),
        ({"limit": 5}, "window"), ({"window": 60}, "limit"),
        ({"limit": 0, "window": 60}, "limit"), ({"limit": 5, "window": 0}, "window"),
        ({"limit": -1, "window": 60}, "limit"), ({"limit": 10**12, "window": 60}, "limit"),
        ({"limit": 5, "window": 10**9}, "window"),
        ({"token": "apd_x"}, "token"), ({"token_hash": "x"}, "token_hash"),
        ({"created_at": 1}, "created_at"), ({"expires_at": 1}, "expires_at"),
    ],
)  # fmt: skip
def test_s24_s26_invalid_fields_of_a_new_token_are_refused(
    owner: Account, members: dict[str, Any], field: str
) -> None:
    answer = owner.call("POST", "/api/tokens", {"name": "t", "apis": ["test"], **members})
    document = problem(answer, 422, "invalid_field")
    assert re.split(r"[.\[]", document["field"])[0] == field, document
    assert "regex" not in document["detail"]


def test_a_prefix_may_contain_dots_that_are_not_a_segment(owner: Account) -> None:
    made = owner.token_details(["test"], path_prefixes=["/v1/a..b/.well-known/..."])
    assert made["path_prefixes"] == ["/v1/a..b/.well-known/..."]


def test_a_token_without_apis_can_call_nothing(owner: Account) -> None:
    made = owner.call("POST", "/api/tokens", {"name": "t"}).json
    assert made["apis"] == []
    problem(owner.proxied(made["token"]), 403, "token_scope")


def test_s19_an_expired_token_is_refused_and_shown_as_expired(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    made = account.token_details(expires_in=60)
    assert made["expires_at"] == int(clock.now) + 60
    clock.now = made["expires_at"] - 0.5
    assert account.proxied(made["token"]).status == 200
    clock.now = made["expires_at"]
    problem(account.proxied(made["token"]), 401, "authentication_required")
    assert len(place.received) == 1
    (listed,) = account.call("GET", "/api/tokens").json["items"]
    assert listed["expired"] is True and made["expired"] is False


def test_the_time_of_the_last_use_is_shown_also_after_the_hour(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    first, second = account.token_details(), account.token_details()
    assert account.proxied(first["token"]).status == 200
    used = int(clock.now)
    clock.now += 3600
    account.access = account.sign_in()["access_token"]
    assert account.proxied(second["token"]).status == 200
    shown = {
        item["token_id"]: item["last_used_at"]
        for item in account.call("GET", "/api/tokens").json["items"]
    }
    assert shown == {first["token_id"]: used, second["token_id"]: int(clock.now)}


def test_a_tokens_limit_counts_the_calls_of_all_apis_in_each_window(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    account.key(place, api_name="other")
    limited = account.token(limit=3, window=100)
    free = account.token()
    for api in ("test", "other", "test"):
        assert account.proxied(limited, f"/proxy/{api}/x").status == 200
    clock.now += 40
    answer = account.proxied(limited, "/proxy/other/x")
    problem(answer, 429, "token_rate_limited")
    assert 59 <= int(answer.get("retry-after") or 0) <= 61
    assert account.proxied(free).status == 200
    assert len(place.received) == 4
    clock.now += 61
    for _ in range(3):
        assert account.proxied(limited).status == 200
    problem(account.proxied(limited), 429, "token_rate_limited")


def test_calls_outside_the_scope_do_not_count_towards_the_limit(
    account: Account, place: Place
) -> None:
    account.key(place)
    token = account.token(["test"], methods=["GET"], limit=2, window=3600)
    for _ in range(4):
        problem(account.proxied(token, method="POST"), 403, "token_scope")
        problem(account.proxied(token, "/proxy/other/x"), 403, "token_scope")
    assert account.proxied(token).status == 200
    assert account.proxied(token).status == 200
    problem(account.proxied(token), 429, "token_rate_limited")
