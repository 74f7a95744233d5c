"""Fields with a path or a condition select URLs by their place in the body and by their text."""

from __future__ import annotations

import itertools
import json
import random
import re
import string
from typing import Any

import msgspec
import pytest

from api.proxy.json_fields import JsonStructure, parse_fields
from api.proxy.json_url_rewriting import JsonUrlRewriter
from api.proxy.url_rewriting import UrlMapping
from api.secret import Secret
from api.services.keys.provider import UrlField
from api.upstream.base_url import parse_base_url

API = "https://api.example.com"
PROXY = "http://127.0.0.1:8420/proxy/example"
MAPPING = UrlMapping(
    base=parse_base_url(API, frozenset()), target="/x", proxy=PROXY, secret=Secret("0123456789")
)


def rewritten(fields: tuple[str, ...], body: bytes, size: int = 1 << 20) -> bytes:
    rewriter = JsonUrlRewriter(fields, MAPPING, gzipped=False)
    pieces = [rewriter.feed(body[at : at + size]) for at in range(0, len(body), size)]
    return b"".join([*pieces, rewriter.finish()])


def places(fields: tuple[str, ...], body: Any, size: int = 1 << 20) -> list[str]:
    """Return the paths of the values that became the proxy's, arrays left out."""
    text = json.dumps(body).encode().replace(b"@", API.encode())
    found: list[str] = []

    def visit(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for name, member in value.items():
                visit(member, f"{path}.{name}")
        elif isinstance(value, list):
            for member in value:
                visit(member, path)
        elif isinstance(value, str) and value.startswith(PROXY):
            found.append(path[1:])

    visit(json.loads(rewritten(fields, text, size)), "")
    return found


ARRAYS = [
    ('"urls":["@/1"]', '"urls":["#/1"]'),
    ('"urls" : [ "@/1" ,\n "@/2?a=b", "@" ]', '"urls" : [ "#/1" ,\n "#/2?a=b", "#" ]'),
    ('"urls":["@/1","http://o/2",  "@/3"]', '"urls":["#/1","http://o/2",  "#/3"]'),
    (r'"urls":["@/1","a\"b\\","@\/3"]', r'"urls":["#/1","a\"b\\","#\/3"]'),
    ('"urls":["@/1"],"x":["@/2"]', '"urls":["#/1"],"x":["@/2"]'),
    ('"urls":["@/1",["@/2"],"@/3"]', '"urls":["#/1",["@/2"],"@/3"]'),
    ('"urls":["@/1"],"x":"@/2","next":"@/3"', '"urls":["#/1"],"x":"@/2","next":"#/3"'),
    ('"urls":[],"x":["@/2","@/3"]', '"urls":[],"x":["@/2","@/3"]'),
    ('"x":["urls","@/2","next","@/3"]', '"x":["urls","@/2","next","@/3"]'),
    ('"urls":["@/1","next":"@/2"]', '"urls":["#/1","next":"@/2"]'),
    ('"urls":["@.example/1","@/2"]', '"urls":["@.example/1","@/2"]'),
    ('"urls":["@/1","@.example/2","@/3"', '"urls":["#/1","@.example/2","#/3"'),
]


@pytest.mark.parametrize(("body", "expected"), ARRAYS)
@pytest.mark.parametrize("fields", [("urls", "next"), (".urls", ".next"), ("urls:/", "next")])
def test_the_urls_of_an_array_are_rewritten_wherever_the_pieces_are_cut(
    fields: tuple[str, ...], body: str, expected: str
) -> None:
    text = "{" + body.replace("@", API) + "}"
    wanted = "{" + expected.replace("@", API).replace("#", PROXY) + "}"
    for size in (1, 2, 7, 33, 1000):
        assert rewritten(fields, text.encode(), size).decode() == wanted


PAGE = {
    "next": "@/1",
    "paging": {"next": "@/2", "last": "@/3", "cursors": {"next": "@/4"}},
    "items": [{"name": "}{][", "paging": {"next": "@/5"}}, {"next": "@/6"}, [["@/7"]]],
    "a.b": "@/8",
    "after": {"paging": [{"next": "@/9"}]},
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            ("next",),
            [
                *("next", "paging.next", "paging.cursors.next"),
                *("items.paging.next", "items.next", "after.paging.next"),
            ],
        ),
        (("paging.next",), ["paging.next", "items.paging.next", "after.paging.next"]),
        ((".next",), ["next"]),
        ((".paging.next",), ["paging.next"]),
        (("items.next",), ["items.next"]),
        (("items.paging.next",), ["items.paging.next"]),
        (("items.*.next",), ["items.paging.next"]),
        (
            ("paging.*",),
            ["paging.next", "paging.last", "items.paging.next", "after.paging.next"],
        ),
        (("*ing.last",), ["paging.last"]),
        (("paging.*ext",), ["paging.next", "items.paging.next", "after.paging.next"]),
        (("next:/6",), ["items.next"]),
        (("paging.next:/5",), ["items.paging.next"]),
        ((".next", "paging.last"), ["next", "paging.last"]),
        (("a.b",), ["a.b"]),
        (("b",), []),
    ],
)
def test_a_path_selects_members_by_the_objects_around_them(
    fields: tuple[str, ...], expected: list[str]
) -> None:
    for size in (1, 2, 3, 7, 1000):
        assert places(fields, PAGE, size) == expected


def test_odata_names_are_names() -> None:
    body = {"@odata.nextLink": "@/2", "odata.nextLink": "@/3", "$next": "@/4", "nextLink": "@/5"}
    text = json.dumps(body).replace('"@/', f'"{API}/').encode()
    [first, rest] = rewritten(("@odata.nextLink",), text).split(b",", 1)
    assert first == f'{{"@odata.nextLink": "{PROXY}/2"'.encode()
    assert PROXY.encode() not in rest
    assert rewritten(("$next",), text).count(PROXY.encode()) == 1


def test_replicate_uploads_keep_the_url_that_is_sent_back_as_an_input() -> None:
    fields = ("urls.get:/predictions/", "urls.cancel", "next", "previous")
    prediction = {"urls": {"get": "@/v1/predictions/p", "cancel": "@/v1/predictions/p/cancel"}}
    upload = {"urls": {"get": "@/v1/files/f"}}
    assert places(fields, prediction) == ["urls.get", "urls.cancel"]
    assert places(fields, upload) == []
    assert places(fields, {"next": "@/v1/predictions?cursor=c", "results": [upload]}) == ["next"]


def test_the_text_of_a_condition_is_compared_without_escapes_of_slashes() -> None:
    body = rb'{"get":"https:\/\/api.example.com\/v1\/predictions\/p"}'
    assert rewritten(("get:/predictions/",), body).startswith(b'{"get":"' + PROXY.encode())


def random_json(chance: random.Random, depth: int = 0) -> Any:
    text = "".join(chance.choices(string.printable + 'é\\"{}[]:,', k=chance.randrange(6)))
    kind = chance.randrange(7 if depth < 5 else 4)
    if kind == 0:
        return chance.choice([None, True, 1.5, -3])
    if kind == 1:
        return text
    if kind in (2, 3):
        return f"{API}/{depth}"
    if kind == 4:
        return [random_json(chance, depth + 1) for _ in range(chance.randrange(4))]
    names = ["next", "paging", "a", text]
    return {chance.choice(names): random_json(chance, depth + 1) for _ in range(4)}


def wanted(value: Any, around: tuple[str, ...] = ()) -> Any:
    """Rewrite `paging.next` the way a program that parses JSON would."""
    if isinstance(value, list):
        return [member if isinstance(member, str) else wanted(member, around) for member in value]
    if isinstance(value, dict):
        result = {}
        for name, member in value.items():
            inside = (*around, name) if name else around
            is_field = (*around, name)[-2:] == ("paging", "next")
            if is_field and isinstance(member, str):
                result[name] = member.replace(API, PROXY)
            elif is_field and isinstance(member, list) and str(member[:1]).startswith(f"['{API}"):
                urls = list(itertools.takewhile(lambda each: isinstance(each, str), member))
                rest = wanted(member[len(urls) :], inside)
                result[name] = [url.replace(API, PROXY) for url in urls] + rest
            else:
                result[name] = wanted(member, inside)
        return result
    return value


def test_any_json_in_any_pieces_is_rewritten_as_a_parser_would() -> None:
    chance = random.Random(11)
    rewrites = 0
    for _ in range(400):
        value = random_json(chance)
        body = json.dumps(value, indent=chance.choice([None, 1])).encode()
        out = rewritten(("paging.next",), body, chance.choice([1, 2, 5, 40, 10_000]))
        assert json.loads(out) == wanted(value), body
        rewrites += out != body
    assert rewrites > 20


def test_the_place_is_found_behind_long_strings_in_a_small_memory() -> None:
    structure = JsonStructure()
    for piece in [b'{"a": "', *[b"x{[" * 3_000] * 5, b'\\"{', b"\\", b'"{"']:
        structure.advance(piece)
        assert len(structure._rest) <= 16_384
    structure.advance(b',"paging":{')
    assert structure.around() == [b"paging"]


def test_text_that_is_not_json_costs_no_more_than_its_length() -> None:
    for text in (b'"' + b"a" * 60_000, b'"a" ' * 15_000, b'"\\' * 30_000, b"[" * 60_000):
        structure = JsonStructure()
        for _ in range(20):
            structure.advance(text)
            assert len(structure._rest) <= 16_384


@pytest.mark.parametrize(
    "body",
    [
        b'{"paging":' + b"[" * 300 + b'{"next":"%s/x"}' % API.encode(),
        b'{"paging" {"next":"%s/x"}}' % API.encode(),
        b'{"paging":{"a" "b" "next":"%s/x"}}' % API.encode(),
        b'}]{"next":"%s/x"}' % API.encode(),
    ],
)
def test_a_text_that_is_not_json_or_nested_too_deeply_has_no_places(body: bytes) -> None:
    assert rewritten(("paging.next",), body) == body


@pytest.mark.parametrize(
    ("field", "valid"),
    [
        ("next", True),
        ("*_url", True),
        ("paging.next", True),
        (".next", True),
        ("links.*", True),
        ("_links.*.href", True),
        ("@odata.nextLink", True),
        ("urls.get:/predictions/", True),
        ("*", False),
        ("*:x", False),
        ("", False),
        (".", False),
        ("a.", False),
        ("a..b", False),
        ("a b", False),
        ("a:", False),
        ('a:"', False),
        ("a:\\", False),
        ("x" * 65, False),
        ("a.b.c.d.e.f.g.h.i", False),
    ],
)
def test_the_catalogue_accepts_only_fields_that_can_be_parsed(field: str, valid: bool) -> None:
    try:
        msgspec.convert(field, UrlField)
    except msgspec.ValidationError:
        assert not valid
    else:
        assert valid
        assert re.compile(parse_fields((field,)).candidates)
