"""Stored secrets are encrypted and never returned (S27, S30)."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from api.wiring import Storage
from tests.product.keys.helpers import change_key
from tests.support.accounts import Account
from tests.support.clients import Client, Headers, HttpClient, Response
from tests.support.upstream import Answer, Place


class BodyRecordingClient(Client):
    """A client that records all response bytes."""

    def __init__(self, inner: Client) -> None:
        self.inner = inner
        self.received: list[bytes] = []

    def request(
        self, method: str, target: str, headers: Headers = (), body: bytes | None = None
    ) -> Response:
        answer = self.inner.request(method, target, headers, body)
        fields = "\n".join(f"{name}: {value}" for name, value in answer.headers)
        self.received.append(f"{answer.status}\n{fields}\n".encode() + answer.body)
        return answer


def test_s27_s30_no_secret_is_in_a_response_the_table_or_the_log(
    client: Client, place: Place, storage: Storage, server: HttpClient
) -> None:
    recording = BodyRecordingClient(client)
    password = f"passphrase-{secrets.token_hex(8)}"
    username = f"u{secrets.token_hex(8)}x"
    body = {"username": username, "email": "u@example.com", "password": password}
    assert recording.call("POST", "/api/auth/register", body).status == 201
    account = Account.__new__(Account)
    account.client, account.username = recording, username
    session = client.call("POST", "/api/auth/login", {"username": username, "password": password})
    account.session, account.access = session.json, session.json["access_token"]
    stored = [f"sk-{kind}-{secrets.token_hex(10)}" for kind in ("one", "two", "new", "bad")]

    key = account.key(place, secret=stored[0])
    account.key(place, secret=stored[1], auth={"scheme": "query", "name": "k"})
    change_key(account, key, secret=stored[2])
    for wrong in (
        {"secret": stored[3] + "\n"},
        {"secret": [stored[3]]},
        {"secret": {"secret": stored[3]}},
        {"secret": stored[3], "base_url": "https://127.0.0.1/"},
        {"secret": stored[3], "unknown": 1},
        {"secret": stored[3], "auth": {"scheme": "path"}},
    ):
        assert change_key(account, key, **wrong).status == 422
        created = {"base_url": place.url, "auth": {"scheme": "bearer"}, **wrong}
        assert account.call("POST", "/api/keys", created).status == 422
    raw = json.dumps({"secret": stored[3]}).encode()[:-1]
    broken = [("Content-Type", "application/json"), ("Authorization", f"Bearer {account.access}")]
    assert recording.request("PATCH", f"/api/keys/{key['key_id']}", broken, raw).status == 400
    assert recording.request("PATCH", f"/api/keys/{key['key_id']}", broken[1:], raw).status == 415
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
    recording.call("POST", "/api/auth/login", {"username": username, "password": password + "x"})
    recording.call("GET", f"/api/keys/{stored[0]}", None, account.access)

    received = b"\n".join(recording.received)
    stored_items = dump_table(storage).encode()
    log = server.log.read_bytes()
    for secret in (*stored, password, token, session.json["refresh_token"], account.access):
        for copy in (received, stored_items, log):
            assert secret.encode() not in copy, secret
    for secret in stored:
        for text in (secret, f"Bearer {secret}"):
            assert text.encode().hex().encode() not in stored_items
    assert username.encode() in stored_items and username.encode() in received


def dump_table(storage: Storage) -> str:
    """Return all items of the table as text."""
    texts = []
    after: dict[str, Any] = {}
    for _ in range(1000):
        answer = storage.table.client.call("Scan", {"TableName": storage.table.name, **after})
        texts += [json.dumps(item, ensure_ascii=False) for item in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            return "\n".join(texts)
        after = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    raise AssertionError("the table has more than 1000 pages")


def test_s27_every_stored_copy_of_a_secret_is_a_fernet_token(
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
