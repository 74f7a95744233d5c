"""The table of problem codes, and the texts that are generated from it."""

from __future__ import annotations

import re

import pytest

from api.problem_code import ProblemCode
from api.problem_codes import PROBLEM_CODES, PROXIED_CODES
from tests.support.clients import Client
from tools import problem_texts


def test_the_table_in_the_docs_is_up_to_date() -> None:
    """If this fails, run `make types`."""
    text = problem_texts.DOCS.read_text(encoding="utf-8")
    assert text == problem_texts.docs_with_table(text)
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \| (.+) \| (.+) \|$", text, re.MULTILINE)
    assert {row[1]: (int(row[0]), row[2], row[3]) for row in rows} == {
        code: (problem.status, problem.title, problem.advice)
        for code, problem in PROBLEM_CODES.items()
    }


def test_the_module_for_the_pages_is_up_to_date() -> None:
    """If this fails, run `make types`."""
    text = problem_texts.MODULE.read_text(encoding="utf-8")
    assert text == problem_texts.typescript_module()
    assert re.findall(r"^  (\w+): \{$", text, re.MULTILINE) == list(PROXIED_CODES)


def test_docs_without_markers_are_refused() -> None:
    with pytest.raises(ValueError, match="lacks the markers"):
        problem_texts.docs_with_table("# The API\n")


def test_every_problem_code_is_on_the_page(client: Client) -> None:
    page = client.request("GET", "/api/docs").body.decode()
    for code in PROBLEM_CODES:
        assert f'id="{code}"' in page


@pytest.mark.parametrize("problem", PROBLEM_CODES.values(), ids=PROBLEM_CODES)
def test_texts_are_a_title_and_sentences(problem: ProblemCode) -> None:
    assert problem.title and not problem.title.endswith(".")
    for sentences in (problem.advice, problem.summary):
        if sentences is not None:
            assert sentences.endswith(".")
            assert "|" not in sentences
            assert sentences.count("`") % 2 == 0


def test_summaries_have_only_placeholders_that_the_request_log_can_fill() -> None:
    assert {"rate_limited", "upstream_timeout"} < set(PROXIED_CODES) < set(PROBLEM_CODES)
    for code in PROXIED_CODES:
        summary = PROBLEM_CODES[code].summary or ""
        assert "`" not in summary
        assert set(re.findall(r"\{(.*?)\}", summary)) <= {"api_name", "host", "method", "path"}
