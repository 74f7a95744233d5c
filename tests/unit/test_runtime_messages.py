"""The stand-in for the Runtime API notices every breach of the protocol."""

from __future__ import annotations

import io
import json

import pytest

from tests.support.runtime_messages import SEPARATOR, Breach, Prelude, read_message

HEAD = (
    b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
    b"Trailer: Error-Type, Error-Body\r\n\r\n"
)


def body_of(data: bytes) -> bytes:
    """Return the body of a chunked request."""
    message = read_message(io.BytesIO(HEAD + data))
    assert message is not None
    return b"".join(message.chunks())


def test_a_chunked_body_with_trailers() -> None:
    chunks = b"3\r\none\r\nA\r\n0123456789\r\n0\r\nError-Type: x\r\n\r\n"
    message = read_message(io.BytesIO(HEAD + chunks))
    assert message is not None
    assert list(message.chunks()) == [b"one", b"0123456789"]
    assert message.trailers == {"error-type": "x"}


@pytest.mark.parametrize(
    "data",
    [
        b"3\none\n0\n\n",
        b"03\r\none\r\n0\r\n\r\n",
        b"3;a=b\r\none\r\n0\r\n\r\n",
        b"3\r\nonetwo\r\n0\r\n\r\n",
        b"0\r\nOther: x\r\n\r\n",
        b"0\r\nError-Type: x\r\nError-Type: y\r\n\r\n",
        b"0\r\nError-Type\r\n\r\n",
    ],
)
def test_wrong_framing_is_a_breach(data: bytes) -> None:
    with pytest.raises(Breach):
        body_of(data)


@pytest.mark.parametrize("data", [b"", b"3\r\non", b"3\r\none\r\n", b"0\r\n", b"5"])
def test_a_connection_that_ends_early_is_no_breach(data: bytes) -> None:
    with pytest.raises(OSError):
        body_of(data)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /x HTTP/1.0\r\nHost: a\r\n\r\n",
        b"PUT /x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /x HTTP/1.1\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost : a\r\n\r\n",
    ],
)
def test_a_wrong_head_is_a_breach(head: bytes) -> None:
    with pytest.raises(Breach):
        read_message(io.BytesIO(head))


def test_a_prelude_may_arrive_in_parts() -> None:
    prelude = Prelude()
    data = json.dumps({"statusCode": 200, "headers": {}, "cookies": ["a=1"]}).encode()
    rest = [prelude.feed(part) for part in (data[:5], data[5:] + b"\0" * 5, b"\0\0\0body")]
    assert rest == [b"", b"", b"body"] and prelude.value is not None
    assert prelude.feed(SEPARATOR) == SEPARATOR


@pytest.mark.parametrize(
    "members",
    [
        {"statusCode": "200"},
        {"statusCode": 100},
        {"status": 200},
        {"statusCode": 200, "body": ""},
        {"statusCode": 200, "headers": {"a": 1}},
        {"statusCode": 200, "headers": {"a": "1", "A": "2"}},
        {"statusCode": 200, "headers": {"set-cookie": "a=1"}},
        {"statusCode": 200, "cookies": [None]},
    ],
)
def test_a_wrong_prelude_is_a_breach(members: dict[str, object]) -> None:
    with pytest.raises(Breach):
        Prelude().feed(json.dumps(members).encode() + SEPARATOR)
