"""The client IP of a deployed API (S14, S22): the CDN's viewer behind its own CDN, otherwise the
gateway's peer. No header field that the client sends changes it.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

import msgspec
import pytest

from api.aws_lambda.client_ip import CDN_FIELD, with_client_ip
from api.aws_lambda.handler import make_handler
from api.secret import Secret
from api.services.accounts.throttling import PER_ACCOUNT_AND_SOURCE
from api.settings import read_settings
from tests.support.accounts import Account, problem
from tests.support.clients import LambdaClient, Response, event
from tests.support.logged import logged
from tests.support.products import keep
from tests.support.upstream import Place

SECRET = secrets.token_hex(32)
EDGE = "64.252.66.1"


def behind_cdn(
    made: dict[str, Any], viewer: str, shown: str | None = SECRET, edge: str = EDGE
) -> dict[str, Any]:
    """Return the event of the same request through CloudFront.

    CloudFront appends its viewer to X-Forwarded-For and sets the secret; the gateway appends
    CloudFront.
    """
    sent = made["headers"]["x-forwarded-for"].rpartition(",")[0]
    made["headers"]["x-forwarded-for"] = ", ".join([*([sent] if sent else []), viewer, edge])
    if shown is not None:
        made["headers"][CDN_FIELD] = shown
    made["requestContext"]["http"]["sourceIp"] = edge
    return made


def source(made: dict[str, Any], secret: str | None = SECRET) -> str:
    """Return the client IP of an event."""
    seen = with_client_ip(made, None if secret is None else Secret(secret))
    assert CDN_FIELD not in seen["headers"]
    address: str = seen["requestContext"]["http"]["sourceIp"]
    return address


def get(*fields: tuple[str, str]) -> dict[str, Any]:
    """Return the event of a request to the gateway's own address."""
    return event("GET", "/api/status", fields, None)


@pytest.mark.parametrize("viewer", ["198.51.100.7", "2001:db8:1:2::7"])
def test_s14_behind_the_cdn_the_client_is_the_viewer(viewer: str) -> None:
    assert source(behind_cdn(get(), viewer)) == viewer


@pytest.mark.parametrize(
    "sent",
    ["192.0.2.1", "192.0.2.1, 192.0.2.2", EDGE, f"192.0.2.1, {EDGE}", "192.0.2.1,", ",,,", "x"],
)
def test_s14_a_forwarded_for_field_of_the_viewer_is_ignored(sent: str) -> None:
    made = behind_cdn(get(("X-Forwarded-For", sent)), "198.51.100.7")
    assert source(made) == "198.51.100.7"


@pytest.mark.parametrize(
    "shown",
    [None, "", "wrong", SECRET[:-1], f"{SECRET},{SECRET}", "\udcff"],
    ids=["none", "empty", "wrong", "shorter", "twice", "not-ascii"],
)
def test_s14_without_the_secret_of_the_cdn_the_client_is_the_peer_of_the_gateway(
    shown: str | None,
) -> None:
    assert source(behind_cdn(get(), "198.51.100.7", shown)) == EDGE


def test_s14_a_stack_without_a_cdn_ignores_forwarded_for() -> None:
    assert source(behind_cdn(get(), "198.51.100.7"), secret=None) == EDGE


@pytest.mark.parametrize(
    "field",
    ["X-Forwarded-For", "CloudFront-Viewer-Address", "Forwarded", "X-Real-IP", "True-Client-IP"],
)
def test_s14_a_direct_call_with_forged_fields_comes_from_the_peer_of_the_gateway(
    field: str,
) -> None:
    forged = f"192.0.2.1, {EDGE}" if field == "X-Forwarded-For" else "192.0.2.1"
    assert source(get((field, forged), (CDN_FIELD, "guessed"))) == "203.0.113.7"


@pytest.mark.parametrize(
    "hops",
    ["", EDGE, "198.51.100.7", "192.0.2.1, 198.51.100.7", f", {EDGE}", f"unknown, {EDGE}",
     f"198.51.100.7:80, {EDGE}", f"[2001:db8::7], {EDGE}", f"198.51.100.7\0, {EDGE}"],
)  # fmt: skip
def test_a_malformed_forwarded_for_list_is_ignored(hops: str) -> None:
    made = behind_cdn(get(), "198.51.100.7")
    made["headers"]["x-forwarded-for"] = hops
    assert source(made) == EDGE


def test_a_source_ip_with_a_leading_space_is_accepted() -> None:
    made = behind_cdn(get(), "198.51.100.7")
    made["requestContext"]["http"]["sourceIp"] = f" {EDGE}"
    assert source(made) == "198.51.100.7"
    made["headers"].pop(CDN_FIELD, None)
    assert source(made) == EDGE


class Edge:
    """A deployed function, called at its own address or through its CDN."""

    def __init__(self, environment: dict[str, str]) -> None:
        settings = read_settings(environment)
        complete = msgspec.structs.replace(settings, cdn_secret=Secret(SECRET))
        self.handler = make_handler(complete)
        keep(self.handler)

    def direct(self, shown: str | None = None) -> LambdaClient:
        """Return a client of the gateway's address that sends `shown` as the CDN's secret."""

        def call(made: dict[str, Any], context: object) -> dict[str, Any]:
            if shown is not None:
                made["headers"][CDN_FIELD] = shown
            answer: dict[str, Any] = self.handler(made, context)
            return answer

        return LambdaClient(call)

    def through_cdn(self, viewer: str) -> LambdaClient:
        """Return a client of the CDN with this address."""

        def call(made: dict[str, Any], context: object) -> dict[str, Any]:
            answer: dict[str, Any] = self.handler(behind_cdn(made, viewer), context)
            return answer

        return LambdaClient(call)


@pytest.fixture(scope="module")
def edge(environment: dict[str, str]) -> Edge:
    """The function behind a CDN."""
    return Edge(environment)


def guess(client: LambdaClient, username: str, *fields: tuple[str, str]) -> Response:
    """Sign in with a wrong password."""
    body = json.dumps({"username": username, "password": "wrong password"}).encode()
    return client.request(
        "POST", "/api/auth/login", [("Content-Type", "application/json"), *fields], body
    )


def test_s22_viewers_of_one_edge_are_throttled_separately(edge: Edge) -> None:
    username = f"u{secrets.token_hex(8)}"
    first, second = edge.through_cdn("198.51.103.7"), edge.through_cdn("198.51.103.8")
    for number in range(PER_ACCOUNT_AND_SOURCE):
        forged = ("X-Forwarded-For", f"192.0.2.{number}")
        problem(guess(first, username, forged), 401, "invalid_credentials")
    problem(guess(first, username), 429, "too_many_attempts")
    problem(guess(second, username), 401, "invalid_credentials")


def test_s22_a_direct_client_cannot_change_its_address_between_attempts(edge: Edge) -> None:
    username = f"u{secrets.token_hex(8)}"
    client = edge.direct(shown="guessed")
    for number in range(PER_ACCOUNT_AND_SOURCE):
        forged = ("X-Forwarded-For", f"192.0.2.{number}")
        problem(guess(client, username, forged), 401, "invalid_credentials")
    problem(guess(client, username, ("X-Forwarded-For", "192.0.2.99")), 429, "too_many_attempts")


def test_s14_the_addresses_of_a_token_are_compared_with_the_viewer(
    edge: Edge, place: Place
) -> None:
    account = Account(edge.through_cdn("198.51.103.10"))
    account.key(place)
    made = account.token_details(["test"], allowed_ips=["198.51.103.10"])
    assert account.proxied(made["token"]).status == 200
    forged = ("X-Forwarded-For", f"198.51.103.10, {EDGE}")
    other = edge.through_cdn("198.51.103.11")
    for client in (other, edge.direct(), edge.direct(shown="guessed")):
        for path in ("/proxy/test/x", "/api/token"):
            answer = client.request(
                "GET", path, [("Authorization", f"Bearer {made['token']}"), forged]
            )
            problem(answer, 403, "address_not_allowed")
    assert len(place.received) == 1
    seen = account.call("GET", f"/api/tokens/{made['token_id']}").json
    assert [one["network"] for one in seen["networks"]] == ["198.51.103.10"]


def test_s14_the_viewer_is_logged_and_the_secret_of_the_cdn_is_not(
    edge: Edge, place: Place
) -> None:
    with logged() as events:
        account = Account(edge.through_cdn("198.51.103.9"))
        account.key(place)
        assert account.proxied(account.token()).status == 200
        (session,) = account.call("GET", "/api/sessions").json["items"]
    assert session["source"] == "198.51.103.9"
    assert {event["source"] for event in events() if "source" in event} == {"198.51.103.9"}
    assert SECRET not in json.dumps(events())
    sent = [text for field in place.last.headers for text in field]
    assert not [text for text in sent if SECRET in text or "198.51.103.9" in text or EDGE in text]
    assert CDN_FIELD not in [name.lower() for name, _ in place.last.headers]
