"""The settings of mail: a sender with a server, or with Amazon SES on AWS."""

from __future__ import annotations

import pytest

from api.errors import SettingError
from api.settings import read_settings

SENDER = {"API_DASHBOARD_MAIL_FROM": "alerts@example.com"}


def test_without_settings_there_is_no_mail() -> None:
    assert read_settings({}).mail is None


def test_a_server_is_read_from_the_url() -> None:
    url = "smtp://mailer%40example.com:p%40ss%2Fword@mail.example.com"
    mail = read_settings({**SENDER, "API_DASHBOARD_SMTP_URL": url}).mail
    assert mail is not None and mail.smtp is not None and mail.smtp.password is not None
    server = mail.smtp
    assert (mail.sender, server.host, server.port) == (
        "alerts@example.com",
        "mail.example.com",
        587,
    )
    assert server.password is not None
    assert (server.username, server.password.reveal()) == ("mailer@example.com", "p@ss/word")
    assert not server.is_tls and not server.may_be_plain
    assert "p@ss" not in repr(mail)


@pytest.mark.parametrize(
    ("url", "port", "is_tls", "may_be_plain"),
    [
        ("smtps://mail.example.com", 465, True, False),
        ("smtp://localhost:1025", 1025, False, True),
        ("smtp://[::1]", 587, False, True),
        ("smtp://127.0.0.1:25/", 25, False, True),
        ("smtp://127.0.0.1.example.com", 587, False, False),
    ],
)
def test_only_a_server_on_this_machine_may_be_used_without_tls(
    url: str, port: int, is_tls: bool, may_be_plain: bool
) -> None:
    mail = read_settings({**SENDER, "API_DASHBOARD_SMTP_URL": url}).mail
    assert mail is not None and mail.smtp is not None
    server = mail.smtp
    assert (server.port, server.is_tls, server.may_be_plain) == (port, is_tls, may_be_plain)


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("http://mail.example.com", "a@example.com"),
        ("smtp://", "a@example.com"),
        ("smtp://mail.example.com:99999", "a@example.com"),
        ("smtp://user@mail.example.com", "a@example.com"),
        ("smtp://mail.example.com/path", "a@example.com"),
        ("smtp://user:pa?ss@mail.example.com", "a@example.com"),
        ("smtp://mail.example.com", ""),
        ("", "a@example.com"),
        ("smtp://mail.example.com", "Alerts <a@example.com>"),
        ("smtp://mail.example.com", "a@example.com, b@example.com"),
    ],
    ids=range(10),
)
def test_an_invalid_setting_is_refused_by_name(url: str, sender: str) -> None:
    with pytest.raises(SettingError, match=r"API_DASHBOARD_(SMTP_URL|MAIL_FROM)") as refused:
        read_settings({"API_DASHBOARD_SMTP_URL": url, "API_DASHBOARD_MAIL_FROM": sender})
    assert "pa?ss" not in str(refused.value)


def test_a_function_has_a_sender_and_no_server() -> None:
    deployed = {**SENDER, "AWS_LAMBDA_FUNCTION_NAME": "api"}
    mail = read_settings(deployed).mail
    assert mail is not None and (mail.sender, mail.smtp) == ("alerts@example.com", None)
    with pytest.raises(SettingError, match="one machine only"):
        read_settings({**deployed, "API_DASHBOARD_SMTP_URL": "smtp://mail.example.com"})
