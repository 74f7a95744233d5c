"""The cost reports of providers, also those that do not follow their documentation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.services.spend.reconciliation.reports import (
    SOURCES,
    CostReport,
    CostSource,
    ReportFailed,
    find_source,
)

DAY = 86_400
START = 1_730_419_200  # 2024-11-01, as in OpenAI's documentation
OPENAI, ANTHROPIC, OPENROUTER = SOURCES


def openai(*amounts: object, currency: object = "usd", **members: object) -> dict[str, Any]:
    """OpenAI's documented answer, with these amounts on one day."""
    results = [
        {"object": "organization.costs.result", "line_item": None, "project_id": None,
         "amount": {"value": amount, "currency": currency}}
        for amount in amounts
    ]  # fmt: skip
    bucket = {
        "object": "bucket", "start_time": START, "end_time": START + DAY, "results": results
    }  # fmt: skip
    return {"object": "page", "data": [bucket], "has_more": False, "next_page": None} | members


def anthropic(*amounts: object, currency: object = "USD", **members: object) -> dict[str, Any]:
    """Anthropic's documented answer: cents as decimal strings."""
    results = [
        {"amount": amount, "currency": currency, "cost_type": None, "context_window": None}
        for amount in amounts
    ]
    bucket = {
        "starting_at": "2024-11-01T00:00:00Z", "ending_at": "2024-11-02T00:00:00Z",
        "results": results,
    }  # fmt: skip
    return {"data": [bucket], "has_more": False, "next_page": None} | members


def read(source: CostSource, document: object) -> CostReport:
    return source.read(json.dumps(document).encode()).report


@pytest.mark.parametrize(
    ("source", "document", "nano"),
    [
        (OPENAI, openai(0.06), 60_000_000),
        (OPENAI, openai("0.06"), 60_000_000),
        (OPENAI, openai(0.1, 0.2), 300_000_000),
        (OPENAI, openai("0.13080438340307526171082305908203125"), 130_804_383),
        (OPENAI, openai(), 0),
        (OPENAI, openai(1e-9), 1),
        (OPENAI, openai("1e-999999999"), 0),
        (OPENAI, openai(0.5, -0.2), 300_000_000),
        (OPENAI, openai(3, currency="USD"), 3_000_000_000),
        (ANTHROPIC, anthropic("123.45"), 1_234_500_000),
        (ANTHROPIC, anthropic("0.00001", "100"), 1_000_000_100),
    ],
)
def test_a_day_is_read_exactly(source: CostSource, document: object, nano: int) -> None:
    assert read(source, document) == CostReport({START: nano})


def test_openrouter_reports_a_total() -> None:
    answer = {"data": {"total_credits": 100.5, "total_usage": 25.75}}
    assert read(OPENROUTER, answer) == CostReport(total=25_750_000_000)


def bucket_at(start: object) -> dict[str, Any]:
    document = openai(1)
    document["data"][0]["start_time"] = start
    return document


@pytest.mark.parametrize(
    ("source", "document", "state"),
    [
        (OPENAI, openai(1, currency="eur"), "other_currency"),
        (OPENAI, openai(1, currency="<b>"), "other_currency"),
        (ANTHROPIC, anthropic("1", currency="EUR"), "other_currency"),
        (OPENAI, openai(-1), "bad_answer"),
        (OPENAI, openai(1e300), "bad_answer"),
        (OPENAI, openai("1e999999999"), "bad_answer"),
        (OPENAI, openai("-1e999999999"), "bad_answer"),
        (OPENAI, openai("NaN"), "bad_answer"),
        (OPENAI, openai("-Infinity"), "bad_answer"),
        (OPENAI, openai("much"), "bad_answer"),
        (OPENAI, openai(None), "bad_answer"),
        (OPENAI, openai(True), "bad_answer"),
        (OPENAI, openai(1, currency=None), "bad_answer"),
        (OPENAI, openai(1, has_more=True), "bad_answer"),
        (OPENAI, openai(1, data=None), "bad_answer"),
        (OPENAI, openai(1, data=openai(1)["data"] * 2), "bad_answer"),
        (OPENAI, bucket_at(START + 1), "bad_answer"),
        (OPENAI, bucket_at(-DAY), "bad_answer"),
        (OPENAI, bucket_at(10**30), "bad_answer"),
        (OPENAI, bucket_at("2024-11-01"), "bad_answer"),
        (OPENAI, [], "bad_answer"),
        (OPENAI, {"error": {"message": "no"}}, "bad_answer"),
        (ANTHROPIC, anthropic("1", data=[{"starting_at": "2024-11-01T00:00:00", "results": []}]),
         "bad_answer"),
        (ANTHROPIC, anthropic("1", data=[{"starting_at": "2024-11-01T00:30:00Z", "results": []}]),
         "bad_answer"),
        (OPENROUTER, {"data": {"total_usage": -1}}, "bad_answer"),
        (OPENROUTER, {"data": {"total_credits": 1}}, "bad_answer"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_a_state(source: CostSource, document: object, state: str) -> None:
    with pytest.raises(ReportFailed) as failure:
        read(source, document)
    assert failure.value.state == state
    assert failure.value.detail.endswith(".") and "<b>" not in failure.value.detail


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b'{"data": ', b"[" * 100_000])
def test_an_answer_that_is_no_json_is_a_state(body: bytes) -> None:
    for source in SOURCES:
        with pytest.raises(ReportFailed) as failure:
            source.read(body)
        assert failure.value.state == "bad_answer"


def test_the_next_page_is_named() -> None:
    page = OPENAI.read(json.dumps(openai(1, has_more=True, next_page="AAAA=")).encode())
    assert page.next_page == "AAAA="
    assert OPENAI.read(json.dumps(openai(1, next_page="AAAA=")).encode()).next_page is None


def test_the_requests_are_those_of_the_documentation() -> None:
    assert OPENAI.page_query(START, None) == "start_time=1730419200&bucket_width=1d&limit=31"
    assert OPENAI.page_query(START, "AA=&b").endswith("&limit=31&page=AA%3D%26b")
    assert ANTHROPIC.page_query(START, None) == (
        "starting_at=2024-11-01T00%3A00%3A00Z&bucket_width=1d&limit=31"
    )
    assert OPENROUTER.page_query(START, None) == ""


@pytest.mark.parametrize(
    ("source", "prefix", "path"),
    [
        (OPENAI, "", "/v1/organization/costs"),
        (OPENAI, "/v1", "/organization/costs"),
        (OPENAI, "/mirror", "/v1/organization/costs"),
        (ANTHROPIC, "", "/v1/organizations/cost_report"),
        (OPENROUTER, "", "/api/v1/credits"),
        (OPENROUTER, "/api", "/v1/credits"),
        (OPENROUTER, "/api/v1", "/credits"),
    ],
)
def test_the_path_continues_the_base_url(source: CostSource, prefix: str, path: str) -> None:
    assert source.path_below(prefix) == path


@pytest.mark.parametrize(
    ("provider", "host", "found"),
    [
        ("openai", "127.0.0.1", "openai"),
        ("openai-admin", "", "openai"),
        (None, "api.anthropic.com", "anthropic"),
        (None, "openrouter.ai", "openrouter"),
        ("groq", "api.groq.com", None),
        (None, "evil-api.openai.com", None),
    ],
)
def test_a_key_belongs_to_a_provider_that_reports(
    provider: str | None, host: str, found: str | None
) -> None:
    source = find_source(provider, host)
    assert (source.provider if source else None) == found
