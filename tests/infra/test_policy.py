"""The role's permissions are exactly those that the API's calls need (S39).

The calls are recorded while a user calls every endpoint, on a real engine. An endpoint that is not
called here fails the test.
"""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from api.routes import GROUPS
from api.settings import read_settings
from api.wiring import build_app, build_shared
from api.wiring.api import build_scheduled_checks
from tests.infra.program import ROOT, Deployment
from tests.support.accounts import PASSWORD, Account
from tests.support.clients import Client, Headers, Response
from tests.support.factors import (
    add_passkey,
    add_totp,
    complete_sign_in,
    sign_in_by_passkey,
    start_sign_in,
)
from tests.support.in_process import InProcess
from tests.support.products import storage_of
from tests.support.recording import RecordingClient
from tests.support.spend_calls import END_CALLS, SPEND_CALLS
from tests.support.upstream import Answer, Place

# Permissions of a transaction's writes (Service Authorization Reference of DynamoDB).
PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


class Noting(Client):
    """A client that records the endpoints that are called."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.url = client.url
        self.called: set[tuple[str, str]] = set()

    def request(
        self, method: str, target: str, headers: Headers = (), body: bytes | None = None
    ) -> Response:
        """Send a request as Client.request does."""
        self.called.add((method, target.partition("?")[0]))
        return self._client.request(method, target, headers, body)


def live(client: Client, place: Place, look_for_checks: Callable[[], int]) -> None:
    """Do everything that a user can do at least once, and run the checks that are due."""
    account = Account(client)
    key = account.key(place, api_name="test")
    other = account.key(place, api_name="test", secret="sk-other-0123456789")
    path = f"/api/keys/{key['key_id']}"
    steps: list[tuple[str, str, object, int]] = [
        ("GET", "/api/me", None, 200),
        ("PATCH", "/api/me", {"email": "new@example.com"}, 200),
        ("GET", "/api/sessions", None, 200),
        ("GET", "/api/keys?limit=1", None, 200),
        ("GET", path, None, 200),
        ("PATCH", path, {"description": "mine", "secret": "sk-new-0123456789"}, 200),
        ("POST", f"{path}/check", {}, 200),
        ("PATCH", path, {"check_every": 300}, 200),
        ("GET", "/api/providers", None, 200),
        ("GET", "/api/providers/openai", None, 200),
        ("GET", "/api/agents", None, 200),
        ("GET", "/api/addresses", None, 200),
        ("POST", "/api/env/preview", {"content": "OPENAI_API_KEY=sk-0123456789abcdef"}, 200),
        ("POST", "/api/env/import", {"content": "OPENAI_API_KEY=sk-0123456789abcdef"}, 200),
        ("POST", "/api/env/export", {}, 200),
        ("PUT", "/api/rate-limits/test", {"limit": 5, "window": 60}, 200),
        ("GET", "/api/rate-limits", None, 200),
        ("GET", "/api/rate-limits/test", None, 200),
    ]
    for method, target, body, status in steps:
        answer = account.call(method, target, body)
        assert answer.status in (status, 201, 204), (method, target, answer.status, answer.body)
    account.key(place, api_name="admin", provider="openai")
    for method, template, values, body in SPEND_CALLS:
        answer = account.call(method, template.format(**values), body)
        assert answer.status in (200, 201), (method, template, answer.status, answer.body)
    look_for_checks()  # including those of other users of the table
    assert account.call("GET", path).json["next_check_at"] > time.time() + 301
    details = account.token_details(["test"], limit=5, window=60)
    assert account.call("GET", f"/api/tokens/{details['token_id']}").status == 200
    assert account.proxied(details["token"], "/api/token").status == 200
    reservation = f"/api/rate-limits/test/reservations/{details['token_id']}"
    assert account.call("PUT", reservation, {"amount": 2}).status == 200
    change = {"name": "changed", "expires_in": 900}
    assert account.call("PATCH", f"/api/tokens/{details['token_id']}", change).status == 200
    rotated = account.call("POST", f"/api/tokens/{details['token_id']}/rotate", {})
    assert rotated.status in (200, 201), rotated.body
    for token in (rotated.json["token"], details["token"], account.access):
        assert account.proxied(token).status == 200
    place.answer(Answer(429, body=b"slow down"))
    assert account.proxied(details["token"]).status == 429
    for method, target in (
        *((method, template.format(**values)) for method, template, values in END_CALLS),
        ("GET", "/api/tokens"),
        ("GET", "/api/stats"),
        ("GET", "/api/requests?limit=1"),
        ("GET", "/api/status"),
        ("GET", "/api/addresses"),
        ("GET", "/api/openapi.json"),
        ("GET", "/api/docs"),
        ("GET", "/api/docs.css"),
        ("DELETE", reservation),
        ("DELETE", "/api/rate-limits/test"),
        ("DELETE", f"/api/tokens/{details['token_id']}/previous"),
        ("DELETE", f"/api/tokens/{details['token_id']}"),
        ("DELETE", f"/api/keys/{other['key_id']}"),
    ):
        assert account.call(method, target).status in (200, 204), (method, target)
    notify(account, place)
    prove(account)
    end(account)


def notify(account: Account, place: Place) -> None:
    """Do everything that a user can do with notifications."""
    body = {"name": "Mine", "kind": "webhook", "address": f"{place.url}/hook"}
    created = account.call("POST", "/api/notifications/targets", body)
    assert created.status == 201, created.body
    path = f"/api/notifications/targets/{created.json['target_id']}"
    steps: list[tuple[str, str, object]] = [
        ("GET", "/api/notifications/targets", None),
        ("GET", path, None),
        ("PATCH", path, {"events": ["budget"]}),
        ("POST", f"{path}/rotate-secret", None),
        ("POST", f"{path}/test", None),
        ("GET", "/api/notifications", None),
        ("DELETE", path, None),
    ]
    for method, target, sent in steps:
        answer = account.call(method, target, sent)
        assert answer.status in (200, 204), (method, target, answer.body)


def prove(account: Account) -> None:
    """Set up second factors, use and remove them, and read the audit log."""
    passkey, added = add_passkey(account)
    app, _ = add_totp(account)
    assert sign_in_by_passkey(account.client, passkey).status == 200
    started = start_sign_in(account)
    answer = complete_sign_in(account, started["pending"], code=app.code())
    assert answer.status == 200, answer.body
    account.access = answer.json["access_token"]
    codes = account.call("POST", "/api/me/recovery-codes").json["recovery_codes"]
    steps: list[tuple[str, str, object]] = [
        ("POST", "/api/auth/step-up/options", {}),
        ("POST", "/api/auth/step-up", {"code": codes[0]}),
        ("POST", "/api/me/exports", None),
        ("GET", "/api/me/factors", None),
        ("PATCH", f"/api/me/passkeys/{added['passkey']['passkey_id']}", {"name": "Other"}),
        ("DELETE", f"/api/me/passkeys/{added['passkey']['passkey_id']}", None),
        ("DELETE", "/api/me/totp", None),
        ("GET", "/api/audit?limit=5&action=key.", None),
        ("GET", "/api/audit.csv", None),
    ]
    for method, target, sent in steps:
        answer = account.call(method, target, sent)
        assert answer.status in (200, 204), (method, target, answer.body)


def end(account: Account) -> None:
    """Refresh, sign out and in, change the password, end a session, delete the account."""

    def asked(method: str, target: str, body: Mapping[str, object]) -> None:
        answer = account.call(method, target, body)
        assert answer.status in (200, 204), (method, target, answer.body)

    refresh = {"refresh_token": account.session["refresh_token"]}
    renewed = account.client.call("POST", "/api/auth/refresh", refresh)
    assert renewed.status == 200
    refused = account.client.call("POST", "/api/auth/refresh", refresh)
    assert refused.status == 401
    account.sign_in()
    asked("POST", "/api/auth/logout", {"refresh_token": account.session["refresh_token"]})
    wrong = {"username": account.username, "password": "not the right one"}
    assert account.client.call("POST", "/api/auth/login", wrong).status == 401
    account.sign_in()
    sessions = account.call("GET", "/api/sessions").json["items"]
    first = account.access
    account.sign_in()
    (other,) = (session["session_id"] for session in sessions if session["current"])
    assert account.call("DELETE", f"/api/sessions/{other}").status == 204
    assert account.client.call("GET", "/api/me", None, first).status == 401
    asked(
        "POST", "/api/me/password",
        {"current_password": PASSWORD, "new_password": f"{PASSWORD} indeed"},
    )  # fmt: skip
    answer = account.client.call(
        "POST",
        "/api/auth/login",
        {"username": account.username, "password": f"{PASSWORD} indeed"},
    )
    account.access = answer.json["access_token"]
    asked("DELETE", "/api/me", {"password": f"{PASSWORD} indeed"})


@pytest.fixture(scope="module")
def lived(
    environment: dict[str, str], upstream_server: Any
) -> Iterator[tuple[RecordingClient, Noting]]:
    """Return the recorded calls of the table, and the endpoints that were called."""
    storage = storage_of(environment)
    recording = RecordingClient(storage.table.client)
    storage.table.client = recording  # type: ignore[assignment]
    settings = read_settings(environment)
    client = Noting(InProcess(build_app(settings, storage=storage)))
    later = build_shared(settings, storage, clock=lambda: time.time() + 301)
    checks = build_scheduled_checks(later)
    live(client, upstream_server.place("policy"), checks.run)
    yield recording, client


def actions(recording: RecordingClient) -> set[str]:
    """Return the IAM actions that the calls need."""
    found = set()
    for trip in recording.trips:
        for operation, payload in trip.calls:
            if operation == "TransactWriteItems":
                found |= {PARTS[part] for write in payload["TransactItems"] for part in write}
            else:
                found.add(operation)
    return {f"dynamodb:{name}" for name in found}


def allowed(stack: Deployment, service: str, policy: str = "function-policy") -> set[str]:
    """Return a role's actions of a service, by default of the API's role."""
    return {
        action
        for statement in stack.policy("RolePolicy", policy)
        for action in statement["Action"]
        if action.startswith(f"{service}:")
    }


def test_the_scenario_calls_every_endpoint(lived: tuple[RecordingClient, Noting]) -> None:
    called = lived[1].called
    for group in GROUPS:
        for endpoint in group.endpoints:
            pattern = re.sub(r"\{\w+\}", "[^/]+", endpoint.path)
            assert any(
                method == endpoint.method and re.fullmatch(pattern, path) for method, path in called
            ), f"{endpoint.method} {endpoint.path} is not called"


def test_s39_no_call_without_permission_and_no_permission_without_a_call(
    lived: tuple[RecordingClient, Noting], first_stack: Deployment
) -> None:
    assert allowed(first_stack, "dynamodb") == actions(lived[0])


def test_s39_the_index_may_only_be_queried(
    lived: tuple[RecordingClient, Noting], first_stack: Deployment
) -> None:
    recording = lived[0]
    payloads = [payload for trip in recording.trips for _, payload in trip.calls]
    table = recording_table(recording)
    assert {payload["TableName"] for payload in payloads if "TableName" in payload} == {table}
    asked = [
        (operation, payload["IndexName"])
        for trip in recording.trips
        for operation, payload in trip.calls
        if "IndexName" in payload
    ]
    assert set(asked) == {("Query", "GSI1")}
    statements = {
        statement["Sid"]: statement
        for statement in first_stack.policy("RolePolicy", "function-policy")
    }
    arn = statements["Table"]["Resource"]
    assert (statements["Due"]["Action"], statements["Due"]["Resource"]) == (
        ["dynamodb:Query"],
        f"{arn}/index/GSI1",
    )


def recording_table(recording: RecordingClient) -> str:
    """Return the name of the table in batch calls."""
    (name,) = {
        name
        for trip in recording.trips
        for _, payload in trip.calls
        for name in payload.get("RequestItems", {})
    }
    return str(name)


def test_s39_only_permitted_parameters_are_read(
    first_stack: Deployment,
) -> None:
    """Read the handler's calls from its source: it makes them before a test can record them."""
    tree = ast.parse((ROOT / "api" / "aws_lambda" / "parameters.py").read_text())
    calls = {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "call"
        and isinstance(node.args[0], ast.Constant)
    }
    needed = {f"ssm:{name}" for name in calls}
    assert needed == allowed(first_stack, "ssm")
    assert needed == allowed(first_stack, "ssm", "proxy-function-policy")
