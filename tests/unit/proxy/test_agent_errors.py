"""What coding agents get for a problem: no retries that cannot help, and a sentence to show.

The matrix of docs/agents.md has the releases that were tried.
"""

from __future__ import annotations

import pytest

from api.provider_errors import ERROR_SHAPES
from tests.unit.proxy.test_problem_response import MESSAGE, answer

HOURS = (("Retry-After", "3600"),)
SECONDS = (("Retry-After", "60"),)
SDK = "OpenAI/Python 2.0.0"
CODEX = "codex_exec/0.171.0 (Debian 12.0.0; x86_64) dumb (codex_exec; 0.171.0)"
WAITERS = [
    CODEX,
    "codex-tui/0.171.0",
    "opencode/1.18.33 ai-sdk/provider-utils/4.0.46",
    "QwenCode/0.15",
]


@pytest.mark.parametrize(
    ("code", "headers", "expected"),
    [
        ("authentication_required", (), "false"),
        ("token_scope", (), "false"),
        ("unknown_api", (), "false"),
        ("request_too_large", (), "false"),
        ("token_rate_limited", HOURS, "false"),
        ("rate_limited", (("Retry-After", "61"),), "false"),
        ("token_rate_limited", SECONDS, None),
        ("too_many_token_calls", (("Retry-After", "5"),), None),
        ("upstream_reset", (), None),
    ],
)
def test_sdks_do_not_repeat_a_call_that_is_refused_for_longer(
    code: str, headers: tuple[tuple[str, str], ...], expected: str | None
) -> None:
    fields, _ = answer("anthropic", code, headers, agent=SDK)
    assert fields.get("x-should-retry") == fields.get("stripe-should-retry") == expected
    assert fields.get("retry-after") == dict(headers).get("Retry-After")


def test_a_problem_that_says_whether_to_repeat_keeps_its_word() -> None:
    fields, _ = answer("openai", "authentication_required", (("x-should-retry", "true"),))
    assert fields["x-should-retry"] == "true"


@pytest.mark.parametrize("agent", WAITERS)
def test_an_agent_that_would_wait_for_hours_gets_no_retry_after(agent: str) -> None:
    fields, document = answer("openai", "token_rate_limited", HOURS, agent=agent)
    assert "retry-after" not in fields
    assert document["error"]["message"] == MESSAGE
    assert document["code"] == document["error"]["code"] == "token_rate_limited"
    fields, _ = answer("openai", "token_rate_limited", SECONDS, agent=agent)
    assert fields["retry-after"] == "60"


def test_codex_shows_the_message_of_a_limit() -> None:
    fields, document = answer("openai", "token_rate_limited", HOURS, agent=CODEX)
    assert document["error"]["type"] == "usage_limit_reached"
    assert isinstance(document["error"]["resets_at"], int)
    assert fields["x-codex-promo-message"] == MESSAGE.removesuffix(".")
    fields, document = answer("openai", "token_rate_limited", HOURS, agent=SDK)
    assert document["error"]["type"] == "token_rate_limited"
    assert "x-codex-promo-message" not in fields


@pytest.mark.parametrize("api_name", [slug for shape in ERROR_SHAPES for slug in shape.slugs])
def test_an_agent_gets_a_lasting_limit_of_any_provider(api_name: str) -> None:
    """Also where `error` is a word: Slack, GitLab, Hugging Face."""
    fields, plain = answer(api_name, "token_rate_limited", HOURS, agent=SDK)
    for agent in WAITERS:
        fields, document = answer(api_name, "token_rate_limited", HOURS, agent=agent)
        assert "retry-after" not in fields
        assert document.keys() == plain.keys()
        assert isinstance(document.get("error"), dict) == isinstance(plain.get("error"), dict)
