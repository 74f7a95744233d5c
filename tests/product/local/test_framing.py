"""Ambiguous requests are refused; the app receives others exactly as they were sent."""

from __future__ import annotations

import json

import pytest

from tests.product.local.processes import ServerProcess

HOST = b"Host: localhost\r\n"
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


def head(*fields: bytes, line: bytes = b"POST / HTTP/1.1") -> bytes:
    return b"\r\n".join([line, b"Host: localhost", *fields, b"", b""])


REFUSED = {
    "length_and_coding": (
        head(b"Content-Length: 5", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
        400,
    ),
    "two_lengths": (head(b"Content-Length: 0", b"Content-Length: 5") + b"hello", 400),
    "the_same_length_twice": (head(b"Content-Length: 5", b"Content-Length: 5") + b"hello", 400),
    "a_list_of_lengths": (head(b"Content-Length: 5, 5") + b"hello", 400),
    "a_signed_length": (head(b"Content-Length: +5") + b"hello", 400),
    "a_negative_length": (head(b"Content-Length: -5") + b"hello", 400),
    "a_hexadecimal_length": (head(b"Content-Length: 0x5") + b"hello", 400),
    "a_length_in_other_digits": (head(b"Content-Length: \xb2") + b"he", 400),
    "an_empty_length": (head(b"Content-Length:") + b"hello", 400),
    "a_huge_length": (head(b"Content-Length: " + b"9" * 5000), 400),
    "a_coding_before_chunked": (head(b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n", 501),
    "chunked_twice": (head(b"Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n", 501),
    "two_coding_fields": (
        head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity") + b"0\r\n\r\n",
        501,
    ),
    "an_unknown_coding": (head(b"Transfer-Encoding: xchunked") + b"0\r\n\r\n", 501),
    "the_identity_coding": (head(b"Transfer-Encoding: identity") + b"0\r\n\r\n", 501),
    "a_vertical_tab_before_chunked": (head(b"Transfer-Encoding: \x0bchunked") + b"0\r\n\r\n", 400),
    "chunked_in_http_1_0": (
        b"POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a_space_before_the_colon": (head(b"Transfer-Encoding : chunked") + b"0\r\n\r\n", 400),
    "a_folded_field": (head(b"X-A: 1", b" 2"), 400),
    "a_folded_first_field": (b"GET / HTTP/1.1\r\n Host: localhost\r\n\r\n", 400),
    "bare_line_feeds": (b"GET / HTTP/1.1\nHost: local\n\n", 400),
    "one_bare_line_feed": (b"GET / HTTP/1.1\r\nHost: local\nX-A: 1\r\n\r\n", 400),
    "a_bare_carriage_return": (head(b"X-A: 1\r2"), 400),
    "a_nul_in_a_value": (head(b"X-A: 1\x002"), 400),
    "a_nul_in_a_name": (head(b"X\x00A: 1"), 400),
    "an_empty_name": (head(b": 1"), 400),
    "a_field_without_colon": (head(b"X-A"), 400),
    "no_host": (b"GET / HTTP/1.1\r\nX-A: 1\r\n\r\n", 400),
    "no_field_at_all": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two_hosts": (head(b"Host: other"), 400),
    "an_absolute_target": (head(line=b"GET http://other/ HTTP/1.1"), 400),
    "an_authority_target": (head(line=b"CONNECT other:443 HTTP/1.1"), 400),
    "an_asterisk_target": (head(line=b"OPTIONS * HTTP/1.1"), 400),
    "a_fragment": (head(line=b"GET /#a HTTP/1.1"), 400),
    "a_target_with_a_space": (head(line=b"GET /a b HTTP/1.1"), 400),
    "a_target_with_a_control": (head(line=b"GET /a\x01 HTTP/1.1"), 400),
    "a_target_that_is_not_ascii": (head(line=b"GET /\xc3\xa4 HTTP/1.1"), 400),
    "no_version": (head(line=b"GET /"), 400),
    "a_wrong_version": (head(line=b"GET / HTTP/3.1"), 400),
    "a_method_in_lower_case": (head(line=b"get / HTTP/1.1"), 400),
    "the_preface_of_http_2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "a_proxy_line": (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + head(), 400),
    "an_unknown_expectation": (head(b"Expect: 200-ok"), 417),
    "a_long_target": (head(line=b"GET /" + b"a" * 17_000 + b" HTTP/1.1"), 414),
    "a_long_field": (head(b"X-A: " + b"a" * 17_000), 431),
    "too_many_fields": (head(*[b"X-A: 1"] * 100), 431),
    "a_long_head": (head(*[b"X-A: " + b"a" * 16_000] * 9), 431),
}

MALFORMED_CHUNKS = {
    "without_its_end": b"5\r\nhelloX\r\n0\r\n\r\n",
    "with_a_bare_line_feed": b"5\nhello\n0\n\n",
    "with_a_hexadecimal_prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "with_a_sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "with_a_negative_size": b"-1\r\nhello\r\n0\r\n\r\n",
    "with_a_space_after_the_size": b"5 \r\nhello\r\n0\r\n\r\n",
    "without_a_size": b"\r\nhello\r\n0\r\n\r\n",
    "with_a_bare_return_in_an_extension": b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "with_a_framing_field_as_trailer": b"5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n",
    "that_end_early": b"5\r\nhel",
}


@pytest.mark.parametrize("case", REFUSED)
def test_s13_ambiguous_or_malformed_framing_is_refused(served: ServerProcess, case: str) -> None:
    request, status = REFUSED[case]
    (answer, *more) = served.exchange(request + NEXT)
    assert answer[0] == status
    problem = json.loads(answer[1])
    assert (problem["status"], problem["code"]) == (status, "invalid_request")
    assert more == []


@pytest.mark.parametrize("case", MALFORMED_CHUNKS)
def test_s13_the_connection_is_closed_after_malformed_chunks(
    served: ServerProcess, case: str
) -> None:
    request = head(b"Transfer-Encoding: chunked") + MALFORMED_CHUNKS[case]
    if case != "that_end_early":
        request += NEXT
    assert [status for status, _ in served.exchange(request)] == [400]


def test_the_response_to_a_refused_request_has_none_of_its_text(served: ServerProcess) -> None:
    (answer,) = served.exchange(b"GET /<script> HTTP/1.1\r\n<script>: 1\r\n\r\n")
    assert b"script" not in answer[1]


def test_s14_names_with_underscores_are_dropped(served: ServerProcess) -> None:
    ((_, body),) = served.exchange(head(b"X_A: 1", b"Content_Length: 5", b"X-B: 2"))
    seen = json.loads(body)
    assert seen["headers"] == [["Host", "localhost"], ["X-B", "2"]]
    assert seen["http"] == {"HTTP_HOST": "localhost", "HTTP_X_B": "2"}
    assert seen["size"] == 0


def test_s14_forwarding_fields_have_no_effect(served: ServerProcess) -> None:
    fields = (
        b"X-Forwarded-For: 192.0.2.1",
        b"X-Forwarded-Proto: https",
        b"X-Forwarded-Ssl: on",
        b"Forwarded: for=192.0.2.1;proto=https",
        b"X-Real-IP: 192.0.2.1",
    )
    seen = json.loads(served.exchange(head(*fields))[0][1])
    assert (seen["address"], seen["scheme"]) == ("127.0.0.1", "http")


def test_fields_keep_order_case_and_duplicates(served: ServerProcess) -> None:
    fields = (b"x-b: 1", b"X-A:2 ", b"X-B: 3", b"x-b:", b"X-C: \xe4")
    seen = json.loads(served.exchange(head(*fields))[0][1])
    assert seen["headers"] == [
        ["Host", "localhost"],
        ["x-b", "1"],
        ["X-A", "2"],
        ["X-B", "3"],
        ["x-b", ""],
        ["X-C", "ä"],
    ]
    assert seen["has_socket"]


@pytest.mark.parametrize(
    "target", ["/a%2Fb/../c", "/%252F//x;y=1", "/?a=1&a=2&b=%00", "/%FF", "/a?b?c"]
)
def test_the_app_receives_the_target_as_it_was_sent(served: ServerProcess, target: str) -> None:
    answer = served.exchange(head(line=f"GET {target} HTTP/1.1".encode()))
    assert json.loads(answer[0][1])["target"] == target


def test_heads_up_to_the_limits_are_accepted(served: ServerProcess) -> None:
    target = b"/" + b"a" * 16_000
    fields = [b"X-A: " + b"a" * 16_000] * 5 + [b"X-B: 1"] * 94
    ((status, body),) = served.exchange(head(*fields, line=b"GET " + target + b" HTTP/1.1"))
    assert status == 200
    assert json.loads(body)["target"] == target.decode()


@pytest.mark.parametrize("size", [0, 5, 70_000, 300_000])
def test_pipelined_requests_are_served_in_order(served: ServerProcess, size: int) -> None:
    whole = head(b"Content-Length: %d" % size, line=b"POST /1 HTTP/1.1") + b"x" * size
    chunks = head(b"Transfer-Encoding: chunked", line=b"POST /2 HTTP/1.1")
    chunks += b"%X\r\n%b\r\n0\r\n\r\n" % (size, b"x" * size) if size else b"0\r\n\r\n"
    answers = served.exchange(whole + chunks + head(line=b"GET /3 HTTP/1.1"))
    assert [status for status, _ in answers] == [200, 200, 200]
    seen = [json.loads(body) for _, body in answers]
    assert [request["target"] for request in seen] == ["/1", "/2", "/3"]
    assert [request["size"] for request in seen] == [size, size, 0]


def test_an_empty_line_before_a_request_is_ignored(served: ServerProcess) -> None:
    assert [status for status, _ in served.exchange(b"\r\n" + head())] == [200]
