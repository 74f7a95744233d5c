"""The permissions of the streaming function's role are exactly those that proxied calls need (S39).

Only proxied calls are recorded, on a real engine. What they use is prepared through the API, with
the permissions of the API function.
"""

from __future__ import annotations

from typing import Any

import pytest

from api.settings import read_settings
from api.wiring import build_app
from tests.infra.program import Deployment
from tests.infra.test_policy import actions, allowed, recording_table
from tests.product.proxy.pools import Keys, limited
from tests.support.accounts import Account
from tests.support.in_process import InProcess
from tests.support.products import storage_of
from tests.support.recording import RecordingClient
from tests.support.upstream import Answer, Place

NAMES = [f"n{number}" for number in range(9)]  # more than a pool's item holds


def call_in_every_way(account: Account, place: Place, recording: RecordingClient) -> None:
    """Prepare keys, limits and tokens, then make proxied calls of every kind."""
    for name in NAMES:
        account.key(place, f"sk-{name}-0123456789")
    account.key(place, api_name="other")
    limit = {"limit": 3, "window": 3600}
    assert account.call("PUT", "/api/rate-limits/other", limit).status in (200, 201)
    token = account.token()
    details = account.token_details(["other"], limit=5, window=60)
    path = f"/api/rate-limits/other/reservations/{details['token_id']}"
    assert account.call("PUT", path, {"amount": 1}).status == 200
    recording.clear()
    keys = Keys(place, **{name: limited(600) for name in NAMES})
    assert {account.proxied(token).status for _ in range(12)} == {429}
    assert sorted(keys.used) == NAMES, "a key that the pool's item does not hold was not used"
    place.answer(Answer(200, [("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "60")], b""))
    statuses = [
        account.proxied(one, "/proxy/other/x").status
        for one in (account.access, token, details["token"], details["token"], token)
    ]
    assert 200 in statuses and 429 in statuses
    assert account.proxied(token, "/proxy/no-such-api/x").status == 404
    assert account.proxied(details["token"], "/proxy/test/x").status == 403
    assert account.client.request("GET", "/proxy/test/x").status == 401


@pytest.fixture(scope="module")
def recording(environment: dict[str, str], upstream_server: Any) -> RecordingClient:
    """The recorded calls of the table."""
    storage = storage_of(environment)
    recording = RecordingClient(storage.table.client)
    storage.table.client = recording  # type: ignore[assignment]
    app = build_app(read_settings(environment), storage=storage)
    call_in_every_way(Account(InProcess(app)), upstream_server.place("proxied"), recording)
    return recording


def test_s39_no_proxied_call_without_permission_and_no_permission_without_a_call(
    recording: RecordingClient, first_stack: Deployment
) -> None:
    assert allowed(first_stack, "dynamodb", "proxy-function-policy") == actions(recording)


def test_s39_proxied_calls_need_no_index(recording: RecordingClient) -> None:
    payloads = [payload for trip in recording.trips for _, payload in trip.calls]
    assert not any("IndexName" in payload for payload in payloads)
    tables = {payload["TableName"] for payload in payloads if "TableName" in payload}
    assert tables == {recording_table(recording)}
