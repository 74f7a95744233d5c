"""Problems of proxied calls in the media type and the shape that each official SDK reads.

The rules are those of the SDKs' sources; docs/sdks.md says which of them were run.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from api.errors import Problem
from api.problem_codes import PROXIED_CODES
from api.provider_errors import ERROR_SHAPES
from api.proxy.problem_response import problem_response, problem_status
from api.services.keys.catalogue import Catalogue

MESSAGE = "The token's limit of 5 requests is exhausted."
LIMIT: tuple[str, tuple[tuple[str, str], ...]] = ("token_rate_limited", (("Retry-After", "30"),))
UNAUTHENTICATED: tuple[str, tuple[tuple[str, str], ...]] = ("authentication_required", ())
PLAIN = "application/json"
PROBLEM = "application/problem+json"


def answer(
    api_name: str,
    code: str,
    headers: tuple[tuple[str, str], ...] = (),
    *,
    accept: str | None = None,
    provider: str = "",
    host: str = "",
    agent: str = "",
) -> tuple[dict[str, str], Any]:
    problem = Problem(code, MESSAGE, headers=headers)
    problem.provider, problem.host = provider, host
    fields, body = problem_response(problem, api_name, accept, "0123456789abcdef", False, agent)
    names = [name.lower() for name, _ in fields]
    assert len(set(names)) == len(names)
    return {name.lower(): value for name, value in fields}, json.loads(body)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, PROBLEM),
        ("", PROBLEM),
        ("*/*", PROBLEM),
        ("application/*", PROBLEM),
        ("application/problem+json", PROBLEM),
        ("application/problem+json, application/json", PROBLEM),
        ("application/json;q=0.5, application/problem+json", PROBLEM),
        ("text/html,application/xhtml+xml,*/*;q=0.8", PROBLEM),
        ("text/event-stream", PROBLEM),
        ("application/json;q=0", PROBLEM),
        ("application/json", PLAIN),
        ("APPLICATION/JSON", PLAIN),
        ("application/json; charset=utf-8", PLAIN),
        ("application/json, text/plain, */*", PLAIN),
        ("application/json;q=0.9, application/problem+json;q=0.5", PLAIN),
        ("application/problem+json;q=0, application/json", PLAIN),
        ("application/vnd.github.v3+json", PLAIN),
        ("text/event-stream, application/json ; q=0.1", PLAIN),
    ],
)
def test_accept_is_honoured(accept: str | None, media_type: str) -> None:
    fields, document = answer("test", *LIMIT, accept=accept)
    assert fields["content-type"] == media_type
    assert (document["code"], document["status"], document["detail"]) == (LIMIT[0], 429, MESSAGE)


@pytest.mark.parametrize("api_name", ["test", "openai", "github", "stripe", "notion", "discord"])
@pytest.mark.parametrize("code", PROXIED_CODES)
def test_every_problem_names_its_code_where_every_api_has_it(api_name: str, code: str) -> None:
    for accept in (None, PLAIN):
        _, document = answer(api_name, code, accept=accept)
        assert document["problem"] == code
        assert document["type"] == f"/api/docs#{code}"
        assert document["message"] == document["detail"] == MESSAGE
        assert document["request_id"] == "0123456789abcdef"


SHAPES: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "notion": (
        {"object": "error", "status": 429, "code": "rate_limited", "message": MESSAGE},
        {"object": "error", "status": 401, "code": "unauthorized", "message": MESSAGE},
    ),
    "resend": (
        {"statusCode": 429, "name": "rate_limit_exceeded", "message": MESSAGE},
        {"statusCode": 401, "name": "invalid_api_key", "message": MESSAGE},
    ),
    "discord": (
        {"code": 0, "message": MESSAGE, "retry_after": 30, "global": False},
        {"code": 0, "message": MESSAGE},
    ),
    "telegram": (
        {"ok": False, "error_code": 429, "description": MESSAGE, "parameters": {"retry_after": 30}},
        {"ok": False, "error_code": 401, "description": MESSAGE},
    ),
    "twilio": (
        {"code": 20429, "message": MESSAGE, "status": 429},
        {"code": 20003, "message": MESSAGE, "status": 401},
    ),
    "slack": ({"ok": False, "error": "ratelimited"}, {"ok": False, "error": "invalid_auth"}),
    "anthropic": (
        {"error": {"type": "rate_limit_error", "code": LIMIT[0], "message": MESSAGE}},
        {"error": {"type": "authentication_error", "code": UNAUTHENTICATED[0],
                   "message": MESSAGE}},
    ),
    "openai": (
        {"error": {"type": LIMIT[0], "code": LIMIT[0], "message": MESSAGE}},
        {"error": {"type": UNAUTHENTICATED[0], "code": UNAUTHENTICATED[0], "message": MESSAGE}},
    ),
    "google-gemini": (
        {"status": "RESOURCE_EXHAUSTED"},
        {"status": "UNAUTHENTICATED"},
    ),
    "gitlab": ({"error": MESSAGE, "message": MESSAGE}, {"error": MESSAGE}),
    "huggingface": ({"error": MESSAGE}, {"error": MESSAGE}),
    "sendgrid": ({"errors": [{"message": MESSAGE}]}, {"errors": [{"message": MESSAGE}]}),
    "cloudflare": (
        {"success": False, "errors": [{"code": 10429, "message": MESSAGE}], "messages": []},
        {"success": False, "errors": [{"code": 10000, "message": MESSAGE}]},
    ),
    "linear": (
        {"errors": [{"message": MESSAGE,
                     "extensions": {"type": "ratelimited", "code": "ratelimited",
                                    "userPresentableMessage": MESSAGE}}]},
        {},
    ),
    "jira": ({"errorMessages": [MESSAGE], "errors": {}}, {"errorMessages": [MESSAGE]}),
    "shopify": ({"errors": MESSAGE}, {"errors": MESSAGE}),
    "supabase": (
        {"message": MESSAGE, "code": LIMIT[0], "details": MESSAGE, "statusCode": 429},
        {"message": MESSAGE, "code": UNAUTHENTICATED[0]},
    ),
    "hubspot": ({"status": 429, "message": MESSAGE, "category": "RATE_LIMITS"}, {}),
    "datadog": ({"errors": [MESSAGE]}, {"errors": [MESSAGE]}),
    "asana": ({"errors": [{"message": MESSAGE}]}, {"errors": [{"message": MESSAGE}]}),
    "deepgram": ({"err_code": "TOO_MANY_REQUESTS", "err_msg": MESSAGE}, {"err_msg": MESSAGE}),
    "deepl": ({"message": MESSAGE, "detail": MESSAGE}, {"message": MESSAGE, "detail": MESSAGE}),
    "pagerduty": (
        {"error": {"type": "token_rate_limited", "code": 2020, "message": MESSAGE,
                   "errors": [MESSAGE]}},
        {"error": {"type": "authentication_required", "code": 2006, "message": MESSAGE,
                   "errors": [MESSAGE]}},
    ),
    "zendesk": ({"description": MESSAGE}, {"description": MESSAGE}),
    "intercom": ({"errors": [{"code": "rate_limit_exceeded", "message": MESSAGE}]}, {}),
    "tavily": ({"detail": {"error": MESSAGE}}, {"detail": {"error": MESSAGE}}),
    "replicate": (
        {"title": "The token's limit is exhausted", "status": 429, "detail": MESSAGE},
        {"title": "Missing or invalid credential", "status": 401, "detail": MESSAGE},
    ),
}  # fmt: skip


@pytest.mark.parametrize("api_name", SHAPES)
def test_the_providers_members_are_added(api_name: str) -> None:
    limited, unauthenticated = SHAPES[api_name]
    for expected, refusal in ((limited, LIMIT), (unauthenticated, UNAUTHENTICATED)):
        code, headers = refusal
        _, document = answer(api_name, code, headers)
        assert {name: document[name] for name in expected} == expected
        assert document["problem"] == code


def test_google_errors_have_an_integer_code() -> None:
    _, document = answer("google-gemini", *LIMIT)
    error = document["error"]
    assert (error["code"], error["status"], error["message"]) == (
        429,
        "RESOURCE_EXHAUSTED",
        MESSAGE,
    )
    assert error["details"][1]["retryDelay"] == "30s"
    _, document = answer("google-gemini", *UNAUTHENTICATED)
    assert [detail["@type"].rpartition(".")[2] for detail in document["error"]["details"]] == [
        "ErrorInfo"
    ]


@pytest.mark.parametrize("code", PROXIED_CODES)
def test_notion_knows_every_code(code: str) -> None:
    """Both SDKs raise UnknownHTTPResponseError for a code that is not in their list."""
    known = {"unauthorized", "restricted_resource", "object_not_found", "rate_limited",
             "invalid_json", "invalid_request_url", "invalid_request", "validation_error",
             "conflict_error", "internal_server_error", "service_unavailable",
             "gateway_timeout"}  # fmt: skip
    assert answer("notion", code)[1]["code"] in known


def test_discord_py_reads_only_json_and_waits_only_with_via() -> None:
    fields, document = answer("discord", *LIMIT, accept="*/*")
    assert fields["content-type"] == PLAIN
    assert fields["via"] == "1.1 api-dashboard"
    assert type(document["code"]) is int and document["retry_after"] == 30


def test_twilios_sdk_raises_the_exception_of_its_api() -> None:
    """With all four of these, twilio raises TwilioServiceException."""
    assert not {"type", "title", "status", "code"} <= set(answer("twilio", *LIMIT)[1])


@pytest.mark.parametrize(
    ("api_name", "field", "offset"),
    [
        ("datadog", "x-ratelimit-reset", None),
        ("github", "x-ratelimit-reset", 30),
        ("x", "x-rate-limit-reset", 30),
        ("okta", "x-rate-limit-reset", 30),
    ],
)
def test_sdks_that_read_another_field_than_retry_after_wait_too(
    api_name: str, field: str, offset: int | None
) -> None:
    value = int(answer(api_name, *LIMIT)[0][field])
    if offset is None:
        assert value == 30
    else:
        assert abs(value - time.time() - offset) < 5
    assert field not in answer(api_name, *UNAUTHENTICATED)[0]


@pytest.mark.parametrize(
    ("code", "agent", "status"),
    [
        ("authentication_required", "@slack:web-api/8.2.0 node/24.19.0 linux/6.1", 200),
        ("token_scope", "MyBot/1.0 @slack:web-api/8.2.0 node/24.19.0 linux/6.1", 200),
        ("unknown_api", "@slack:web-api/8.2.0 node/24.19.0 linux/6.1", 200),
        ("token_rate_limited", "@slack:web-api/8.2.0 node/24.19.0 linux/6.1", 429),
        ("connect_failed", "@slack:web-api/8.2.0 node/24.19.0 linux/6.1", 502),
        ("authentication_required", "Python/3.14.0 slackclient/3.43.0 Linux/6.1", 401),
        ("authentication_required", "", 401),
    ],
)
def test_slacks_javascript_sdk_gets_the_status_that_ends_its_retries(
    code: str, agent: str, status: int
) -> None:
    problem = Problem(code, MESSAGE)
    assert problem_status(problem, "slack", agent) == status
    assert problem_status(problem, "notion", agent) == problem.status


def test_the_provider_then_the_host_then_the_apis_name_decide() -> None:
    def notions(api_name: str, provider: str = "", host: str = "") -> bool:
        _, document = answer(api_name, *LIMIT, provider=provider, host=host)
        return "object" in document

    assert notions("notion")
    assert notions("notion", host="api.example.com")
    assert not notions("notion", host="api.twilio.com")
    assert not notions("notion", provider="twilio", host="api.notion.com")
    assert not notions("notion", provider="other")
    assert notions("work", provider="notion")
    assert notions("work", host="api.notion.com")
    assert answer("shop", *LIMIT, host="my.myshopify.com")[1]["errors"] == MESSAGE
    assert "errors" not in answer("shop", *LIMIT, host="myshopify.com.evil.example")[1]


def test_shapes_and_catalogue_agree() -> None:
    """A slug of a shape that the catalogue has is at one of the shape's hosts."""
    catalogue = Catalogue.load()
    slugs = [slug for shape in ERROR_SHAPES for slug in shape.slugs]
    assert len(set(slugs)) == len(slugs)
    for shape in ERROR_SHAPES:
        for provider in filter(None, map(catalogue.get, shape.slugs)):
            host = (provider.base_url or provider.base_url_example or "").split("/")[2].lower()
            assert not shape.hosts or shape.has_host(host), provider.slug
