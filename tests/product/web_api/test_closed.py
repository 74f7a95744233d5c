"""An installation that is closed for writes serves reads and refuses the rest."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from api.aws_lambda.handler import make_handler
from api.settings import read_settings
from tests.support.accounts import PASSWORD, Account
from tests.support.in_process import InProcess
from tests.support.products import another_app, keep
from tests.support.upstream import Place

REASON = "This installation moved to https://keys.example.com: use it there."


@pytest.fixture
def account(environment: Mapping[str, str]) -> Account:
    """An account of the installation while it is open."""
    return Account(InProcess(another_app(environment)))


@pytest.fixture
def closed(environment: Mapping[str, str], account: Account) -> InProcess:
    """The same installation, closed."""
    return InProcess(another_app(environment, API_DASHBOARD_CLOSED=REASON))


def test_proxied_calls_are_refused_before_anything_is_read_or_called(
    account: Account, closed: InProcess, place: Place
) -> None:
    account.key(place)
    token = account.token()
    answer = closed.request("GET", "/proxy/test/x", [("Authorization", f"Bearer {token}")])
    assert (answer.status, answer.json["code"]) == (503, "closed_for_writes")
    assert answer.json["detail"] == REASON
    assert answer.get("Retry-After") == "60"
    assert answer.get("Proxy-Status")
    assert place.received == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/keys"),
        ("DELETE", "/api/tokens/x"),
        ("PATCH", "/api/me"),
        ("PUT", "/api/rate-limits/x"),
        ("POST", "/api/auth/register"),
    ],
)
def test_writes_of_the_web_api_are_refused(
    account: Account, closed: InProcess, method: str, path: str
) -> None:
    answer = closed.call(method, path, {}, account.access)
    assert (answer.status, answer.json["code"]) == (503, "closed_for_writes")


def test_reads_and_sessions_work(account: Account, closed: InProcess) -> None:
    assert closed.call("GET", "/api/me", None, account.access).status == 200
    assert closed.call("GET", "/api/status").status == 200
    signed_in = closed.call(
        "POST", "/api/auth/login", {"username": account.username, "password": PASSWORD}
    )
    assert signed_in.status == 200


def test_the_function_runs_no_scheduled_checks(environment: Mapping[str, str]) -> None:
    handler = make_handler(read_settings({**environment, "API_DASHBOARD_CLOSED": REASON}))
    keep(handler)
    assert handler({"task": "scheduled_checks"}, None) == {}
