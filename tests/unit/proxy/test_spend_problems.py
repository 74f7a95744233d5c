"""Problems of the user's budgets in the form that each SDK and agent understands.

The rules are those of the providers' documentation and the SDKs' sources; docs/sdks.md has those
that were run.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from api.errors import Problem
from api.provider_errors import ERROR_SHAPES
from api.proxy.problem_response import SPEND_CODES, problem_status
from api.services.keys.catalogue import Catalogue
from tests.unit.proxy.test_agent_errors import CODEX, HOURS, SDK, WAITERS
from tests.unit.proxy.test_problem_response import MESSAGE, PLAIN, answer

API_DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "api.md"
AI_SDK = "ai/7.0.173 ai-sdk-provider-utils/5.0.81 node.js/v24.19.0"
REPEATERS = [AI_SDK, "opencode/1.18.33 ai-sdk/provider-utils/4.0.46", "QwenCode/0.15 (linux)"]
CODES = sorted(SPEND_CODES)


def status(code: str, api_name: str, agent: str = "") -> int:
    return problem_status(Problem(code, MESSAGE), api_name, agent)


# The status, and the members of `error`.
PROVIDERS: dict[str, tuple[int, dict[str, object]]] = {
    "openai": (429, {"type": "insufficient_quota", "code": "insufficient_quota"}),
    "azure-openai": (429, {"type": "insufficient_quota", "code": "insufficient_quota"}),
    "groq": (429, {"type": "insufficient_quota", "code": "insufficient_quota"}),
    "xai": (429, {"type": "insufficient_quota", "code": "insufficient_quota"}),
    "perplexity": (429, {"type": "insufficient_quota", "code": "insufficient_quota"}),
    "anthropic": (402, {"type": "billing_error"}),
    "google-gemini": (402, {"code": 402, "status": "RESOURCE_EXHAUSTED"}),
    "openrouter": (402, {"code": 402}),
    "mistral": (402, {}),
    "cohere": (402, {}),
    "deepseek": (402, {}),
    "together": (402, {}),
    "fireworks": (402, {}),
    "own": (402, {}),
    "stripe": (429, {}),
}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("api_name", PROVIDERS)
def test_a_provider_has_its_status_and_words(api_name: str, code: str) -> None:
    expected, members = PROVIDERS[api_name]
    assert status(code, api_name) == expected
    fields, document = answer(api_name, code, HOURS)
    assert document["status"] == expected or document["status"] == "RESOURCE_EXHAUSTED"
    assert document["problem"] == document["code"] == code
    error = document["error"]
    assert error["message"] == MESSAGE
    assert {name: error[name] for name in members} == members
    assert fields["x-should-retry"] == fields["stripe-should-retry"] == "false"


@pytest.mark.parametrize("api_name", [slug for shape in ERROR_SHAPES for slug in shape.slugs])
def test_every_shape_names_the_problem_and_asks_for_no_retry(api_name: str) -> None:
    for code in CODES:
        fields, document = answer(api_name, code)
        assert document["problem"] == code
        assert document["detail"] == MESSAGE or api_name == "tavily"
        assert fields["x-should-retry"] == "false"
        assert status(code, api_name) in (402, 429)


def test_shapes_of_budgets_are_those_of_the_catalogues_hosts() -> None:
    catalogue = Catalogue.load()
    for api_name in ("openai", "groq", "perplexity", "xai", "openrouter", "stripe"):
        provider = catalogue.get(api_name)
        assert provider is not None and provider.base_url is not None
        problem = Problem("budget_exceeded", MESSAGE)
        problem.host = provider.base_url.partition("//")[2]
        assert problem_status(problem, "mine", "") == PROVIDERS[api_name][0]


def test_the_document_has_the_statuses() -> None:
    section = API_DOCUMENT.read_text().partition("#### Refusals by a budget\n")[2]
    rows = re.findall(r"^\| (`.*?) \| (\d+) \|", section.partition("<!--")[0], re.MULTILINE)
    documented = {slug: int(sent) for names, sent in rows for slug in re.findall(r"`(.*?)`", names)}
    assert len(documented) > 8
    for slug, sent in documented.items():
        assert status("budget_exceeded", slug) == sent
    others = {shape.slugs[0] for shape in ERROR_SHAPES if shape.spend_status != 402}
    assert others <= documented.keys()


def test_other_problems_keep_their_status_and_members() -> None:
    for api_name in ("openai", "openrouter", "stripe"):
        _, document = answer(api_name, "token_rate_limited", HOURS)
        assert document["error"]["code"] == "token_rate_limited"
        assert status("token_rate_limited", api_name, AI_SDK) == 429


@pytest.mark.parametrize("agent", REPEATERS)
def test_a_client_that_repeats_each_429_gets_402(agent: str) -> None:
    assert status("budget_exceeded", "openai", agent) == 402
    fields, document = answer("openai", "budget_exceeded", HOURS, agent=agent)
    assert document["status"] == 402
    assert document["error"]["code"] == "insufficient_quota"
    assert ("retry-after" in fields) == (agent == AI_SDK)


@pytest.mark.parametrize("api_name", ["openai", "own"])
def test_codex_gets_the_limit_that_it_explains(api_name: str) -> None:
    assert status("budget_exceeded", api_name, CODEX) == 429
    fields, document = answer(api_name, "budget_exceeded", HOURS, agent=CODEX)
    assert document["error"]["type"] == "usage_limit_reached"
    assert isinstance(document["error"]["resets_at"], int)
    assert fields["x-codex-promo-message"] == MESSAGE.removesuffix(".")
    assert "retry-after" not in fields


@pytest.mark.parametrize("agent", [*WAITERS, *REPEATERS, SDK])
def test_a_budget_that_never_resets_needs_no_retry_after(agent: str) -> None:
    fields, document = answer("openai", "budget_exceeded", agent=agent)
    assert "retry-after" not in fields
    assert fields["x-should-retry"] == "false"
    assert "resets_at" not in document["error"]


def test_openrouters_sdk_gets_json_whatever_it_accepts() -> None:
    for accept in ("*/*", "text/event-stream", PLAIN):
        fields, _ = answer("openrouter", "budget_exceeded", accept=accept)
        assert fields["content-type"] == PLAIN


def test_googles_document_says_the_status_in_both_places() -> None:
    document: Any = answer("google-gemini", "budget_exceeded", HOURS)[1]
    assert (document["status"], document["code"]) == ("RESOURCE_EXHAUSTED", "budget_exceeded")
    assert document["error"]["details"][0]["reason"] == "budget_exceeded"


def test_the_ai_sdk_finds_the_message_in_the_providers_document() -> None:
    assert answer("anthropic", "budget_exceeded")[1]["type"] == "error"
    assert answer("anthropic", "token_rate_limited")[1]["type"] == "/api/docs#token_rate_limited"
    document = answer("mistral", "budget_exceeded")[1]
    assert (document["object"], document["param"]) == ("error", None)
    assert isinstance(document["type"], str) and document["message"] == MESSAGE
