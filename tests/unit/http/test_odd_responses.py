"""Unusual responses of real servers are read as curl and urllib3 read them, in any segments."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator, Sequence

import pytest
import urllib3

from api.http.connection import Connection
from api.http.errors import MalformedResponse, PeerClosed
from api.http.timeouts import Timeouts

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 2\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


class PiecewiseSocket:
    """A socket that receives the given pieces, one for each call, and then the end of input."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = list(pieces)
        self._socket, other = socket.socketpair()
        other.close()

    def setblocking(self, _blocking: bool) -> None: ...

    def fileno(self) -> int:
        return self._socket.fileno()

    def recv(self, _size: int) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""

    def close(self) -> None:
        self._socket.close()


def read(
    pieces: Sequence[bytes], method: str = "GET"
) -> tuple[int, bytes, bool, list[tuple[str, str]]]:
    """Return status, body, whether the connection can be reused, and the fields."""
    connection = Connection(PiecewiseSocket(pieces), ())  # type: ignore[arg-type]
    try:
        connection.expect(method)
        timeouts = Timeouts.overall(time.monotonic() + 5)
        status, headers = connection.read_head(timeouts)
        body = b""
        while piece := connection.read_body(timeouts):
            body += piece
        return status, body, connection.reusable, headers
    finally:
        connection.close()


def segmentations(data: bytes) -> Iterator[list[bytes]]:
    """Yield the data in one piece, in two at every place, and byte by byte."""
    yield [data]
    for at in range(1, len(data)):
        yield [data[:at], data[at:]]
    yield [data[at : at + 1] for at in range(len(data))]


class OracleSocket:
    """A socket for http.client, which urllib3 uses."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str, *_: object) -> io.BytesIO:
        return io.BytesIO(self._data)

    def sendall(self, _data: bytes) -> None: ...

    def settimeout(self, _seconds: object) -> None: ...

    def close(self) -> None: ...


def read_by_urllib3(data: bytes, method: str = "GET") -> tuple[int, bytes]:
    connection = urllib3.connection.HTTPConnection("upstream.example")
    connection.sock = OracleSocket(data)
    connection.request(method, "/", preload_content=False)
    response = connection.getresponse()
    return response.status, response.read()


BODY = b"ok"
ACCEPTED = {
    "equal-lengths": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "equal-lengths-in-one-field": OK + b"Content-Length: 2, 2\r\n\r\nok",
    "equal-lengths-mixed": OK + b"Content-Length: 2,2\r\nX: a\r\ncontent-length: 2\r\n\r\nok",
    "leading-zeros": OK + b"Content-Length: 0002\r\n\r\nok",
    "blank-behind-the-length": OK + b"Content-Length:2 \t\r\n\r\nok",
    "status-999": b"HTTP/1.1 999 Request denied\r\n" + LENGTH + b"ok",
    "status-600": b"HTTP/1.1 600 X\r\n" + LENGTH + b"ok",
    "no-reason": b"HTTP/1.1 200\r\n" + LENGTH + b"ok",
    "empty-reason": b"HTTP/1.1 200 \r\n" + LENGTH + b"ok",
    "reason-above-ascii": b"HTTP/1.1 200 d\xe9j\xc3\xa0\r\n" + LENGTH + b"ok",
    "two-blanks": b"HTTP/1.1  200  OK\r\n" + LENGTH + b"ok",
    "folded-field": OK + b"X-A: a\r\n  b\r\n\tc\r\n" + LENGTH + b"ok",
    "folded-length": OK + b"Content-Length:\r\n 2\r\n\r\nok",
    "bare-lf": b"HTTP/1.1 200 OK\nX-A: a\nContent-Length: 2\n\nok",
    "bare-lf-in-the-middle": OK + b"X-A: a\nX-B: b\r\n" + LENGTH + b"ok",
    "coding-identity": OK + b"Transfer-Encoding: identity\r\n" + LENGTH + b"ok",
    "coding-identity-until-close": OK + b"Transfer-Encoding: Identity\r\n\r\nok",
    "coding-twice": OK + b"Transfer-Encoding: chunked\r\n" + CHUNKED + b"2\r\nok\r\n0\r\n\r\n",
    "coding-upper-case": OK + b"Transfer-Encoding: CHUNKED\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "empty-length-and-close": OK + b"Content-Length:\r\nConnection: Close\r\n\r\nok",
    "no-length-and-close": OK + b"Connection: close\r\n\r\nok",
    "no-length": OK + b"\r\nok",
    "http-1.0": b"HTTP/1.0 200 OK\r\n\r\nok",
    "http-1.0-chunked": b"HTTP/1.0 200 OK\r\n" + CHUNKED + b"2\r\nok\r\n0\r\n\r\n",
    "http-1.0-folded": b"HTTP/1.0 200 OK\r\nX-A: a\r\n b\r\n\r\nok",
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" + OK + LENGTH + b"ok",
    "continue-with-a-length": b"HTTP/1.1 100 C\r\nContent-Length: 5\r\n\r\n" + OK + LENGTH + b"ok",
    "chunk-extension": OK + CHUNKED + b'2;a=b;c="d;e"\r\nok\r\n0;z\r\n\r\n',
    "chunk-size-with-zeros": OK + CHUNKED + b"0000000000000000000002\r\nok\r\n000\r\n\r\n",
    "chunk-size-with-blanks": OK + CHUNKED + b"2  \r\nok\r\n0  \r\n\r\n",
    "chunk-size-and-blank-before-extension": OK + CHUNKED + b"2 ;a=b\r\nok\r\n0\r\n\r\n",
    "trailer": OK + CHUNKED + b"2\r\nok\r\n0\r\nX-T: 1\r\nLocation: x\r\n\r\n",
    "no-content-and-chunks": b"HTTP/1.1 204 X\r\n" + CHUNKED + b"0\r\n\r\n",
    "no-content-and-length": b"HTTP/1.1 204 X\r\n" + LENGTH + b"ok",
    "no-content-and-equal-lengths": b"HTTP/1.1 204 X\r\nContent-Length: 0\r\n"
    b"Content-Length: 0\r\n\r\n",
    "no-content-and-empty-length": b"HTTP/1.1 204 X\r\nContent-Length: \r\n\r\n",
    "no-content-and-bytes": b"HTTP/1.1 204 X\r\n\r\nok",
    "no-content-and-folds": b"HTTP/1.1 204 X\r\nX-A: a\r\n b\r\n\r\nok",
    "not-modified-and-length": b"HTTP/1.1 304 X\r\n" + LENGTH + b"ok",
    "bytes-behind-the-length": OK + LENGTH + b"okmore",
    "bytes-behind-the-chunks": OK + CHUNKED + b"2\r\nok\r\n0\r\n\r\nmore",
    "a-response-behind": OK + LENGTH + b"ok" + OK + b"X-Evil: 1\r\n" + LENGTH + b"ok",
    "an-upgrade-behind": OK + LENGTH + b"okHTTP/1.1 101 X\r\nUpgrade: a\r\n\r\n",
}  # fmt: skip
# urllib3 refuses these or takes the framing for a body; curl and RFC 9112 do not.
NOT_IN_URLLIB3 = {
    "coding-twice-in-one-field": OK
    + b"Transfer-Encoding: chunked, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "no-content-and-full-chunks": b"HTTP/1.1 204 X\r\n" + CHUNKED + b"2\r\nok\r\n0\r\n\r\n",
    "not-modified-and-chunks": b"HTTP/1.1 304 X\r\n" + CHUNKED + b"2\r\nok\r\n0\r\n\r\n",
    "lower-case-protocol": b"http/1.1 200 OK\r\n" + LENGTH + b"ok",
    "http-1.2": b"HTTP/1.2 200 OK\r\n" + LENGTH + b"ok",
    "blank-before-colon": OK + b"X-A : a\r\nContent-Length : 2\r\n\r\nok",
    "impossible-name": OK + b"X(A) b: a\r\n" + LENGTH + b"ok",
    "fold-before-fields": OK + b" X-A: a\r\n" + LENGTH + b"ok",
    "no-name": OK + b": a\r\n" + LENGTH + b"ok",
    "control-character": OK + b"X-A: a\x01b\x7f\r\nX-B : b\r\n" + LENGTH + b"ok",
    "coding-identity-and-chunked": OK
    + b"Transfer-Encoding: identity, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "early-hints": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK + LENGTH + b"ok",
    "hints-and-folds": b"HTTP/1.1 103 X\r\nLink: <x>\r\n\r\n" + OK + b"A: a\r\n b\r\n" + LENGTH
    + b"ok",
}  # fmt: skip
REUSED = {"leading-zeros", "blank-behind-the-length", "status-999", "status-600", "no-reason",
          "empty-reason", "reason-above-ascii", "coding-upper-case", "continue",
          "continue-with-a-length", "chunk-extension", "chunk-size-with-zeros",
          "chunk-size-with-blanks", "chunk-size-and-blank-before-extension", "trailer",
          "early-hints"}  # fmt: skip


@pytest.mark.parametrize("name", [*ACCEPTED, *NOT_IN_URLLIB3])
def test_an_odd_response_passes_however_it_is_segmented(name: str) -> None:
    data = (ACCEPTED | NOT_IN_URLLIB3)[name]
    no_body = data[9:12] in (b"204", b"304")
    for pieces in segmentations(data):
        status, body, reusable, headers = read(pieces)
        names = {name for name, _ in headers}
        assert body == (b"" if no_body else BODY), pieces
        assert not names & {"X-Evil", "Link", "Location"}
        if name in REUSED:
            assert reusable
        elif len(pieces) == 1:
            assert not reusable
        assert b"%d" % status in data


@pytest.mark.parametrize("name", ACCEPTED)
def test_urllib3_reads_the_same(name: str) -> None:
    data = ACCEPTED[name]
    status, body, _, _ = read([data])
    their_status, their_body = read_by_urllib3(data)
    assert (status, body) == (their_status, their_body)


@pytest.mark.parametrize("name", [*ACCEPTED, *NOT_IN_URLLIB3])
def test_a_response_to_head_has_no_body(name: str) -> None:
    for pieces in segmentations((ACCEPTED | NOT_IN_URLLIB3)[name]):
        assert read(pieces, "HEAD")[1] == b""


REFUSED = {
    "different-lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "different-lengths-in-one-field": OK + b"Content-Length: 2, 3\r\n\r\nabc",
    "length-list-with-a-gap": OK + b"Content-Length: 2,,2\r\n\r\nab",
    "empty-length": OK + b"Content-Length: \r\n\r\nab",
    "signed-length": OK + b"Content-Length: +2\r\n\r\nab",
    "signed-lengths": OK + b"Content-Length: -2\r\nContent-Length: -2\r\n\r\nab",
    "huge-lengths": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nab",
    "length-and-chunks": OK + b"Content-Length: 2\r\n" + CHUNKED + b"0\r\n\r\n",
    "length-and-folded-chunks": OK + b"Content-Length: 2\r\nTransfer-Encoding:\r\n chunked\r\n\r\n",
    "other-coding": OK + b"Transfer-Encoding: gzip\r\n\r\nab",
    "coding-not-last": OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "coding-unasked": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "hidden-length": OK + b"X-A: a\r\n b\r\nContent-Length\x0b: 2\r\n\r\nab",
    "hidden-coding": OK + b"Transfer_Encoding\x00: chunked\r\n\r\n0\r\n\r\n",
    "no-colon": OK + b"garbage\r\n" + LENGTH + b"ab",
    "bare-cr": OK + b"X-A: a\rX-B: b\r\n" + LENGTH + b"ab",
    "nul": OK + b"X-A: a\0b\r\n" + LENGTH + b"ab",
    "length-in-a-fold-before-fields": OK + b" Content-Length: 3\r\n" + LENGTH + b"ab",
    "status-099": b"HTTP/1.1 099 X\r\n" + LENGTH + b"ab",
    "status-20": b"HTTP/1.1 20 X\r\n" + LENGTH + b"ab",
    "status-2000": b"HTTP/1.1 2000 X\r\n" + LENGTH + b"ab",
    "icy": b"ICY 200 OK\r\n" + LENGTH + b"ab",
    "html": b"<html>hello</html>\r\n\r\n",
    "chunk-size-signed": OK + CHUNKED + b"+2\r\nok\r\n0\r\n\r\n",
    "chunk-size-hex-prefix": OK + CHUNKED + b"0x2\r\nok\r\n0\r\n\r\n",
    "lf-and-chunks": b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\n\n",
    "chunk-too-long": OK + CHUNKED + b"2\r\nokok\r\n0\r\n\r\n",
    "switched": b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    "switched-and-folded": b"HTTP/1.1 101 X\r\nX-A: a\r\n b\r\nUpgrade: a\r\nConnection: upgrade"
    b"\r\n\r\n",
    "chunks-behind-continue": b"HTTP/1.1 100 X\r\n" + CHUNKED + b"0\r\n\r\n" + OK + LENGTH + b"ab",
    "many-folded-fields": OK + b"X-A: a\r\n b\r\n" * 300 + LENGTH + b"ab",
    "endless-fold": OK + b"X-A: a\r\n" + b" b\r\n" * 40_000,
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_s13_a_response_with_more_than_one_reading_is_refused(name: str) -> None:
    data = REFUSED[name]
    pieces = [[data], [data[:30], data[30:]], [data[at : at + 1] for at in range(len(data))]]
    for segmentation in pieces[: 3 if len(data) < 5000 else 2]:
        with pytest.raises(MalformedResponse):
            read(segmentation)


@pytest.mark.parametrize(
    "data",
    [
        OK + b"X-A: a\r\n b\r\n",
        OK + b"X-A: a\r\n b\r\n" + LENGTH + b"o",
        OK + b"Content-Length: 2, 2\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n",
        OK + CHUNKED + b"2 \r\nok\r\n0\r\n",
    ],
)
def test_s12_an_odd_response_can_be_incomplete(data: bytes) -> None:
    with pytest.raises(PeerClosed):
        read([data])


def test_a_folded_field_has_one_line_and_a_control_character_is_a_blank() -> None:
    data = OK + b"A: a\r\n \t b\r\nB : b\x02c\r\nC\xe9: x\r\n" + LENGTH + b"ok"
    headers = read([data])[3]
    assert headers == [("A", "a b"), ("B", "b c"), ("Content-Length", "2")]
