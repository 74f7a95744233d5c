"""Calls beyond the limits of calls in progress are refused at once, without calling the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client as WsgiClient
from werkzeug.test import create_environ

from api.proxy.call_slots import CallSlots, Slot
from api.settings import read_settings
from api.wiring import build_app
from api.wsgi import App
from tests.support.accounts import Account, problem
from tests.support.in_process import InProcess
from tests.support.products import keep
from tests.support.upstream import Answer, Place

LIMIT = 2


@pytest.fixture(scope="module")
def slots() -> CallSlots:
    """The calls in progress."""
    return CallSlots(LIMIT, LIMIT)


@pytest.fixture(scope="module")
def limited_app(environment: dict[str, str], slots: CallSlots) -> App:
    """The application with small limits."""
    app = build_app(read_settings(environment), slots=slots)
    keep(app)
    return app


@pytest.fixture
def account(limited_app: App) -> Account:
    """A new user."""
    return Account(InProcess(limited_app))


Occupy = Callable[..., list[Slot]]


@pytest.fixture
def occupy(account: Account, slots: CallSlots) -> Occupy:
    """Take all slots of a token or of an API."""

    def take(api_name: str = "test", token_id: str | None = None) -> list[Slot]:
        return [slots.acquire(account.username, api_name, token_id) for _ in range(LIMIT)]

    return take


def last_entry(account: Account) -> dict[str, Any]:
    entry: dict[str, Any] = account.call("GET", "/api/requests").json["items"][0]
    return entry


def test_s46_beyond_the_limit_of_a_token(account: Account, place: Place, occupy: Occupy) -> None:
    account.key(place)
    details = account.token_details(["test"])
    held = occupy("elsewhere", details["token_id"])

    answer = account.proxied(details["token"])

    assert problem(answer, 429, "too_many_token_calls")["limit"] == LIMIT
    assert answer.get("Retry-After") == "5" and place.received == []
    assert last_entry(account)["problem"] == "too_many_token_calls"
    assert account.proxied(account.token(["test"])).status == 200, "another token is unaffected"
    held[0].release()
    assert account.proxied(details["token"]).status == 200
    for slot in held:
        slot.release()


def test_s46_beyond_the_limit_of_an_api(account: Account, place: Place, occupy: Occupy) -> None:
    account.key(place)
    account.key(place, api_name="other")
    token = account.token()
    held = occupy()

    answer = account.proxied(token)

    assert problem(answer, 503, "too_many_api_calls")["limit"] == LIMIT
    assert answer.get("Retry-After") == "5" and place.received == []
    assert answer.get("Proxy-Status") == "api-dashboard; error=connection_limit_reached"
    assert answer.get("x-should-retry") is None, "the API was not called"
    totals = account.call("GET", "/api/stats").json["totals"]
    assert (totals["requests"], totals["refused"], totals["failures"]) == (1, 1, 0)
    assert account.proxied(token, "/proxy/other/x").status == 200, "another API is unaffected"
    for slot in held:
        slot.release()
    assert account.proxied(token).status == 200


def test_a_refused_call_does_not_count_in_rate_limits(
    account: Account, place: Place, occupy: Occupy
) -> None:
    account.key(place)
    token = account.token(["test"], limit=1, window=3600)
    held = occupy()
    for _ in range(3):
        problem(account.proxied(token), 503, "too_many_api_calls")
    for slot in held:
        slot.release()

    assert account.proxied(token).status == 200
    problem(account.proxied(token), 429, "token_rate_limited")


@pytest.mark.parametrize(("provider", "member"), [("notion", "object"), ("resend", "statusCode")])
def test_a_refusal_has_the_error_shape_of_the_api(
    account: Account, place: Place, occupy: Occupy, provider: str, member: str
) -> None:
    account.key(place, provider=provider)
    held = occupy()

    answer = account.proxied(account.token(["test"]))

    assert member in json.loads(answer.body)
    for slot in held:
        slot.release()


@pytest.mark.parametrize("status", [200, 500])
def test_a_call_releases_its_slots(
    account: Account, place: Place, slots: CallSlots, status: int
) -> None:
    account.key(place)
    details = account.token_details(["test"])
    place.answer(Answer(status, [], b"x"))

    for _ in range(2 * LIMIT):
        assert account.proxied(details["token"]).status == status

    assert slots.in_progress(details["token_id"]) == 0


def test_a_failed_call_releases_its_slots(
    account: Account, place: Place, slots: CallSlots, closed_port: int
) -> None:
    account.key(place, base_url=f"http://127.0.0.1:{closed_port}")
    details = account.token_details(["test"])

    for _ in range(2 * LIMIT):
        problem(account.proxied(details["token"]), 502, "connect_failed")

    assert slots.in_progress((account.username, "test")) == 0


@pytest.mark.parametrize("ending", ["read", "closed"])
def test_a_stream_holds_its_slots_until_it_ends(
    account: Account, place: Place, slots: CallSlots, limited_app: App, ending: str
) -> None:
    account.key(place)
    details = account.token_details(["test"])
    place.answer(Answer(200, [], pieces=lambda: [b"x" * 70_000] * 3))
    fields = {"Authorization": f"Bearer {details['token']}"}

    streams = [
        WsgiClient(limited_app).open("/proxy/test/x", headers=fields, buffered=False)
        for _ in range(LIMIT)
    ]
    problem(account.proxied(details["token"]), 429, "too_many_token_calls")
    for stream in streams:
        if ending == "read":
            assert len(stream.data) == 210_000
        stream.close()

    assert (
        slots.in_progress(details["token_id"]) == slots.in_progress((account.username, "test")) == 0
    )
    assert account.proxied(details["token"]).status == 200


def test_a_response_that_the_server_cannot_start_releases_its_slots(
    account: Account, place: Place, slots: CallSlots, limited_app: App
) -> None:
    account.key(place)
    details = account.token_details(["test"])
    place.answer(Answer(200, [], pieces=lambda: [b"x" * 70_000] * 3))

    def start_response(*_: object) -> Any:
        raise ValueError("a field that cannot be sent")

    environ = create_environ(
        "/proxy/test/x", headers={"Authorization": f"Bearer {details['token']}"}
    )
    with pytest.raises(ValueError, match="cannot be sent"):
        limited_app(environ, start_response)

    assert slots.in_progress(details["token_id"]) == 0
    assert last_entry(account)["problem"] == "internal_error"
