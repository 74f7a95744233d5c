"""The real server delivers by itself, and so does the function's schedule."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from api.aws_lambda.handler import make_handler
from api.settings import read_settings
from tests.conftest import running
from tests.product.notifications.notifying import EXAMPLE, TARGETS, NotifyingProduct
from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.machine import until
from tests.support.mail_server import MailServer
from tests.support.products import keep
from tests.support.upstream import Place


@pytest.fixture(scope="module")
def mail_server(authority: tuple[trustme.CA, Path]) -> Iterator[MailServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.2").configure_cert(context)
    with MailServer("127.0.0.2", context) as server:
        yield server


@pytest.fixture(scope="module")
def own_server(
    own_environment: dict[str, str],
    mail_server: MailServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[HttpClient]:
    settings = {
        **own_environment,
        "API_DASHBOARD_SMTP_URL": f"smtp://127.0.0.2:{mail_server.port}",
        "API_DASHBOARD_MAIL_FROM": "alerts@example.com",
    }
    with running(settings, tmp_path_factory.mktemp("notifying")) as client:
        yield client


def create(account: Account, kind: str, address: str) -> str:
    body = {"name": "Mine", "kind": kind, "address": address}
    answer = account.call("POST", TARGETS, body)
    assert answer.status == 201, answer.body
    return f"{TARGETS}/{answer.json['target_id']}"


def test_the_server_sends_tests_at_once(
    own_server: HttpClient, mail_server: MailServer, place: Place
) -> None:
    account = Account(own_server)
    for kind, address in (("webhook", f"{place.url}/hook"), ("email", "ada@example.com")):
        path = create(account, kind, address)
        answer = account.call("POST", f"{path}/test")
        assert answer.status == 200 and answer.json["delivered"], answer.body
    assert b"Test notification" in place.last.body
    assert mail_server.received[-1]["Subject"] == "Test notification"
    assert mail_server.was_encrypted[-1]


def test_the_server_delivers_within_a_minute(
    own_server: HttpClient, own_environment: dict[str, str], mail_server: MailServer, place: Place
) -> None:
    account = Account(own_server)
    create(account, "webhook", f"{place.url}/hook")
    create(account, "email", "ada@example.com")
    before = len(mail_server.received)
    outbox = NotifyingProduct(own_environment, place).outbox
    assert outbox.enqueue(account.username, EXAMPLE)

    def arrived() -> bool:
        return bool(place.received) and len(mail_server.received) > before

    until(arrived)
    assert len(place.received) == 1
    assert mail_server.received[-1]["Subject"] == EXAMPLE.title


def test_the_function_delivers_with_its_schedule(product: NotifyingProduct) -> None:
    product.target()
    product.notify()
    handler = make_handler(read_settings(product.environment))
    keep(handler)
    assert handler({"task": "scheduled_checks"}, None)["deliveries"] == 1
    assert len(product.place.received) == 1
    assert handler({"task": "scheduled_checks"}, None)["deliveries"] == 0
