"""Email by Amazon SES (moto), as the function sends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from api.notifications.messages import Message
from api.notifications.ses_mailer import SesMailer
from tests.product.notifications.notifying import EXAMPLE, NotifyingProduct
from tests.support.upstream import Place

REGION = "us-east-2"
SENDER = "alerts@example.com"
MESSAGE = Message("1-ab", 1_780_000_000, "key", "Title with ü", "See https://evil.example/ now.")


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing-0123456789")
    with mock_aws():
        boto3.client("sesv2", region_name=REGION).create_email_identity(EmailIdentity=SENDER)
        yield ses_backends[DEFAULT_ACCOUNT_ID][REGION]


def test_a_verified_sender_sends_plain_text(ses: Any) -> None:
    result = SesMailer(SENDER, REGION).send(MESSAGE, "ada@example.com")
    assert (result.delivered, result.detail) == (True, "Amazon SES accepted the email.")
    (sent,) = ses.sent_messages
    assert sent.source == SENDER
    assert sent.destinations["ToAddresses"] == ["ada@example.com"]
    assert sent.subject == "Title with ü"
    assert sent.body == "See https:/\u200b/evil.example/ now."


def test_a_refusal_is_reported(ses: Any) -> None:
    result = SesMailer("nobody@example.com", REGION).send(MESSAGE, "ada@example.com")
    assert not result.delivered
    assert result.detail == "Amazon SES refused the email (MessageRejected)."
    assert ses.sent_messages == []


def test_an_unreachable_service_is_reported(
    monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing-0123456789")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", f"http://127.0.0.1:{closed_port}")
    result = SesMailer(SENDER, REGION).send(MESSAGE, "ada@example.com")
    assert not result.delivered and "did not respond" in result.detail


def test_the_function_delivers_by_ses(
    ses: Any, own_environment: dict[str, str], place: Place
) -> None:
    product = NotifyingProduct(
        own_environment,
        place,
        AWS_LAMBDA_FUNCTION_NAME="api",
        AWS_REGION=REGION,
        API_DASHBOARD_ALLOWED_UPSTREAMS="",
        API_DASHBOARD_MAIL_FROM=SENDER,
    )
    target = product.target("email", "ada@example.com")
    assert product.test(target)["delivered"]
    product.notify()
    product.deliver()
    product.deliver(after=3600)
    assert [sent.subject for sent in ses.sent_messages] == ["Test notification", EXAMPLE.title]
