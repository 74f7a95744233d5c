"""No call of the API scans the table."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.aws.json_client import Operation
from api.services.keys.cipher import Cipher
from api.services.keys.rotation import rotate
from api.settings import read_settings, require_secrets
from api.storage.schema import ensure_table
from api.wiring import Storage, build_app, build_storage
from api.wiring.api import build_sweeper
from tests.conftest import ROOT
from tests.storage.conftest import NOW
from tests.support.accounts import PASSWORD, Account
from tests.support.authenticator import SoftPasskey
from tests.support.clients import Response
from tests.support.factors import add_totp, start_sign_in
from tests.support.in_process import InProcess
from tests.support.products import keep
from tests.support.recording import RecordingClient
from tests.support.spend_calls import END_CALLS, SPEND_CALLS
from tests.support.upstream import Place

KNOWN = {
    "BatchGetItem",
    "BatchWriteItem",
    "ConditionCheck",
    "CreateTable",
    "DeleteItem",
    "DescribeTable",
    "DescribeTimeToLive",
    "GetItem",
    "PutItem",
    "Query",
    "TransactWriteItems",
    "UpdateItem",
    "UpdateTimeToLive",
}
# A list must not cost more with a longer request log, so it reads only its own range. Whole
# partitions are read only where they are deleted, or where one contains nothing else.
CONDITIONS = {
    None,
    "PK = :pk",
    "PK = :pk AND SK BETWEEN :low AND :high",
    "GSI1PK = :pk",
    "GSI1PK = :pk AND GSI1SK BETWEEN :low AND :high",
}
SCAN = re.compile(r"[\"'](?:Parallel)?Scan[\"']|\.scan\(")


@dataclass
class Walk:
    """Calls the API and collects which operations were called."""

    account: Account
    called: set[tuple[str, str]] = field(default_factory=set)

    def call(self, method: str, template: str, body: object = None, **values: str) -> Response:
        self.called.add((method, template))
        answer = self.account.call(method, template.format(**values), body)
        assert answer.status < 400, (method, template, answer.status, answer.body)
        return answer


@pytest.fixture
def recorded(environment: dict[str, str]) -> Iterator[tuple[Storage, RecordingClient]]:
    storage = build_storage(read_settings(environment))
    client = RecordingClient(storage.table.client)
    storage.table.client = client  # type: ignore[assignment]
    keep(storage)
    yield storage, client


def documented(client: InProcess) -> set[tuple[str, str]]:
    """Every operation of the OpenAPI document."""
    paths = client.request("GET", "/api/openapi.json").json["paths"]
    return {
        (method.upper(), path)
        for path, calls in paths.items()
        for method in calls
        if method != "parameters"
    }


def walk_factors(walk: Walk) -> None:
    """Set up second factors, sign in with them, and remove them."""
    client, origin = walk.account.client, walk.account.client.url
    passkey, app = SoftPasskey(), add_totp(walk.account)[0]
    walk.called |= {("POST", "/api/me/totp"), ("POST", "/api/me/totp/confirm")}
    started = walk.call("POST", "/api/me/passkeys/options").json
    credential = passkey.create(started["options"], origin)
    body = {"pending": started["pending"], "credential": credential, "name": "Phone"}
    added = walk.call("POST", "/api/me/passkeys", body).json
    one = "/api/me/passkeys/{passkey_id}"
    walk.call("PATCH", one, {"name": "Key"}, passkey_id=added["passkey"]["passkey_id"])
    pending = start_sign_in(walk.account)["pending"]
    walk.call("POST", "/api/auth/second-factor", {"pending": pending, "code": app.code()})
    started = walk.call("POST", "/api/auth/passkey/options").json
    credential = passkey.sign(started["options"], origin)
    body = {"pending": started["pending"], "credential": credential}
    walk.call("POST", "/api/auth/passkey", body)
    codes = walk.call("POST", "/api/me/recovery-codes").json["recovery_codes"]
    walk.call("POST", "/api/auth/step-up/options")
    walk.call("POST", "/api/auth/step-up", {"code": codes[0]})
    walk.call("POST", "/api/me/exports")
    walk.call("GET", "/api/me/factors")
    walk.call("DELETE", one, passkey_id=added["passkey"]["passkey_id"])
    walk.call("DELETE", "/api/me/totp")
    assert client.call("GET", "/api/me", None, walk.account.access).json["second_factor"] is False


def walk_notifications(walk: Walk, place: Place) -> None:
    """Create a target, use it, and delete it."""
    targets, one = "/api/notifications/targets", "/api/notifications/targets/{target_id}"
    body = {"name": "Mine", "kind": "webhook", "address": f"{place.url}/hook"}
    target_id = walk.call("POST", targets, body).json["target_id"]
    for method, template, change in (
        ("GET", targets, None),
        ("GET", one, None),
        ("PATCH", one, {"events": ["budget"]}),
        ("POST", f"{one}/rotate-secret", None),
        ("POST", f"{one}/test", None),
        ("GET", "/api/notifications", None),
        ("DELETE", one, None),
    ):
        walk.call(method, template, change, target_id=target_id)


def test_no_call_of_the_api_scans(
    environment: dict[str, str], recorded: tuple[Storage, RecordingClient], place: Place
) -> None:
    storage, operations = recorded
    settings = read_settings(environment)
    app = build_app(settings, storage=storage)
    keep(app)
    client = InProcess(app)
    ensure_table(storage.table)
    walk = Walk(Account(client))
    walk.called |= {("POST", "/api/auth/register"), ("POST", "/api/auth/login")}
    account = walk.account

    key = account.key(place)
    token = account.token_details(["*"], limit=100, window=60)
    walk.called |= {("POST", "/api/keys"), ("POST", "/api/tokens")}
    walk.call("PUT", "/api/rate-limits/{api_name}", {"limit": 9, "window": 60}, api_name="test")
    account.key(place, api_name="admin", provider="openai")
    for method, template, values, body in SPEND_CALLS:
        walk.call(method, template, body, **values)
    named = {"api_name": "test", "token_id": token["token_id"]}
    reservation = "/api/rate-limits/{api_name}/reservations/{token_id}"
    walk.call("PUT", reservation, {"amount": 5}, **named)
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert account.proxied(token["token"], "/proxy/test/x", method).status == 200
        walk.called.add((method, "/proxy/{api_name}/{path}"))

    for path in ("me", "sessions", "keys", "providers", "tokens", "rate-limits", "stats"):
        walk.call("GET", f"/api/{path}")
    for path in ("addresses", "agents", "requests", "status", "openapi.json", "docs", "docs.css"):
        walk.call("GET", f"/api/{path}")
    walk.call("GET", "/api/providers/{slug}", slug="openai")
    walk.call("GET", "/api/keys/{key_id}", key_id=key["key_id"])
    walk.call("PATCH", "/api/keys/{key_id}", {"description": "new"}, key_id=key["key_id"])
    walk.call("POST", "/api/keys/{key_id}/check", key_id=key["key_id"])
    walk.call("GET", "/api/rate-limits/{api_name}", api_name="test")
    walk.call("GET", "/api/tokens/{token_id}", token_id=token["token_id"])
    assert client.call("GET", "/api/token", token=token["token"]).status == 200
    walk.called.add(("GET", "/api/token"))
    walk.call("PATCH", "/api/tokens/{token_id}", {"expires_in": 900}, token_id=token["token_id"])
    walk.call("DELETE", reservation, **named)
    for method, template, values in END_CALLS:
        walk.call(method, template, **values)
    walk.call("PATCH", "/api/keys/{key_id}", {"check_every": 300}, key_id=key["key_id"])
    assert storage.schedules.due(int(time.time()) + 301, 9) != []
    walk.call("DELETE", "/api/rate-limits/{api_name}", api_name="test")
    content = {"content": "GITHUB_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345\n"}
    walk.call("POST", "/api/env/preview", content)
    walk.call("POST", "/api/env/import", content)
    walk.call("POST", "/api/env/export", content)
    walk.call("PATCH", "/api/me", {"email": "new@example.com"})
    walk_factors(walk)
    walk_notifications(walk, place)
    for path in ("/api/audit", "/api/audit.csv"):
        walk.call("GET", path)
    walk.call("POST", "/api/tokens/{token_id}/rotate", {}, token_id=token["token_id"])
    walk.call("DELETE", "/api/tokens/{token_id}/previous", token_id=token["token_id"])

    rotate(
        storage.keys, storage.encrypted_items, Cipher(require_secrets(settings)[1]), lambda _: None
    )
    build_sweeper(storage, 365).sweep(NOW)

    walk.call("DELETE", "/api/keys/{key_id}", key_id=key["key_id"])
    walk.call("DELETE", "/api/tokens/{token_id}", token_id=token["token_id"])
    refreshed = walk.call(
        "POST", "/api/auth/refresh", {"refresh_token": account.session["refresh_token"]}
    ).json
    account.access = refreshed["access_token"]
    walk.call("POST", "/api/auth/logout", {"refresh_token": refreshed["refresh_token"]})
    account.sign_in()
    other = walk.call("GET", "/api/sessions").json["items"][0]["session_id"]
    account.sign_in()
    walk.call("DELETE", "/api/sessions/{session_id}", session_id=other)
    new = PASSWORD + secrets.token_hex(4)
    walk.call("POST", "/api/me/password", {"current_password": PASSWORD, "new_password": new})
    answer = client.call("POST", "/api/auth/login", {"username": account.username, "password": new})
    account.access = answer.json["access_token"]
    walk.call("DELETE", "/api/me", {"password": new})

    assert walk.called == documented(client), "call the new operation in this test too"
    assert operations.operations() <= KNOWN
    assert {condition_of(call) for trip in operations.trips for call in trip.calls} == CONDITIONS
    assert {"Query", "BatchGetItem", "TransactWriteItems"} <= operations.operations()


def test_only_whole_accounts_and_days_are_read_without_a_range(
    environment: dict[str, str],
    recorded: tuple[Storage, RecordingClient],
) -> None:
    storage, operations = recorded
    app = build_app(read_settings(environment), storage=storage)
    keep(app)
    account = Account(InProcess(app))
    operations.clear()
    for path in ("sessions", "keys", "tokens", "rate-limits", "stats", "requests?api_name=x"):
        assert account.call("GET", f"/api/{path}").status == 200
    build_sweeper(storage, 365).sweep_user(account.username, NOW)
    queries = [call for trip in operations.trips for call in trip.calls if call[0] == "Query"]
    assert len(queries) > 12
    assert {condition_of(query) for query in queries} == {"PK = :pk AND SK BETWEEN :low AND :high"}


# Builds the pages of the scans of api/operations.
WHOLE_TABLE = ("storage/whole_table.py",)


def test_only_backups_and_moves_scan() -> None:
    files = sorted((ROOT / "api").rglob("*.py"))
    assert len(files) > 50
    found = [str(file.relative_to(ROOT / "api")) for file in files if SCAN.search(text_of(file))]
    assert "operations/places/table.py" in found
    assert not [name for name in found if not name.startswith(("operations/", *WHOLE_TABLE))]


def condition_of(call: Operation) -> str | None:
    """Return the key condition of a query, None for another operation."""
    condition: str | None = call[1].get("KeyConditionExpression")
    return condition


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")
