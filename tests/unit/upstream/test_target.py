"""Legitimate paths and queries are forwarded unchanged, and no path changes the host (S7)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.upstream.base_url import (
    parse_base_url,
)
from api.upstream.target import build_target
from tests.unit.upstream.samples import HOSTILE_PATHS, LEGITIMATE_PATHS, NOTHING_ALLOWED, base_url


@pytest.mark.parametrize("path", LEGITIMATE_PATHS)
def test_s7_legitimate_paths_arrive_unchanged(path: str) -> None:
    assert build_target(base_url(), path, "") == "/v1" + path
    assert build_target(base_url("https://api.example.com"), path, "") == (path or "/")


@pytest.mark.parametrize(
    "query",
    [
        "a=b",
        "a=%2F&b=%252F",
        "a=../..",
        "?",
        "a=?&b=/",
        "a=b&a=c&&=",
        "a+b",
        "%0d%0a",
        "\"<>\\^`{|}'",
        "url=https://evil.example/@x",
        "%",
        "[]",
        "%u002e",
    ],
)
def test_s7_queries_arrive_unchanged(query: str) -> None:
    assert build_target(base_url(), "/a", query) == f"/v1/a?{query}"
    assert build_target(base_url("https://api.example.com"), "", query) == f"/?{query}"


@pytest.mark.parametrize(
    ("raw", "encoded"),
    [
        (" ", "%20"),
        ('"', "%22"),
        ("<>", "%3C%3E"),
        ("a\\b", "a%5Cb"),
        ("^`", "%5E%60"),
        ("{|}", "%7B%7C%7D"),
        ("\x7f", "%7F"),
        ("\xc3\xa9", "%C3%A9"),
        ("\xe9", "%E9"),
        ("\x80\xff", "%80%FF"),
        ("\xe9%20%c3", "%E9%20%c3"),
    ],
)
def test_s7_bytes_that_a_path_may_not_contain_are_percent_encoded(raw: str, encoded: str) -> None:
    assert build_target(base_url(), f"/{raw}", "") == f"/v1/{encoded}"


def test_s7_spaces_and_non_ascii_bytes_in_a_query_are_percent_encoded() -> None:
    assert build_target(base_url(), "", "a=b c\xc3\xa9\x7f") == "/v1?a=b%20c%C3%A9%7F"


def test_the_placeholder_is_the_first_brace_and_a_callers_braces_are_encoded() -> None:
    keyed = parse_base_url("https://api.telegram.org/bot{token}", NOTHING_ALLOWED, placeholder=True)
    assert build_target(keyed, "/get{token}", "x={token}") == "/bot{token}/get%7Btoken%7D?x={token}"


@pytest.mark.parametrize("path", HOSTILE_PATHS)
@pytest.mark.parametrize("text", ["https://api.example.com", "https://api.example.com/v1"])
def test_s7_no_path_changes_the_host(path: str, text: str) -> None:
    target = build_target(base_url(text), path, "")
    assert target.startswith(base_url(text).prefix + "/")
    assert " " not in target
    sent = urlsplit(base_url(text).origin + target)
    assert (sent.scheme, sent.netloc) == ("https", "api.example.com")
    assert sent.path.startswith(base_url(text).prefix + "/")


WORDS = st.text("ghijklmnopqrstuvwxyzGXYZ-_~!$&'()*+,=:@", min_size=1, max_size=6)
SEGMENT = st.lists(
    WORDS
    | st.sampled_from([".json", "v1.2", "%20", "%2F", "%252Fx", "%5C", "%3A", "%C3%A9", "%25"]),
    max_size=4,
).map("".join)


@given(st.lists(SEGMENT, max_size=6))
@example(["", "", ""])
@example(["a%2Fb", "c%252Fd"])
def test_s7_paths_of_rfc_3986_arrive_byte_for_byte(segments: list[str]) -> None:
    path = "".join(f"/{segment}" for segment in segments)
    assert build_target(base_url(), path, "") == "/v1" + path
