"""Who may call `GET /api/token`, with what credential, and at what cost."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Iterator

import pytest

from api.limits.policies import Policy
from api.secret import Secret
from api.services.token_codec import TokenCodec
from api.settings import read_settings
from tests.support.accounts import PASSWORD, Account, problem
from tests.support.clients import Client, Response
from tests.support.measured_account import MeasuredAccount
from tests.support.openapi import ENDPOINTS
from tests.support.products import Clock, another_app, lambda_client
from tests.support.recording import READS
from tests.support.upstream import Upstream

PATH = "/api/token"


def asked(client: Client, name: str, value: str, path: str = PATH) -> Response:
    return client.request("GET", path, [(name, value)])


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "Bearer {}"), ("authorization", "bearer {}"),
        ("Authorization", "token {}"), ("Authorization", "{}"), ("X-Api-Key", "{}"),
        ("x-api-key", " {} "), ("Api-Key", "{}"),
    ],
)  # fmt: skip
def test_a_token_is_accepted_as_scripts_send_it(owner: Account, name: str, value: str) -> None:
    made = owner.token_details()
    answer = asked(owner.client, name, value.format(made["token"]))
    assert (answer.status, answer.json["token_id"]) == (200, made["token_id"])


@pytest.mark.parametrize("place", [0, 1])
def test_a_token_is_accepted_as_user_or_password(owner: Account, place: int) -> None:
    made = owner.token_details()
    pair = (made["token"], "") if place == 0 else ("user", made["token"])
    answer = asked(owner.client, "Authorization", basic(*pair))
    assert (answer.status, answer.json["token_id"]) == (200, made["token_id"])


def test_a_token_is_not_accepted_elsewhere(owner: Account) -> None:
    token = owner.token()
    for name, value in (("Cookie", f"token={token}"), ("Referer", token), ("X-Token", token)):
        problem(asked(owner.client, name, value), 401, "authentication_required")
    for query in (f"?token={token}", f"?key={token}&limit=5"):
        answer = owner.client.request("GET", PATH + query)
        assert answer.status in (401, 422)
        assert token.encode() not in answer.body
    answer = owner.client.request("GET", f"{PATH}/{token}")
    problem(answer, 404, "not_found")


def test_head_and_options_are_those_of_other_calls(owner: Account) -> None:
    token = owner.token()
    head = owner.client.call("HEAD", PATH, token=token)
    assert (head.status, head.body) == (200, b"")
    options = owner.client.request("OPTIONS", PATH)
    assert options.status == owner.client.request("OPTIONS", "/api/me").status
    assert {"GET", "HEAD", "OPTIONS"} == set((options.get("allow") or "").split(", "))
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        problem(owner.client.call(method, PATH, {}, token), 405, "method_not_allowed")
    problem(owner.client.call("GET", f"{PATH}?x=1", token=token), 422, "invalid_field")
    problem(owner.client.call("GET", f"{PATH}?cursor=x", token=token), 400, "invalid_cursor")


def test_s19_it_is_the_only_call_of_the_api_that_a_token_may_make(owner: Account) -> None:
    token = owner.token()
    private = [endpoint for endpoint in ENDPOINTS if endpoint.signed_in]
    assert len(private) > 25
    for endpoint in private:
        path = endpoint.path.replace("{passkey_id}", "0" * 32).replace("{", "").replace("}", "")
        answer = owner.client.call(endpoint.method, path, {}, token)
        document = problem(answer, 403, "token_not_allowed_here")
        assert "GET /api/token" in document["detail"]
        by_key = owner.client.request(endpoint.method, path, [("X-Api-Key", token)])
        problem(by_key, 401, "authentication_required")
    assert [endpoint.path for endpoint in ENDPOINTS if endpoint.with_token] == [PATH]


def test_a_session_is_told_to_send_a_token(owner: Account) -> None:
    document = problem(owner.call("GET", PATH), 403, "token_required")
    assert "GET /api/tokens" in document["detail"]
    forged = owner.access[:-4] + ("AAAA" if owner.access[-4:] != "AAAA" else "BBBB")
    problem(owner.client.call("GET", PATH, token=forged), 401, "authentication_required")


def test_s19_a_revoked_token_is_told_so(owner: Account) -> None:
    made = owner.token_details()
    assert owner.client.call("GET", PATH, token=made["token"]).status == 200
    assert owner.call("DELETE", f"/api/tokens/{made['token_id']}").status == 204
    for path in (PATH, "/proxy/test/x"):
        answer = owner.client.call("GET", path, token=made["token"])
        document = problem(answer, 401, "authentication_required")
        assert "has been revoked" in document["detail"]
        assert answer.get("www-authenticate")


def test_s19_an_expired_token_is_told_so(environment: dict[str, str]) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    made = account.token_details(expires_in=60)
    clock.now = made["expires_at"]
    for path in (PATH, "/proxy/test/x"):
        answer = account.client.call("GET", path, token=made["token"])
        document = problem(answer, 401, "authentication_required")
        assert "has expired" in document["detail"] and "revoked" not in document["detail"]


def test_s19_the_tokens_of_a_deleted_account_end(client: Client) -> None:
    account = Account(client)
    token = account.token()
    assert account.call("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    problem(client.call("GET", PATH, token=token), 401, "authentication_required")


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (None, "has no personal access token"), ("", "has no personal access token"),
        ("Bearer ", "has no personal access token"), ("Bearer x", "has no personal access token"),
        ("Bearer apd_", "did not issue"), ("Bearer apd_" + "0" * 90, "did not issue"),
        ("Basic apd_x", "did not issue"),
    ],
)  # fmt: skip
def test_a_missing_or_foreign_token_is_refused(
    owner: Account, value: str | None, detail: str
) -> None:
    headers = [] if value is None else [("Authorization", value)]
    answer = owner.client.request("GET", PATH, headers)
    assert detail in problem(answer, 401, "authentication_required")["detail"]


def test_s19_a_token_of_another_server_is_refused(owner: Account) -> None:
    codec = TokenCodec(Secret(secrets.token_hex(32)))
    text = codec.encode(owner.username, 0, None, None)[1]
    answer = owner.client.call("GET", PATH, token=text)
    assert "did not issue" in problem(answer, 401, "authentication_required")["detail"]


def test_a_cursor_is_valid_for_its_token_only(account: Account) -> None:
    names = ["a", "b", "c"]
    first, second = account.token_details(names), account.token_details(names)
    page = account.client.call("GET", f"{PATH}?limit=1", token=first["token"]).json
    path = f"{PATH}?cursor={page['next_cursor']}"
    assert account.client.call("GET", path, token=first["token"]).status == 200
    problem(account.client.call("GET", path, token=second["token"]), 400, "invalid_cursor")
    everything = {"apis": ["*"]}
    assert account.call("PATCH", f"/api/tokens/{first['token_id']}", everything).status == 200
    problem(account.client.call("GET", path, token=first["token"]), 400, "invalid_cursor")


@pytest.fixture(scope="module")
def measured(environment: dict[str, str], upstream_server: Upstream) -> Iterator[MeasuredAccount]:
    """An account with policies for 60 APIs."""
    made = MeasuredAccount(read_settings(environment), upstream_server)
    for number in range(60):
        policy = Policy(9, 3600, time.time())
        made.storage.policies.replace(made.account.username, f"api-{number}", None, policy)
    yield made


@pytest.mark.parametrize(
    ("apis", "most"), [(["api-1"], 6), ([f"api-{n}" for n in range(50)], 152), (["*"], 152)]
)
def test_a_call_reads_a_bounded_number_of_units_and_writes_nothing(
    measured: MeasuredAccount, apis: list[str], most: int
) -> None:
    account = measured.account
    token = account.token(apis, limit=5, window=3600)
    measured.trips.clear()
    answer = account.client.call("GET", PATH, token=token)
    assert (answer.status, answer.json["remaining"]) == (200, 5)
    assert len(measured.trips.trips) == 4
    read = 0.0
    for trip in measured.trips.trips:
        for (operation, _), response in zip(trip.calls, trip.answers, strict=True):
            assert operation in READS and isinstance(response, dict)
            reported = response["ConsumedCapacity"]
            entries = reported if isinstance(reported, list) else [reported]
            read += sum(entry["CapacityUnits"] for entry in entries)
    assert 0 < read <= most


def test_a_forged_token_reads_nothing(measured: MeasuredAccount) -> None:
    token = measured.account.token()
    forged = token[:-8] + ("a" if token[-8] != "a" else "b") + token[-7:]
    measured.trips.clear()
    assert measured.account.client.call("GET", PATH, token=forged).status == 401
    assert measured.trips.trips == []
