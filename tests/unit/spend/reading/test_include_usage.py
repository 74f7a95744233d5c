"""The option that makes a stream of chat completions say what it used."""

from __future__ import annotations

import json

import pytest

from api.spend.reading.include_usage import with_usage_option

ADDED = [
    (
        b'{"model":"m","stream":true}',
        b'{"stream_options":{"include_usage":true},"model":"m","stream":true}',
    ),
    (
        b' { "stream" : true,\n "x": 1.0e+2, "y": "\\u00e9" }\n',
        b' {"stream_options":{"include_usage":true}, "stream" : true,\n "x": 1.0e+2, '
        b'"y": "\\u00e9" }\n',
    ),
    (
        b'{"stream_options": {}, "stream":true}',
        b'{"stream_options": {"include_usage":true}, "stream":true}',
    ),
    (
        b'{"a":{"stream_options":{"b":1}},"stream_options":{"b":[1,{"c":2}]},"stream":true}',
        b'{"a":{"stream_options":{"b":1}},"stream_options":{"include_usage":true,"b":[1,{"c":2}]},'
        b'"stream":true}',
    ),
    (
        b'{"stream":true,"stream_options":null}',
        b'{"stream":true,"stream_options":{"include_usage":true}}',
    ),
    (
        b'{"stream_options":1,"stream":true,"stream_options" : { "b" : 1 } }',
        b'{"stream_options":1,"stream":true,"stream_options" : {"include_usage":true, "b" : 1 } }',
    ),
]


@pytest.mark.parametrize(("body", "changed"), ADDED)
def test_the_option_is_added(body: bytes, changed: bytes) -> None:
    assert with_usage_option(body) == changed
    before, after = json.loads(body), json.loads(changed)
    assert after["stream_options"].pop("include_usage") is True
    before["stream_options"] = before.get("stream_options") or {}
    assert before == after


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"stream":true',
        b'{"stream":true} {}',
        b'{"stream":"true"}',
        b'{"stream":1}',
        b'{"stream":false}',
        b'{"stream":true,"stream":false}',
        b'{"stream":true,"stream_options":{"include_usage":true}}',
        b'{"stream":true,"stream_options":{"include_usage":false}}',
        b'{"stream":true,"stream_options":[]}',
        b'{"stream":true,"stream_options":"all"}',
        b'{"stream":true,"stream_options":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"stream":true,"x":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"stream":true,"\xff":1,',
        b'{"stream":true,"stream_\\u006fptions":{}}',
    ],
    ids=lambda body: body[:60],
)
def test_other_bodies_stay(body: bytes) -> None:
    assert with_usage_option(body) is None
