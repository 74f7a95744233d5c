"""The vault: keys are stored, listed, changed and removed, never shown, and pools are in step."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api.pools import INLINE_KEYS
from api.wiring import Storage
from tests.support.accounts import PASSWORD, Account, problem
from tests.support.clients import Client, Headers, HttpClient, Response
from tests.support.products import storage_of
from tests.support.upstream import Answer, Place, Upstream

MEMBERS = {
    "key_id", "api_name", "provider", "base_url", "auth", "hint", "description", "created_at",
    "updated_at", "state", "state_until", "check",
    "state_since", "state_reason", "check_every", "next_check_at",
}  # fmt: skip


@pytest.fixture(scope="module")
def storage(environment: dict[str, str]) -> Storage:
    """The table under the product."""
    return storage_of(environment)


@pytest.fixture(scope="module", params=["server", "function"])
def owner(request: pytest.FixtureRequest) -> Account:
    """A user whom many tests share; each takes API names of its own."""
    return Account(request.getfixturevalue(request.param))


@pytest.fixture
def api_name() -> str:
    """A name of an API that no other test uses."""
    return f"api-{secrets.token_hex(4)}"


def change(owner: Account, key: dict[str, Any], **members: object) -> Response:
    return owner.call("PATCH", f"/api/keys/{key['key_id']}", members)


def everything(owner: Account, path: str, limit: int) -> list[dict[str, Any]]:
    """All items of a listing, page after page."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = owner.call("GET", f"{path}?limit={limit}{cursor}")
        assert page.status == 200, page.body
        assert len(page.json["items"]) <= limit
        items += page.json["items"]
        if page.json["next_cursor"] is None:
            return items
        cursor = f"&cursor={page.json['next_cursor']}"


# -- storing, reading, changing, removing --------------------------------------------------------


def test_a_key_is_stored_read_changed_and_removed(account: Account, place: Place) -> None:
    key = account.key(place, secret="sk-first-0123456789", description="mine")
    assert set(key) == MEMBERS
    assert key["key_id"].startswith("test.")
    assert (key["api_name"], key["provider"], key["base_url"]) == ("test", None, place.url)
    assert key["auth"]["scheme"] == "bearer"
    assert (key["hint"], key["description"], key["state"]) == ("…6789", "mine", "ready")
    assert key["created_at"] == key["updated_at"]
    assert account.call("GET", f"/api/keys/{key['key_id']}").json == key
    assert account.call("GET", "/api/keys").json == {"items": [key], "next_cursor": None}

    changed = change(account, key, secret="sk-second-abcdefghij", description="yours").json
    assert changed["key_id"] == key["key_id"]
    assert (changed["hint"], changed["description"]) == ("…ghij", "yours")
    assert changed["created_at"] == key["created_at"]
    assert account.proxied(account.token()).status == 200
    assert place.last.get("Authorization") == "Bearer sk-second-abcdefghij"

    assert account.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
    for method in ("GET", "DELETE"):
        problem(account.call(method, f"/api/keys/{key['key_id']}"), 404, "key_not_found")
    problem(change(account, key, description="x"), 404, "key_not_found")
    problem(account.call("POST", f"/api/keys/{key['key_id']}/check"), 404, "key_not_found")
    problem(account.proxied(account.token()), 404, "unknown_api")
    assert len(place.received) == 1


def test_a_provider_brings_everything_but_the_secret(owner: Account) -> None:
    body = {"provider": "openai", "secret": "sk-0123456789abcdef"}
    answer = owner.call("POST", "/api/keys", body)
    assert answer.status == 201, answer.body
    key = answer.json
    assert (key["api_name"], key["provider"]) == ("openai", "openai")
    assert key["base_url"] == "https://api.openai.com"
    assert key["auth"]["scheme"] == "bearer"


def test_every_provider_with_an_address_makes_a_key(owner: Account) -> None:
    providers = everything(owner, "/api/providers", 7)
    assert len(providers) >= 40
    assert len({provider["slug"] for provider in providers}) == len(providers)
    for provider in providers[::6]:
        body: dict[str, Any] = {"provider": provider["slug"], "secret": "secret-0123456789"}
        if provider["base_url"] is None:
            problem(owner.call("POST", "/api/keys", body), 422, "invalid_field")
            continue
        if provider["auth"]["scheme"] == "basic" and not provider["auth"].get("username"):
            body["auth"] = {"scheme": "basic", "username": "me"}
        answer = owner.call("POST", "/api/keys", body)
        assert answer.status == 201, (provider["slug"], answer.body)
        assert answer.json["api_name"] == provider["slug"]


def test_what_is_given_beside_a_provider_goes_before_its_own(owner: Account, place: Place) -> None:
    body = {
        "provider": "openai", "secret": "sk-0123456789abcdef", "base_url": place.url,
        "api_name": "my-openai", "auth": {"scheme": "header", "name": "X-Key"},
    }  # fmt: skip
    key = owner.call("POST", "/api/keys", body).json
    assert (key["api_name"], key["base_url"]) == ("my-openai", place.url)
    assert (key["auth"]["scheme"], key["auth"]["name"]) == ("header", "X-Key")


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"provider": "no-such"}, "provider"),
        ({}, "auth"),
        ({"auth": {"scheme": "bearer"}}, "base_url"),
        ({"base_url": "https://api.openai.com"}, "auth"),
    ],
)
def test_a_key_needs_a_provider_or_an_address_and_a_scheme(
    owner: Account, members: dict[str, Any], field: str
) -> None:
    answer = owner.call("POST", "/api/keys", {"secret": "secret-0123456789", **members})
    problem(answer, 422, "invalid_field", field)


@pytest.mark.parametrize(
    ("auth", "secret"),
    [
        ({"scheme": "bearer"}, "sk-0123456789"),
        ({"scheme": "header", "name": "X-Api-Key"}, "0123456789"),
        ({"scheme": "header", "name": "Authorization", "prefix": "Token "}, "0123456789"),
        ({"scheme": "query", "name": "api_key"}, "0123456789&=+%/ \u00e9"),
        ({"scheme": "basic", "username": "me@example.com"}, "p:ass word"),
    ],
)
def test_every_scheme_is_kept_and_used(
    owner: Account, place: Place, api_name: str, auth: dict[str, str], secret: str
) -> None:
    key = owner.key(place, secret=secret, auth=auth, api_name=api_name)
    shown = {name: value for name, value in key["auth"].items() if value is not None}
    assert shown == auth
    assert owner.call("GET", f"/proxy/{api_name}/x").status == 200


def test_the_path_scheme_fills_a_placeholder(owner: Account, place: Place, api_name: str) -> None:
    key = owner.key(
        place, secret="12345:abc-DEF", auth={"scheme": "path", "name": "token"},
        api_name=api_name, base_url=place.url + "/bot{token}",
    )  # fmt: skip
    assert key["base_url"].endswith("/bot{token}")
    assert owner.call("GET", f"/proxy/{api_name}/getMe").status == 200
    assert place.path() == "/bot12345:abc-DEF/getMe"


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"secret": "a\r\nX-Injected: 1"}, "secret"),
        ({"secret": "a\nb"}, "secret"),
        ({"secret": "a\x00b"}, "secret"),
        ({"secret": "a\x7fb"}, "secret"),
        ({"secret": " lead"}, "secret"),
        ({"secret": "trail "}, "secret"),
        ({"secret": "caf\u00e9"}, "secret"),
        ({"secret": ""}, "secret"),
        ({"secret": "x" * 8193}, "secret"),
        ({"auth": {"scheme": "header", "name": "X-Key: a\r\nB"}}, "auth.name"),
        ({"auth": {"scheme": "header", "name": "X Key"}}, "auth.name"),
        ({"auth": {"scheme": "header", "name": ""}}, "auth.name"),
        ({"auth": {"scheme": "header"}}, "auth.name"),
        ({"auth": {"scheme": "header", "name": "Host"}}, "auth.name"),
        ({"auth": {"scheme": "header", "name": "Content-Length"}}, "auth.name"),
        ({"auth": {"scheme": "header", "name": "Transfer-Encoding"}}, "auth.name"),
        ({"auth": {"scheme": "header", "name": "X-Key", "prefix": "a\r\nb"}}, "auth.prefix"),
        ({"auth": {"scheme": "query"}}, "auth.name"),
        ({"auth": {"scheme": "query", "name": "a&b"}}, "auth.name"),
        ({"auth": {"scheme": "query", "name": "a\nb"}}, "auth.name"),
        ({"auth": {"scheme": "basic"}}, "auth.username"),
        ({"auth": {"scheme": "basic", "username": "a:b"}}, "auth.username"),
        ({"auth": {"scheme": "basic", "username": "a\r\nb"}}, "auth.username"),
        ({"auth": {"scheme": "bearer", "name": "a\r\nb"}}, "auth.name"),
        ({"auth": {"scheme": "digest"}}, "auth.scheme"),
        ({"auth": {"scheme": "bearer", "extra": "x"}}, "auth.extra"),
        ({"auth": "bearer"}, "auth"),
        ({"auth": {"scheme": "path", "name": "token"}}, "base_url"),
    ],
)
def test_s10_what_would_break_http_framing_is_refused_when_stored_and_when_changed(
    owner: Account, place: Place, api_name: str, members: dict[str, Any], field: str
) -> None:
    body = {"base_url": place.url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789abc",
            "api_name": api_name, **members}  # fmt: skip
    problem(owner.call("POST", "/api/keys", body), 422, "invalid_field", field)
    listed = [item["api_name"] for item in everything(owner, "/api/keys", 200)]
    assert api_name not in listed

    key = owner.key(place, api_name=api_name)
    problem(change(owner, key, **members), 422, "invalid_field", field)
    assert owner.call("GET", f"/api/keys/{key['key_id']}").json == key


def test_s10_a_stored_secret_that_a_new_scheme_could_not_carry_keeps_the_old_one(
    owner: Account, place: Place, api_name: str
) -> None:
    key = owner.key(
        place, secret="caf\u00e9 0123456789", auth={"scheme": "query", "name": "k"},
        api_name=api_name,
    )  # fmt: skip
    problem(change(owner, key, auth={"scheme": "bearer"}), 422, "invalid_field", "secret")
    assert owner.call("GET", f"/api/keys/{key['key_id']}").json == key


@pytest.mark.parametrize(
    "name", ["", "Open AI", "OPENAI", "-a", "_a", "a/b", "a.b", "a#b", "a\n", "\u00e9", "a" * 49]
)
def test_an_apis_name_is_a_slug(owner: Account, place: Place, name: str) -> None:
    body = {"base_url": place.url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789abc"}
    problem(
        owner.call("POST", "/api/keys", {**body, "api_name": name}),
        422,
        "invalid_field",
        "api_name",
    )


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/x", "https://10.0.0.1/", "https://169.254.169.254/latest", "ftp://a.example",
     "https://localhost/", "https://[::1]/", "https://user:pw@api.openai.com/", "https://0x7f.1/",
     "https://api.openai.com/a?b=c", "https://api.openai.com/#x", "javascript:alert(1)"],
)  # fmt: skip
def test_s1_s4_addresses_that_may_not_be_called_are_refused_when_stored_and_when_changed(
    owner: Account, place: Place, api_name: str, url: str
) -> None:
    body = {"base_url": url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789abc",
            "api_name": api_name}  # fmt: skip
    problem(owner.call("POST", "/api/keys", body), 422, "upstream_not_allowed", "base_url")
    key = owner.key(place, api_name=api_name)
    answer = change(owner, key, base_url=url, secret="sk-new-0123456789")
    problem(answer, 422, "upstream_not_allowed", "base_url")
    assert owner.call("GET", f"/api/keys/{key['key_id']}").json == key


@pytest.mark.parametrize(
    "member",
    [
        "key_id",
        "encrypted_key",
        "hint",
        "created_at",
        "revision",
        "PK",
        "username",
        "state",
        "check",
    ],
)
def test_s24_only_listed_fields_are_writable(
    owner: Account, place: Place, api_name: str, member: str
) -> None:
    body = {"base_url": place.url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789abc",
            "api_name": api_name, member: "x"}  # fmt: skip
    problem(owner.call("POST", "/api/keys", body), 422, "invalid_field", member)
    key = owner.key(place, api_name=api_name)
    problem(change(owner, key, **{member: "x"}), 422, "invalid_field", member)
    problem(change(owner, key, api_name="other"), 422, "invalid_field", "api_name")
    problem(change(owner, key, provider="openai"), 422, "invalid_field", "provider")
    assert owner.call("GET", f"/api/keys/{key['key_id']}").json == key


@pytest.mark.parametrize("member", ["base_url", "auth", "secret", "description"])
def test_null_is_no_change(owner: Account, place: Place, api_name: str, member: str) -> None:
    key = owner.key(place, api_name=api_name)
    problem(change(owner, key, **{member: None}), 422, "invalid_field", member)


def test_a_new_host_needs_the_secret_again(
    owner: Account, place: Place, api_name: str, tls_upstream_server: Upstream
) -> None:
    other = tls_upstream_server.place(secrets.token_hex(6), "localhost")
    key = owner.key(place, api_name=api_name)
    for url in (other.url, other.url.replace("localhost", "127.0.0.1")):
        problem(change(owner, key, base_url=url), 422, "secret_required", "secret")
        answer = change(owner, key, base_url=url, auth={"scheme": "header", "name": "X-Key"})
        problem(answer, 422, "secret_required", "secret")
    assert owner.call("GET", f"/api/keys/{key['key_id']}").json == key
    assert owner.call("GET", f"/proxy/{api_name}/x").status == 200
    assert other.received == []

    deeper = change(owner, key, base_url=place.url + "/deeper")
    assert deeper.status == 200
    moved = change(owner, key, base_url=other.url, secret="sk-other-0123456789")
    assert moved.status == 200
    assert owner.call("GET", f"/proxy/{api_name}/x").status == 200
    assert other.last.get("Authorization") == "Bearer sk-other-0123456789"


# -- S23, S25: other people's keys and cursors ---------------------------------------------------


def test_s23_foreign_ids_are_not_there(account: Account, owner: Account, place: Place) -> None:
    stranger = Account(account.client)
    key, token = account.key(place), account.token_details()
    assert account.call("PUT", "/api/rate-limits/test", {"limit": 5, "window": 60}).status == 200
    path = f"/api/keys/{key['key_id']}"
    for method, body in (("GET", None), ("PATCH", {"description": "x"}), ("DELETE", None)):
        problem(stranger.call(method, path, body), 404, "key_not_found")
    problem(stranger.call("POST", f"{path}/check"), 404, "key_not_found")
    answer = stranger.call("DELETE", f"/api/tokens/{token['token_id']}")
    problem(answer, 404, "token_not_found")
    for method in ("GET", "DELETE"):
        answer = stranger.call(method, "/api/rate-limits/test")
        problem(answer, 404, "rate_limit_not_found")
    problem(stranger.call("GET", "/proxy/test/x"), 404, "unknown_api")
    assert account.call("GET", path).json == key
    assert account.proxied(token["token"]).status == 200
    del owner


@pytest.mark.parametrize(
    "odd",
    ["x", "..", "%2e%2e", "PROFILE", "test.", "%00", "%0a", "a%23b", "%F0%9F%98%80", "%ff",
     "x" * 3000, "*", "'", "USER%23other", "%2f", "a%2fb", "%E2%80%AE"],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/api/keys/", "/api/tokens/", "/api/sessions/", "/api/rate-limits/"]
)
def test_s23_odd_ids_are_not_there_and_break_nothing(owner: Account, path: str, odd: str) -> None:
    answer = owner.call("DELETE", path + odd)
    assert answer.status in (404, 405, 422), (answer.status, answer.body)
    if path in ("/api/keys/", "/api/rate-limits/"):
        assert owner.call("GET", path + odd).status in (404, 405, 422)
    if path == "/api/keys/":
        assert owner.call("PATCH", path + odd, {"description": "x"}).status in (404, 405, 422)
    if path == "/api/rate-limits/":
        put = owner.call("PUT", path + odd, {"limit": 1, "window": 60})
        assert put.status in (200, 404, 405, 422), put.body
        assert put.status != 200 or odd == "x"


def test_s25_a_listing_is_paged_and_complete(account: Account, place: Place) -> None:
    made = [account.key(place, api_name=f"a{number % 3}")["key_id"] for number in range(11)]
    for limit in (1, 3, 10, 11, 200):
        listed = [item["key_id"] for item in everything(account, "/api/keys", limit)]
        assert sorted(listed) == sorted(made)
    tokens = [account.token_details()["token_id"] for _ in range(5)]
    listed = [item["token_id"] for item in everything(account, "/api/tokens", 2)]
    assert sorted(listed) == sorted(tokens)
    for number in range(5):
        body = {"limit": 5, "window": 60}
        assert account.call("PUT", f"/api/rate-limits/r{number}", body).status == 200
    listed = [item["api_name"] for item in everything(account, "/api/rate-limits", 2)]
    assert listed == [f"r{number}" for number in range(5)]
    for _ in range(3):
        account.sign_in()
    sessions = everything(account, "/api/sessions", 2)
    assert len({item["session_id"] for item in sessions}) == 4


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "1.5", "", "null", "true", "1&limit=2"])
@pytest.mark.parametrize("path", ["/api/keys", "/api/tokens", "/api/requests", "/api/sessions"])
def test_s25_a_pages_size_is_checked(owner: Account, path: str, limit: str) -> None:
    problem(owner.call("GET", f"{path}?limit={limit}"), 422, "invalid_field", "limit")


def test_s25_unknown_parameters_are_refused(owner: Account) -> None:
    for path in ("/api/keys", "/api/tokens", "/api/requests", "/api/stats", "/api/providers"):
        problem(owner.call("GET", f"{path}?page=2"), 422, "invalid_field", "page")


@pytest.fixture(scope="module")
def listed(owner: Account, upstream_server: Upstream) -> Iterator[tuple[Account, str]]:
    """A user with two pages of keys, and the cursor of the second."""
    user = Account(owner.client)
    place = upstream_server.place(secrets.token_hex(6))
    for _ in range(3):
        user.key(place)
        user.token()
    cursor = user.call("GET", "/api/keys?limit=1").json["next_cursor"]
    yield user, cursor


def test_s25_a_cursor_is_bound_to_its_user_and_list(
    owner: Account, listed: tuple[Account, str], place: Place
) -> None:
    user, cursor = listed
    assert user.call("GET", f"/api/keys?cursor={cursor}").status == 200
    for path in ("/api/tokens", "/api/requests", "/api/rate-limits", "/api/sessions",
                 "/api/providers"):  # fmt: skip
        answer = user.call("GET", f"{path}?cursor={cursor}")
        problem(answer, 400, "invalid_cursor", "cursor")
    problem(owner.call("GET", f"/api/keys?cursor={cursor}"), 400, "invalid_cursor", "cursor")
    del place


@pytest.mark.parametrize(
    "tamper",
    [
        lambda text: "",
        lambda text: "x",
        lambda text: text[:-1],
        lambda text: text[1:],
        lambda text: text + "A",
        lambda text: text + "=",
        lambda text: text + "====",
        lambda text: ("A" if text[0] != "A" else "B") + text[1:],
        lambda text: text[:-2] + ("A" if text[-2] != "A" else "B") + text[-1],
        lambda text: text.swapcase(),
        lambda text: "%C3%A9",
        lambda text: "QVBJS0VZI3Rlc3Qu" * 4,
        lambda text: "A" * 5000,
        lambda text: "%00",
    ],
)
def test_s25_a_changed_cursor_is_refused(listed: tuple[Account, str], tamper: Any) -> None:
    user, cursor = listed
    answer = user.call("GET", f"/api/keys?cursor={tamper(cursor)}")
    assert answer.status in (400, 422), answer.body
    assert answer.json["field"] == "cursor"


# -- S27, S30: secrets are written and never read ------------------------------------------------


class Listening(Client):
    """A client that keeps everything that came back."""

    def __init__(self, inner: Client) -> None:
        self.inner = inner
        self.heard: list[bytes] = []

    def request(
        self, method: str, target: str, headers: Headers = (), body: bytes | None = None
    ) -> Response:
        answer = self.inner.request(method, target, headers, body)
        fields = "\n".join(f"{name}: {value}" for name, value in answer.headers)
        self.heard.append(f"{answer.status}\n{fields}\n".encode() + answer.body)
        return answer


def test_s27_s30_no_secret_is_in_any_answer_the_table_or_the_log(
    client: Client, place: Place, storage: Storage, server: HttpClient
) -> None:
    listening = Listening(client)
    password = f"passphrase-{secrets.token_hex(8)}"
    username = f"u{secrets.token_hex(8)}x"
    body = {"username": username, "email": "u@example.com", "password": password}
    assert listening.call("POST", "/api/auth/register", body).status == 201
    account = Account.__new__(Account)
    account.client, account.username = listening, username
    session = client.call("POST", "/api/auth/login", {"username": username, "password": password})
    account.session, account.access = session.json, session.json["access_token"]
    stored = [f"sk-{kind}-{secrets.token_hex(10)}" for kind in ("one", "two", "new", "bad")]

    key = account.key(place, secret=stored[0])
    account.key(place, secret=stored[1], auth={"scheme": "query", "name": "k"})
    change(account, key, secret=stored[2])
    for wrong in (
        {"secret": stored[3] + "\n"},
        {"secret": [stored[3]]},
        {"secret": {"secret": stored[3]}},
        {"secret": stored[3], "base_url": "https://127.0.0.1/"},
        {"secret": stored[3], "unknown": 1},
        {"secret": stored[3], "auth": {"scheme": "path"}},
    ):
        assert change(account, key, **wrong).status == 422
        created = {"base_url": place.url, "auth": {"scheme": "bearer"}, **wrong}
        assert account.call("POST", "/api/keys", created).status == 422
    raw = json.dumps({"secret": stored[3]}).encode()[:-1]
    broken = [("Content-Type", "application/json"), ("Authorization", f"Bearer {account.access}")]
    assert listening.request("PATCH", f"/api/keys/{key['key_id']}", broken, raw).status == 400
    assert listening.request("PATCH", f"/api/keys/{key['key_id']}", broken[1:], raw).status == 415
    token_made = client.call("POST", "/api/tokens", {"name": "t", "apis": ["*"]}, account.access)
    token = token_made.json["token"]
    place.behaviour = lambda received, _: Answer(
        headers=[("X-Echo", received.get("Authorization") or "-")], body=b"fine"
    )
    for method in ("GET", "POST"):
        account.proxied(token, f"/proxy/test/v1/x?q={token}", method)
        account.proxied(token, "/proxy/test/v1/x", method, body=b"x")
    account.proxied(token, "/proxy/unknown/v1/x")
    account.proxied(token + "x", "/proxy/test/v1/x")
    account.call("POST", f"/api/keys/{key['key_id']}/check")
    for path in ("keys", f"keys/{key['key_id']}", "tokens", "requests", "rate-limits", "stats",
                 "sessions"):  # fmt: skip
        assert account.call("GET", f"/api/{path}").status == 200
    listening.call("POST", "/api/auth/login", {"username": username, "password": password + "x"})
    listening.call("GET", f"/api/keys/{stored[0]}", None, account.access)

    heard = b"\n".join(listening.heard)
    rested = _table(storage).encode()
    log = Path(server.log).read_bytes()  # type: ignore[attr-defined]
    for secret in (*stored, password, token, session.json["refresh_token"], account.access):
        for copy in (heard, rested, log):
            assert secret.encode() not in copy, secret
    for secret in stored:
        for text in (secret, f"Bearer {secret}"):
            assert text.encode().hex().encode() not in rested
    assert username.encode() in rested and username.encode() in heard


def _table(storage: Storage) -> str:
    """Everything in the table, as text."""
    texts = []
    after: dict[str, Any] = {}
    while True:
        answer = storage.table.client.call("Scan", {"TableName": storage.table.name, **after})
        texts += [json.dumps(item, ensure_ascii=False) for item in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            return "\n".join(texts)
        after = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def test_s27_a_secret_rests_as_a_fernet_token_wherever_it_rests(
    owner: Account, place: Place, api_name: str, storage: Storage
) -> None:
    key = owner.key(place, api_name=api_name)
    pk = f"USER#{owner.username}"
    item = storage.table.get(pk, f"APIKEY#{key['key_id']}")
    pool = storage.table.get(pk, f"API#{api_name}")
    assert item is not None and pool is not None
    assert item["encrypted_key"].startswith("gAAAA")
    assert json.loads(pool[f"key:{key['key_id']}"])["e"] == item["encrypted_key"]
    assert (item["GSI1PK"], item["GSI1SK"]) == ("APIKEYS", pk)


@pytest.mark.parametrize(
    ("secret", "hint"),
    [("a", "…"), ("abc", "…"), ("abcd", "…"), ("abcdefg", "…"), ("abcdefgh", "…efgh"),
     ("0123456789abcdef", "…cdef"),
     ("x" * 8000 + "wxyz", "…wxyz")],
)  # fmt: skip
def test_s30_a_hint_shows_at_most_the_last_four_characters_and_never_a_short_secret(
    owner: Account, place: Place, api_name: str, secret: str, hint: str
) -> None:
    assert owner.key(place, secret=secret, api_name=api_name)["hint"] == hint


# -- pools ---------------------------------------------------------------------------------------


def used_secrets(account: Account, place: Place, times: int) -> set[str]:
    """Which keys calls are made with."""
    before = len(place.received)
    for _ in range(times):
        assert account.call("GET", "/proxy/test/x").status == 200
    return {received.get("Authorization") or "" for received in place.received[before:]}


def test_a_large_pool_lets_the_next_key_take_the_place_of_a_deleted_one(
    account: Account, place: Place, storage: Storage
) -> None:
    keys = [account.key(place, secret=f"sk-{number:02d}-0123456789") for number in range(9)]
    order = sorted(keys, key=lambda key: str(key["key_id"]))
    deleted = set()
    for key in order[:-1]:
        assert account.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
        deleted.add(key["key_id"])
        pool = storage.pools.get(account.username, "test")
        assert pool is not None
        alive = {other["key_id"] for other in keys} - deleted
        assert pool.key_ids() <= alive
        assert len(pool.keys) == min(INLINE_KEYS, len(alive))
        assert account.call("GET", "/proxy/test/x").status == 200
    (last,) = (key for key in keys if key["key_id"] not in deleted)
    number = keys.index(last)
    assert used_secrets(account, place, 3) == {f"Bearer sk-{number:02d}-0123456789"}
    assert account.call("DELETE", f"/api/keys/{last['key_id']}").status == 204
    problem(account.call("GET", "/proxy/test/x"), 404, "unknown_api")


def test_keys_of_a_large_pool_deleted_at_once_are_all_gone(
    account: Account, place: Place, storage: Storage
) -> None:
    keys = [account.key(place) for _ in range(14)]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(lambda key: account.call("DELETE", f"/api/keys/{key['key_id']}").status, keys)
        )
    for key, status in zip(keys, statuses, strict=True):
        if status == 409:
            assert account.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
        else:
            assert status == 204
    assert account.call("GET", "/api/keys").json["items"] == []
    left = storage.pools.get(account.username, "test")
    assert left is not None and left.keys == ()
    problem(account.call("GET", "/proxy/test/x"), 404, "unknown_api")
    assert place.received == []


def test_keys_stored_at_once_are_all_in_the_pool(account: Account, place: Place) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda number: account.key(place, secret=f"sk-{number:02d}-01234567"), range(9)
            )
        )
    assert len(account.call("GET", "/api/keys").json["items"]) == 9
    spent = Answer(429, headers=[("Retry-After", "600")])
    place.answer(spent)
    for _ in range(9):
        account.call("GET", "/proxy/test/x")
    used = {received.get("Authorization") for received in place.received}
    assert used == {f"Bearer sk-{number:02d}-01234567" for number in range(9)}


def test_a_secret_replaced_outside_the_first_six_is_the_one_used(
    account: Account, place: Place
) -> None:
    keys = [account.key(place, secret=f"sk-{number:02d}-0123456789") for number in range(8)]
    for key in keys:
        assert change(account, key, secret="sk-renewed-0123456789").status == 200
    for key in keys[:INLINE_KEYS]:
        assert account.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
    assert used_secrets(account, place, 6) == {"Bearer sk-renewed-0123456789"}


def test_changes_at_once_each_hold_or_are_refused(account: Account, place: Place) -> None:
    key = account.key(place)
    wanted = [f"sk-{number:02d}-0123456789-{number:04d}" for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda secret: change(account, key, secret=secret), wanted))
    assert {answer.status for answer in answers} <= {200, 409}
    assert [answer.status for answer in answers].count(200) >= 1
    shown = account.call("GET", f"/api/keys/{key['key_id']}").json
    (used,) = used_secrets(account, place, 3)
    assert used.endswith(shown["hint"][1:])
    held = [secret for secret, answer in zip(wanted, answers, strict=True) if answer.status == 200]
    assert used.removeprefix("Bearer ") in held


def test_different_fields_changed_at_once_all_hold(account: Account, place: Place) -> None:
    key = account.key(place)
    changes = [{"description": "new"}, {"secret": "sk-new-0123456789abcd"},
               {"auth": {"scheme": "header", "name": "X-Key"}}]  # fmt: skip
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda members: change(account, key, **members), changes))
    assert [answer.status for answer in answers] == [200] * 3
    shown = account.call("GET", f"/api/keys/{key['key_id']}").json
    assert (shown["description"], shown["hint"]) == ("new", "…abcd")
    assert shown["auth"]["name"] == "X-Key"
    assert account.call("GET", "/proxy/test/x").status == 200
    assert place.last.get("X-Key") == "sk-new-0123456789abcd"


def test_a_change_meets_the_deletion_of_its_key(account: Account, place: Place) -> None:
    for _ in range(4):
        key = account.key(place)
        with ThreadPoolExecutor(2) as pool:
            changed = pool.submit(change, account, key, secret="sk-new-0123456789")
            deleted = pool.submit(account.call, "DELETE", f"/api/keys/{key['key_id']}")
        assert changed.result().status in (200, 404, 409)
        assert deleted.result().status == 204
        problem(account.call("GET", f"/api/keys/{key['key_id']}"), 404, "key_not_found")
        problem(account.call("GET", "/proxy/test/x"), 404, "unknown_api")


def test_nothing_is_stored_in_an_account_that_is_ending(
    account: Account, place: Place, storage: Storage
) -> None:
    """Keys and tokens made while the account ends are refused or removed with it."""
    with ThreadPoolExecutor(8) as pool:
        body = {"base_url": place.url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789",
                "api_name": "test"}  # fmt: skip
        made = [pool.submit(account.call, "POST", "/api/keys", body) for _ in range(4)]
        ended = pool.submit(account.call, "DELETE", "/api/me", {"password": PASSWORD})
        made += [pool.submit(account.call, "POST", "/api/keys", body) for _ in range(6)]
        limit = {"limit": 5, "window": 60}
        put = [pool.submit(account.call, "PUT", f"/api/rate-limits/r{number}", limit)
               for number in range(6)]  # fmt: skip
    assert ended.result().status == 204
    assert {each.result().status for each in made} <= {201, 401, 409}
    assert {each.result().status for each in put} <= {200, 401, 409}
    left = storage.table.query_all(f"USER#{account.username}")
    assert [item["SK"] for item in left if item["SK"].startswith("APIKEY#")] == []
