"""Notifications by email: an SMTP server, with and without TLS, and one that refuses."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from tests.product.notifications.notifying import EXAMPLE, TARGETS, NotifyingProduct
from tests.support.mail_server import PASSWORD, USER, MailServer
from tests.support.upstream import Place

ADDRESS = "ada@example.com"
SENDER = "alerts@dashboard.example"


@pytest.fixture(scope="module")
def certificate(authority: tuple[trustme.CA, Path]) -> ssl.SSLContext:
    """A certificate for localhost and 127.0.0.2, which the product trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("localhost", "127.0.0.2").configure_cert(context)
    return context


class Mailing:
    """Builds the product with a mail server."""

    def __init__(self, environment: dict[str, str], place: Place) -> None:
        self._environment, self._place = environment, place

    def __call__(self, url: str) -> NotifyingProduct:
        return NotifyingProduct(
            self._environment,
            self._place,
            API_DASHBOARD_SMTP_URL=url,
            API_DASHBOARD_MAIL_FROM=SENDER,
        )


@pytest.fixture
def mailing(own_environment: dict[str, str], place: Place) -> Mailing:
    return Mailing(own_environment, place)


def test_an_email_arrives_in_plain_text(mailing: Mailing) -> None:
    with MailServer() as server:
        product = mailing(f"smtp://127.0.0.1:{server.port}")
        target = product.target("email", ADDRESS)
        assert target["address"] == ADDRESS and target["secret"] is None
        assert "email" in product.call("GET", TARGETS).json["kinds"]
        assert product.notify() and not product.notify()
        product.deliver()
        product.deliver(after=3600)
    (mail,) = server.received
    assert server.recipients == [[ADDRESS]]
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, ADDRESS, EXAMPLE.title)
    assert mail.get_content().strip() == EXAMPLE.text
    assert mail.get_content_type() == "text/plain"
    (listed,) = product.listed()
    assert mail["Message-ID"] == f"<{listed['notification_id']}@dashboard.example>"
    assert listed["deliveries"][0]["state"] == "delivered"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_server_elsewhere_is_used_with_starttls_and_login(
    mailing: Mailing, certificate: ssl.SSLContext
) -> None:
    with MailServer("127.0.0.2", certificate, needs_login=True) as server:
        login = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
        product = mailing(f"smtp://{login}@127.0.0.2:{server.port}")
        assert product.test(product.target("email", ADDRESS)) == {
            "delivered": True,
            "status": None,
            "detail": "The mail server accepted the email.",
        }
    assert server.was_encrypted == [True]


def test_tls_from_the_start(mailing: Mailing, certificate: ssl.SSLContext) -> None:
    with MailServer("localhost", certificate, is_implicit=True) as server:
        product = mailing(f"smtps://localhost:{server.port}")
        assert product.test(product.target("email", ADDRESS))["delivered"]
    assert len(server.received) == 1


def test_a_server_elsewhere_without_starttls_gets_nothing(mailing: Mailing) -> None:
    with MailServer("127.0.0.2") as server:
        product = mailing(f"smtp://127.0.0.2:{server.port}")
        result = product.test(product.target("email", ADDRESS))
    assert not result["delivered"] and "does not offer STARTTLS" in result["detail"]
    assert server.received == []


def test_an_untrusted_certificate_is_refused(mailing: Mailing) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.2").configure_cert(context)
    with MailServer("127.0.0.2", context) as server:
        product = mailing(f"smtp://127.0.0.2:{server.port}")
        result = product.test(product.target("email", ADDRESS))
    assert not result["delivered"] and "certificate is not trusted" in result["detail"]
    assert server.received == []


def test_a_wrong_password_is_reported(mailing: Mailing, certificate: ssl.SSLContext) -> None:
    with MailServer("127.0.0.2", certificate, needs_login=True) as server:
        product = mailing(f"smtp://{quote(USER)}:wrong@127.0.0.2:{server.port}")
        result = product.test(product.target("email", ADDRESS))
    assert result["detail"] == (
        "The mail server refused the user and password in API_DASHBOARD_SMTP_URL (535)."
    )


@pytest.mark.parametrize(
    ("step", "response", "detail"),
    [
        ("rcpt", "550 No such user", "The mail server refused the recipient (550)."),
        ("rcpt", "450 Greylisted", "The mail server refused the recipient for now (450)."),
        ("data", "554 Spam", "The mail server refused the message (554)."),
    ],
)
def test_a_refused_email_is_tried_again(
    mailing: Mailing, step: str, response: str, detail: str
) -> None:
    with MailServer(refusals={step: response}) as server:
        product = mailing(f"smtp://127.0.0.1:{server.port}")
        product.target("email", ADDRESS)
        product.notify()
        product.deliver()
        (listed,) = product.listed()
        (delivery,) = listed["deliveries"]
        assert (delivery["state"], delivery["attempts"]) == ("waiting", 1)
        assert delivery["detail"] == detail
        server.refusals.clear()
        product.deliver(after=60)
    assert len(server.received) == 1


@pytest.fixture
def mute() -> Iterator[int]:
    """The port of a server that sends its greeting byte by byte, without an end."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while not ended.wait(0.05):
                connection.sendall(b"2")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    ended.set()
    thread.join()
    listener.close()


def test_a_slow_mail_server_is_given_up_after_ten_seconds_in_all(
    mailing: Mailing, mute: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.notifications.smtp_mailer.SECONDS", 1.0)
    product = mailing(f"smtp://127.0.0.1:{mute}")
    result = product.test(product.target("email", ADDRESS))
    assert not result["delivered"] and "did not respond within" in result["detail"]


def test_a_mail_server_that_is_not_there_is_reported(mailing: Mailing, closed_port: int) -> None:
    product = mailing(f"smtp://127.0.0.1:{closed_port}")
    result = product.test(product.target("email", ADDRESS))
    assert result["detail"] == "No connection to the mail server could be opened."


@pytest.mark.parametrize(
    "address",
    [
        "ada",
        "ada@",
        "@example.com",
        "a b@example.com",
        "ada@example.com, eve@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "Ada <ada@example.com>",
        "adä@example.com",
        "ada@exa_mple..com",
        "a" * 65 + "@example.com",
    ],
)
def test_s51_an_email_address_is_one_plain_address(mailing: Mailing, address: str) -> None:
    product = mailing("smtp://127.0.0.1:25")
    body = {"name": "Mail", "kind": "email", "address": address}
    answer = product.call("POST", TARGETS, body)
    assert (answer.status, answer.json["field"]) == (422, "address")
