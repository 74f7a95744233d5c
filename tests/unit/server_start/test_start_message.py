"""What the server prints when it has started."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli.server.start_message import browser_url, start_message
from api.settings import Settings

STOP = "To stop the server, press Ctrl+C or send SIGTERM."


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8420"),
        ("0.0.0.0", "http://127.0.0.1:8420"),
        ("::", "http://127.0.0.1:8420"),
        ("::1", "http://[::1]:8420"),
        ("dashboard.lan", "http://dashboard.lan:8420"),
    ],
)
def test_the_address_can_be_opened(host: str, url: str) -> None:
    assert browser_url(Settings(host=host)) == url


def test_with_a_certificate_it_is_https() -> None:
    settings = Settings(tls_certificate="certificate.pem", tls_key="key.pem")
    assert browser_url(settings) == "https://127.0.0.1:8420"


def test_the_first_start_says_where_to_sign_up(tmp_path: Path) -> None:
    data = tmp_path / "data"
    settings = Settings(data=data, pages=tmp_path)
    assert start_message(settings, ["A note."]) == [
        f"Data folder: {data}",
        "A note.",
        "First start: open http://127.0.0.1:8420/sign-up to create an account.",
        STOP,
    ]


def test_a_later_start_does_not(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("1\n")
    settings = Settings(data=tmp_path, pages=tmp_path)
    assert start_message(settings, []) == [f"Data folder: {tmp_path}", STOP]


def test_without_pages_there_is_no_page_to_sign_up(tmp_path: Path) -> None:
    assert len(start_message(Settings(data=tmp_path), [])) == 2


def test_another_database_needs_no_data_folder(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, dynamodb_endpoint="http://127.0.0.1:8000")
    assert start_message(settings, []) == [STOP]
