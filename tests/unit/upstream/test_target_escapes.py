"""Paths that leave the base URL in any encoding are refused (S7)."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.upstream.paths import MAX_ENCODING_DEPTH, InvalidPath
from api.upstream.target import build_target
from tests.unit.upstream.samples import base_url

DOTS = [
    "..",
    ".",
    "%2e%2e",
    "%2E.",
    ".%2e",
    "%2e",
    "%252e%252e",
    "%25252e.",
    "%2%65%2%65",
    "%%32%65.",
]
DOTS += ["%c0%ae%c0%ae", "%C0%AE.", "%e0%80%ae.", "%f0%80%80%ae.", "%25c0%25ae.", "%u002e%u002E"]
DOTS += [
    "%c0%a52e.",
    "..;",
    "..;x=1",
    "%2e%2e;x",
    "..%3bx",
    "..%253Bx",
    ".;a=b",
    "..%3Fx",
    "..%23",
    "..%20",
]
ENDS = [
    "",
    "/",
    "/x",
    "\\x",
    "%2fx",
    "%2Fx",
    "%252fx",
    "%5cx",
    "%255Cx",
    "%c0%afx",
    "%c1%9cx",
    "%u002fx",
]
STARTS = ["/", "/a/", "//", "/a\\", "/a%2f", "/a%5C", "/a%252F", "/%c0%af", "/a;b/", "/%u005c"]


@pytest.mark.parametrize("dots", DOTS)
@pytest.mark.parametrize("start", STARTS)
def test_s7_dot_segments_are_refused_in_every_encoding(start: str, dots: str) -> None:
    for end in ENDS:
        with pytest.raises(InvalidPath, match="segments"):
            build_target(base_url(), start + dots + end, "")


@pytest.mark.parametrize(
    "path",
    ["/..\\", "/\\..", "/\\../x", "/..\\..\\x", "/a\\.", "/a/..\\b", "/.\\x", "/..%5c../x"],
)
def test_s7_backslashes_count_as_slashes(path: str) -> None:
    with pytest.raises(InvalidPath):
        build_target(base_url(), path, "")


@pytest.mark.parametrize("code", [*range(0x20)])
def test_s7_control_characters_are_refused_raw_and_encoded_at_any_depth(code: int) -> None:
    for control in (
        chr(code),
        f"%{code:02x}",
        f"%25{code:02X}",
        f"%2525{code:02x}",
        f"%u00{code:02x}",
    ):
        for path in (f"/a{control}b", f"/{control}", f"/a{control}HTTP/1.1"):
            with pytest.raises(InvalidPath, match="control characters"):
                build_target(base_url(), path, "")


def test_s7_overlong_line_ends_are_refused() -> None:
    for control in ("%c0%8d%c0%8a", "%c0%80", "%e0%80%8a", "%f0%80%80%8d"):
        with pytest.raises(InvalidPath, match="control characters"):
            build_target(base_url(), f"/a{control}", "")


@pytest.mark.parametrize("code", [*range(0x20)])
def test_s7_raw_control_characters_in_a_query_are_refused(code: int) -> None:
    with pytest.raises(InvalidPath):
        build_target(base_url(), "/a", f"a={chr(code)}b")


@pytest.mark.parametrize(
    "path", ["a", "@evil.example", ":443/", ".evil.example", "..", "\\x", "?x", "#"]
)
def test_s7_a_path_that_does_not_start_with_a_slash_is_refused(path: str) -> None:
    with pytest.raises(InvalidPath):
        build_target(base_url(), path, "")


@pytest.mark.parametrize(("path", "query"), [("/a?b", ""), ("/a#b", ""), ("/a", "b#c"), ("/#", "")])
def test_s7_a_raw_question_mark_or_hash_is_refused(path: str, query: str) -> None:
    with pytest.raises(InvalidPath):
        build_target(base_url(), path, query)


@pytest.mark.parametrize(("path", "query"), [("/\u2025", ""), ("/\uff0e.", ""), ("/a", "\u010a")])
def test_s7_text_that_is_not_bytes_is_refused(path: str, query: str) -> None:
    with pytest.raises(InvalidPath):
        build_target(base_url(), path, query)


def test_s7_encodings_deeper_than_the_limit_are_refused() -> None:
    deepest = "/%" + "25" * (MAX_ENCODING_DEPTH - 1) + "41"
    assert build_target(base_url(), deepest, "") == "/v1" + deepest
    with pytest.raises(InvalidPath, match="times"):
        build_target(base_url(), "/%" + "25" * MAX_ENCODING_DEPTH + "41", "")


def leaves_root(path: str, depth: int, cut_parameters: bool, backslashes: bool) -> bool:
    """Return whether a server that decodes `depth` times resolves a path to above its root."""
    for _ in range(depth):
        path = unquote(path, "latin-1")
    if backslashes:
        path = path.replace("\\", "/")
    level = 0
    for segment in path.split("/"):
        name = segment.split(";")[0] if cut_parameters else segment
        level += {"": 0, ".": 0, "..": -1}.get(name, 1)
        if level < 0:
            return True
    return False


PIECES = [
    "/",
    ".",
    "..",
    "\\",
    ";",
    "a",
    "%",
    "25",
    "2e",
    "2f",
    "5c",
    "%2e",
    "%2E",
    "%2f",
    "%2F",
    "%5c",
]
PIECES += [
    "%3b",
    "%252e",
    "%252f",
    "%255c",
    "%25",
    "%C3%A9",
    "\xe9",
    " ",
    "%20",
    "x.y",
    "%c0",
    "%ae",
    "u002e",
]


@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.sampled_from(["", "/v1", "/a/b"]),
)
@example("../x", "/v1")
@example("%252e%252e%252fx", "/v1")
@example("..;/x", "/v1")
@example("..%5cx", "")
def test_s7_no_server_resolves_a_target_to_a_path_outside_the_prefix(
    path: str, prefix: str
) -> None:
    stored = base_url("https://api.example.com" + prefix)
    try:
        target = build_target(stored, "/" + path, "")
    except InvalidPath:
        return
    assert target.startswith(prefix + "/")
    assert all("!" <= character <= "~" for character in target)
    for depth in range(4):
        for cut_parameters in (False, True):
            for backslashes in (False, True):
                below = target[len(prefix) :]
                assert not leaves_root(below, depth, cut_parameters, backslashes)


@given(st.text(st.characters(max_codepoint=0xFF), max_size=30), st.text(max_size=20))
def test_s7_any_bytes_give_one_word_below_the_prefix(path: str, query: str) -> None:
    try:
        target = build_target(base_url(), "/" + path, query)
    except InvalidPath:
        return
    assert target.startswith("/v1/")
    assert all("!" <= character <= "~" and character != "#" for character in target)
    assert target.count("?") >= bool(query)
