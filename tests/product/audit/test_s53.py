"""S53: an entry comes before its action, cannot be changed through the API, and has no secret."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any

import pytest

from api.aws.json_client import AwsError, JsonClient, Operation, ServiceUnavailable
from api.errors import ServerStopping
from api.routes import GROUPS
from api.services.accounts.throttling import PER_ACCOUNT_AND_SOURCE
from api.services.keys.vault import Vault
from api.settings import read_settings
from api.storage.table import Table
from api.wiring import Storage, build_app
from tests.support.accounts import Account, login, new_username, problem
from tests.support.audit import audit_entries
from tests.support.clients import Client
from tests.support.products import keep, lambda_client, storage_of
from tests.support.recording import RecordingClient
from tests.support.upstream import Place

ENDPOINTS = [endpoint for group in GROUPS for endpoint in group.endpoints]


class WithoutAudit:
    """A client of the table with which no entry of the audit log can be written."""

    def __init__(self, client: JsonClient) -> None:
        self.client = client
        self.is_broken = False

    def batch(self, calls: Sequence[Operation]) -> list[dict[str, Any] | AwsError]:
        if self.is_broken and any('"AUDIT#' in json.dumps(call) for call in calls):
            raise ServiceUnavailable("no answer")
        return self.client.batch(calls)


def raw_entries(table: Table, username: str) -> list[dict[str, Any]]:
    return table.query_all(f"USER#{username}", between=("AUDIT#", "AUDIT$"))


@pytest.fixture
def storage(environment: dict[str, str]) -> Storage:
    """The storage that the product uses."""
    return storage_of(environment)


def bodies(account: Account) -> list[tuple[str, str, object]]:
    """Return a call of every endpoint, with its example as the body."""
    values = {"api_name": "test", "token_id": "0" * 13, "key_id": "test." + "0" * 16}
    calls: list[tuple[str, str, object]] = []
    for endpoint in ENDPOINTS:
        path = endpoint.path
        for part in path.split("{")[1:]:
            name = part.partition("}")[0]
            path = path.replace(f"{{{name}}}", values.get(name, "0" * 32))
        body = None if endpoint.body is None else endpoint.body.EXAMPLE
        calls.append((endpoint.method, path, body))
    return calls


def test_s53_an_action_whose_entry_cannot_be_written_does_not_happen(
    environment: dict[str, str], storage: Storage, place: Place
) -> None:
    broken = WithoutAudit(storage.table.client)
    storage.table.client = broken  # type: ignore[assignment]
    app = build_app(read_settings(environment), storage)
    keep(app)
    account = Account(lambda_client(app))
    key = account.key(place)
    before = account.call("GET", "/api/keys").json
    broken.is_broken = True
    calls = [
        ("PATCH", f"/api/keys/{key['key_id']}", {"description": "new"}),
        ("DELETE", f"/api/keys/{key['key_id']}", None),
        ("POST", "/api/tokens", {"name": "t", "apis": ["*"]}),
        ("PUT", "/api/rate-limits/test", {"limit": 1, "window": 1}),
        ("PATCH", "/api/me", {"email": "new@example.com"}),
        ("GET", "/api/spend.csv", None),
    ]
    for method, path, body in calls:
        problem(account.call(method, path, body), 503, "storage_unavailable")
    problem(login(account.client, account.username), 503, "storage_unavailable")
    broken.is_broken = False
    assert account.call("GET", "/api/keys").json == before
    assert account.call("GET", "/api/tokens").json["items"] == []
    assert account.call("GET", "/api/me").json["email"] == "u@example.com"
    assert len(account.call("GET", "/api/sessions").json["items"]) == 1


def test_s53_an_action_that_is_ended_in_the_middle_leaves_its_entry_as_started(
    environment: dict[str, str], storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = build_app(read_settings(environment), storage)
    keep(app)
    account = Account(lambda_client(app))
    seen: list[dict[str, Any]] = []

    def stopped(vault: Vault, username: str, *_: object) -> None:
        seen.extend(raw_entries(storage.table, username))
        raise ServerStopping

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "delete", stopped)
        with pytest.raises(ServerStopping):
            account.call("DELETE", "/api/keys/test.0000000000000000")
    assert [each["outcome"] for each in seen if each["action"] == "key.delete"] == ["started"]
    (entry,) = audit_entries(account, "&action=key.delete")
    assert (entry["outcome"], entry["code"]) == ("started", None)
    assert entry["subject"]["id"] == "test.0000000000000000"


def test_s53_no_endpoint_changes_or_deletes_an_entry(server: Client, storage: Storage) -> None:
    account = Account(server)
    account.token()
    before = {item["SK"]: item for item in raw_entries(storage.table, account.username)}
    for method, path, body in bodies(account):
        if (method, path) != ("DELETE", "/api/me"):
            account.call(method, path, body)
    for audit_id in (entry["audit_id"] for entry in audit_entries(account)):
        for method in ("PUT", "PATCH", "POST", "DELETE"):
            assert account.call(method, f"/api/audit/{audit_id}", {}).status == 404
    for method in ("PUT", "PATCH", "POST", "DELETE"):
        assert account.call(method, "/api/audit", {}).status == 405
    after = {item["SK"]: item for item in raw_entries(storage.table, account.username)}
    assert {key: after.get(key) for key in before} == before


def test_s53_no_entry_has_a_secret(server: Client, storage: Storage, place: Place) -> None:
    account, canary = Account(server), f"Canary{secrets.token_hex(12)}"
    text = f"sk-{canary}"

    def planted(value: Any) -> Any:
        """Put the secret in each text of an example, but where the text is a choice."""
        if isinstance(value, dict):
            return {
                name: member if name in _CHOICES else planted(member)
                for name, member in value.items()
            }
        if isinstance(value, list):
            return [planted(member) for member in value]
        return text if isinstance(value, str) else value

    key = account.key(place, secret=text, description=text)
    headers = [{"name": "X-Extra", "secret": text}]
    url = f"/api/keys/{key['key_id']}"
    account.call("PATCH", url, {"secret": text, "extra_headers": headers, "description": text})
    account.call("POST", "/api/env/import", {"content": f"OPENAI_API_KEY={text}\n"})
    account.call("POST", "/api/env/export", {"content": f"X={text}\n", "token": text})
    target = {"name": "t", "kind": "webhook", "address": f"https://example.com/{canary}"}
    account.call("POST", "/api/notifications/targets", target)
    login(server, account.username, canary)
    created = account.token_details()
    for endpoint in ENDPOINTS:
        path = endpoint.path
        for part in path.split("{")[1:]:
            path = path.replace(f"{{{part.partition('}')[0]}}}", canary)
        if endpoint.body is not None and endpoint.operation != "login":
            account.call(endpoint.method, path, planted(endpoint.body.EXAMPLE))
        elif (endpoint.method, path) != ("DELETE", "/api/me"):
            account.call(endpoint.method, path)
    found = json.dumps(raw_entries(storage.table, account.username))
    rest = json.dumps(storage.table.query_all("AUDIT"))
    csv = account.call("GET", "/api/audit.csv").body.decode()
    for stored in (found, rest, csv):
        for secret in (canary, created["token"], account.access):
            assert secret not in stored
    assert '"key.update"' in found and '"env.export"' in found


_CHOICES = frozenset({"kind", "type", "scheme", "period", "session", "events", "methods", "apis"})


def test_throttled_attempts_are_summed_and_an_unknown_name_costs_the_same(
    environment: dict[str, str], storage: Storage
) -> None:
    recorder = RecordingClient(storage.table.client)
    storage.table.client = recorder  # type: ignore[assignment]
    app = build_app(read_settings(environment), storage)
    keep(app)
    client = lambda_client(app, "198.51.100.77")
    account = Account(client)

    def trips(username: str) -> list[list[str]]:
        recorder.clear()
        login(client, username, "wrong password")
        return [sorted(trip.operations) for trip in recorder.trips]

    assert len(trips(account.username)) == len(trips(new_username()))
    for _ in range(PER_ACCOUNT_AND_SOURCE + 20):
        login(client, account.username, "wrong password")
    entries = audit_entries(account, "&action=session.create&outcome=failed")
    wrong = [each for each in entries if each["code"] == "invalid_credentials"]
    summed = [each for each in entries if each["code"] == "too_many_attempts"]
    # A window, or an hour, can end during the test.
    assert len(wrong) <= 2 * PER_ACCOUNT_AND_SOURCE
    assert 1 <= len(summed) <= 2
    number = len(wrong) + sum(int(each["details"]["attempts"]) for each in summed)
    assert number == PER_ACCOUNT_AND_SOURCE + 21
