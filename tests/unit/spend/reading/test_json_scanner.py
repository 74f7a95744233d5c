"""The JSON scanner, compared with Python's `json` as an oracle."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.spend.reading import json_skipper
from api.spend.reading.json_scanner import MAX_VALUE, JsonScanner, json_places

NAMES = ("usage", "model", "choices", "0", "a", "ü", 'quo"te', "back\\slash", "")
PATHS = ("usage", "model", "choices.0.usage", "a.usage", "a.a.model", "ü", 'quo"te')

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet='a"\\{}[],:é\n 中\U0001f600', max_size=12)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=25,
)
documents = st.dictionaries(st.sampled_from(NAMES), values, max_size=6)


def scan(text: bytes, pieces: int = 0, paths: tuple[str, ...] = PATHS) -> list[dict[str, Any]]:
    found: list[dict[str, bytes]] = []
    scanner = JsonScanner(json_places(paths), found.append)
    step = pieces or max(len(text), 1)
    for start in range(0, len(text), step):
        scanner.feed(text[start : start + step])
    scanner.finish()
    return [{path: json.loads(value) for path, value in one.items()} for one in found]


def expected(document: Any) -> dict[str, Any]:
    found = {}
    for path in PATHS:
        value = document
        for name in path.split("."):
            if isinstance(value, dict) and name in value:
                value = value[name]
            elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
            else:
                break
        else:
            found[path] = value
    return found


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    document=documents,
    indent=st.sampled_from([None, 1]),
    is_ascii=st.booleans(),
    piece=st.integers(1, 9),
)
def test_finds_what_json_finds(
    document: Any, indent: int | None, is_ascii: bool, piece: int
) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=is_ascii).encode()

    wanted = [expected(document)] if expected(document) else []

    assert scan(text) == wanted
    assert scan(text, piece) == wanted
    with pytest.MonkeyPatch.context() as patch:
        # Skip by pieces, as in large values.
        patch.setattr(json_skipper, "_FIRST_PIECE", piece)
        patch.setattr(json_skipper, "_FEW_LEVELS", 1)
        assert scan(text) == wanted


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    several=st.lists(documents, max_size=4),
    form=st.sampled_from(["array", "lines", "records", "together"]),
    piece=st.integers(1, 40),
)
def test_finds_each_document_of_a_series(several: list[Any], form: str, piece: int) -> None:
    texts = [json.dumps(document) for document in several]
    text = {
        "array": "[" + ",\r\n".join(texts) + "]",
        "lines": "\n".join(texts),
        "records": "".join(f"\x1e{one}\n" for one in texts),
        "together": "".join(texts),
    }[form].encode()

    assert scan(text, piece) == [found for one in several if (found := expected(one))]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(document=documents, cut=st.integers(0, 400), piece=st.integers(1, 50))
def test_text_that_is_cut_gives_whole_values_only(document: Any, cut: int, piece: int) -> None:
    text = json.dumps(document).encode()[:cut]

    for found in scan(text, piece):
        wanted = expected(document)
        assert all(wanted[path] == value for path, value in found.items())


@settings(max_examples=100, deadline=None, derandomize=True)
@given(text=st.text(alphabet='{}[]":,\\ua1e \n', max_size=80), piece=st.integers(1, 20))
def test_text_that_is_no_json_raises_nothing(text: str, piece: int) -> None:
    found: list[dict[str, bytes]] = []
    scanner = JsonScanner(json_places(PATHS), found.append)
    data = text.encode()
    for start in range(0, len(data), piece):
        scanner.feed(data[start : start + piece])
    scanner.finish()


def test_a_line_that_is_no_json_spoils_no_other_line() -> None:
    text = b'{"usage": 1}\n{"usage" 2, "a": {"usage": 3}}\n{"usage": 4}\n'

    assert scan(text) == [{"usage": 1}, {"usage": 4}]


@pytest.mark.parametrize("piece", [0, 7, 1000])
def test_large_and_deep_values_are_skipped(piece: int) -> None:
    skipped = {
        "b64": "x" * 200_000,
        "escaped": '\\"' * 50_000,
        "vectors": [[0.25] * 1000] * 40,
        "strings": ["}]{[" * 20] * 500,
    }
    text = b'{"deep":%b%b,' % (b"[" * 9000, b"]" * 9000)
    text += json.dumps(skipped).encode()[1:-1] + b', "usage": {"n": 5}}'

    assert scan(text, piece) == [{"usage": {"n": 5}}]


def test_a_wanted_value_that_is_too_large_is_not_kept() -> None:
    found: list[dict[str, bytes]] = []
    scanner = JsonScanner(json_places(PATHS), found.append)
    text = b'{"usage": "%b", "model": "m"}' % (b"x" * MAX_VALUE)
    for start in range(0, len(text), 5000):
        scanner.feed(text[start : start + 5000])

    assert found == [{"usage": b"", "model": b'"m"'}]


@pytest.mark.parametrize("piece", [0, 3, 999])
def test_long_names_and_broken_ones_are_skipped(piece: int) -> None:
    name = json.dumps('na"me' * 2000).encode()

    assert scan(b'{%b: {"usage": 1}, "usage": 2}' % name, piece) == [{"usage": 2}]
    assert scan(b'{"\\ud800": 1, "usage": 2}', piece) == [{"usage": 2}]


def test_the_last_of_two_members_counts() -> None:
    assert scan(b'{"usage": 1, "model": "m", "usage": 2}') == [{"usage": 2, "model": "m"}]


def test_an_array_can_be_a_document() -> None:
    found: list[dict[str, bytes]] = []
    scanner = JsonScanner(json_places(["1.credits"]), found.append, is_array=True)
    scanner.feed(b'[{"credits": 1}, {"credits": 2}]')
    scanner.finish()

    assert found == [{"1.credits": b"2"}]
