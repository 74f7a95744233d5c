"""Values that cannot be stored are refused, and a plan shows nothing of them."""

from __future__ import annotations

import pytest

from api.services.env_files.service import EnvFileService
from tests.product.env_files.samples import (
    ADDRESS,
    OPENAI,
    STRIPE,
    TOKEN,
    UNUSUAL,
    plan_lines,
)


def test_a_key_that_needs_a_user_name_or_cannot_be_sent_is_not_imported(
    service: EnvFileService,
) -> None:
    lines = plan_lines(
        service,
        "TWILIO_AUTH_TOKEN=0f3c5a7b9d1e2f4a6c8b0d2e4f6a8c1b\n"
        f"TELEGRAM_BOT_TOKEN={UNUSUAL}?{UNUSUAL}\n",
    )

    assert (lines[1].action, "user name" in lines[1].reason) == ("keep", True)
    assert (lines[2].action, "path segment" in lines[2].reason) == ("refuse", True)


@pytest.mark.parametrize(
    "value", [f'{OPENAI}"', f"'{OPENAI}", f"{OPENAI}; export B=1", f"{OPENAI} B=1", f"{OPENAI}`"]
)
def test_an_unquoted_value_with_stray_characters_is_refused(
    service: EnvFileService, value: str
) -> None:
    (line,) = service.plan("ada", f"A_KEY=1\nOPENAI_API_KEY={value}\n").lines[1:]
    assert (line.line, line.action) == (2, "refuse")
    assert line.hint is None and OPENAI[-4:] not in repr(line)


def test_no_part_of_a_refused_value_is_shown(service: EnvFileService) -> None:
    content = f'OPENAI_API_KEY="{OPENAI} and"\nGITHUB_TOKEN={OPENAI}\n'
    for line in service.plan("ada", content).lines:
        assert (line.action, line.hint) == ("refuse", None)
        assert OPENAI[-4:] not in repr(line)


def test_a_key_used_as_a_name_is_refused_without_being_shown(
    service: EnvFileService,
) -> None:
    line = plan_lines(service, f"{OPENAI}=\n")[1]

    assert (line.action, line.name) == ("refuse", None)


def test_a_comment_with_a_key_is_reported(service: EnvFileService) -> None:
    lines = plan_lines(service, f"# OPENAI_API_KEY={OPENAI}\n# a plain comment\n")

    assert "looks like a key" in lines[1].reason
    assert "looks like a key" not in lines[2].reason
    assert lines[1].action == lines[2].action == "keep"


def test_s27_a_preview_of_invalid_lines_shows_no_value(
    service: EnvFileService,
) -> None:
    content = (
        "\ufeffOPENAI_API_KEY='sk-hidden-1\r\n"
        "GITHUB_TOKEN=ghp-hidden-2\0\r\n"
        "hidden-3\r\n"
        f"STRIPE_API_KEY={'hidden-4' * 2000}\r\n"
        "OPENAI_BASE_URL=https://hidden-5.example\r\n"
        f"OPENAI_API_KEY=sk-hidden-{UNUSUAL}\r\n"
    )

    plan = service.plan("ada", content)

    assert [(line.line, line.action) for line in plan.lines] == [
        (1, "refuse"),
        (2, "refuse"),
        (3, "refuse"),
        (4, "refuse"),
        (5, "keep"),
        (6, "refuse"),
    ]
    assert plan.keys == 0
    assert "hidden" not in repr(plan)


PEM = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n"
    "SecretTailx72EsSfUQUAkNX7LHQ7A==\n"
    "-----END PRIVATE KEY-----\n"
)


@pytest.mark.parametrize("start", ['P="', "P='", "P=", ""])
def test_s27_a_line_of_a_private_key_is_not_read_as_a_name(
    service: EnvFileService, start: str
) -> None:
    content = f"{start}{PEM}DEBUG=true\n"

    plan = service.plan("ada", content)

    assert [line.name for line in plan.lines] == ["P" if start else None, None, None, None, "DEBUG"]
    assert [line.action for line in plan.lines] == ["refuse"] * 4 + ["keep"]
    assert "SecretTail" not in repr(plan) and "MIIE" not in repr(plan)
    exported = service.export("ada", TOKEN, content, None, ADDRESS)
    assert exported.content == content
    assert exported.secrets[0].line == 1


def test_s27_a_key_before_an_unclosed_quote_is_not_shown_as_a_name(service: EnvFileService) -> None:
    (line,) = service.plan("ada", f'{STRIPE}="x').lines
    assert (line.name, line.action) == (None, "refuse")
