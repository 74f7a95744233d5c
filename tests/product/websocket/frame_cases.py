"""The cases of the Autobahn test suite that matter for a relay, as frames of one direction.

A relay that looks into frames can lose, join, split, reorder, delay or refuse them in these cases.
Source: https://github.com/crossbario/autobahn-testsuite, cases 1 to 10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.support.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawFrame,
    close_payload,
)

LARGE = 16 << 20
VALID_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
INVALID_CODES = (0, 999, 1004, 1005, 1006, 1012, 1016, 1100, 2000, 2999, 5000, 65535)
# Autobahn's text with characters of two to four bytes.
_TEXT = "Hello-µ@ßöäüàá-UTF-8!! κόσμε 𝄞".encode()
_INVALID_TEXT = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"


def _cases() -> Iterator[tuple[str, list[RawFrame]]]:
    for size in (0, 1, 125, 126, 127, 128, 65535, 65536):
        yield f"text of {size} bytes", [RawFrame(TEXT, b"*" * size)]
        yield f"binary of {size} bytes", [RawFrame(BINARY, b"\xfe" * size)]
    yield "a length of 8 bytes for 5 bytes", [RawFrame(BINARY, b"12345", length_size=8)]
    yield "all values of a byte", [RawFrame(BINARY, bytes(range(256)))]
    yield "text with characters of several bytes", [RawFrame(TEXT, _TEXT)]
    yield from _control()
    yield from _invalid()
    yield from _fragments()
    yield from _closes()


def _control() -> Iterator[tuple[str, list[RawFrame]]]:
    yield "ping without payload", [RawFrame(PING)]
    yield "ping with text", [RawFrame(PING, b"Hello, world!")]
    yield "ping with binary", [RawFrame(PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")]
    yield "ping of 125 bytes", [RawFrame(PING, b"\xfe" * 125)]
    yield "oversized ping", [RawFrame(PING, b"\xfe" * 126)]
    yield "oversized close", [RawFrame(CLOSE, close_payload(1000, b"*" * 124))]
    yield "unsolicited pongs", [RawFrame(PONG), RawFrame(PONG, b"unsolicited")]
    yield "ping storm", [RawFrame(PING, b"%d" % number) for number in range(2000)]
    yield "fragmented ping", [RawFrame(PING, b"a", final=False), RawFrame(CONTINUATION, b"b")]


def _invalid() -> Iterator[tuple[str, list[RawFrame]]]:
    for reserved in range(1, 8):
        yield f"reserved bits {reserved}", [RawFrame(TEXT, b"small", reserved=reserved)]
    yield "reserved bit in a ping", [RawFrame(PING, b"small", reserved=5)]
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield f"opcode {opcode}", [RawFrame(opcode, b"reserved"), RawFrame(PING)]
    yield "invalid UTF-8", [RawFrame(TEXT, _INVALID_TEXT)]
    yield (
        "invalid UTF-8 in the second fragment",
        [
            RawFrame(TEXT, _INVALID_TEXT[:12], final=False),
            RawFrame(CONTINUATION, b"\xf4\x90edited"),
        ],
    )


def _fragments() -> Iterator[tuple[str, list[RawFrame]]]:
    def parts(*payloads: bytes, opcode: int = TEXT) -> list[RawFrame]:
        opcodes = [opcode, *[CONTINUATION] * (len(payloads) - 1)]
        frames = [RawFrame(code, part, False) for code, part in zip(opcodes, payloads, strict=True)]
        return [*frames[:-1], replace(frames[-1], final=True)]

    first, second = parts(b"frag", b"ment")
    ping, pong = RawFrame(PING, b"between"), RawFrame(PONG, b"between")
    yield "fragmented text", [first, second]
    yield "fragmented binary", parts(*[b"\xfe" * 1000] * 20, opcode=BINARY)
    yield "empty fragments", parts(b"", b"", b"")
    yield "a character in fragments of one byte", parts(*[bytes([byte]) for byte in _TEXT])
    yield "ping between fragments", [first, ping, second]
    yield "control frames between fragments", [first, ping, pong, ping, second, RawFrame(PING)]
    yield "close between fragments", [first, RawFrame(CLOSE, close_payload(1000)), second]
    yield "continuation without a start", [second, RawFrame(TEXT, b"text")]
    yield "text inside a fragmented message", [first, RawFrame(TEXT, b"text"), second]
    yield "a message without an end", [first]
    yield "text of 16 MB", [RawFrame(TEXT, b"*" * LARGE)]
    yield "binary of 16 MB", [RawFrame(BINARY, bytes(range(256)) * (LARGE // 256))]
    yield "16 MB in fragments of 64 kB", parts(*[b"*" * 65536] * (LARGE // 65536))


def _closes() -> Iterator[tuple[str, list[RawFrame]]]:
    yield "close without payload", [RawFrame(CLOSE)]
    yield "close with one byte", [RawFrame(CLOSE, b"\x03")]
    yield "close with a reason", [RawFrame(CLOSE, close_payload(1000, "genügt".encode()))]
    yield "close with the longest reason", [RawFrame(CLOSE, close_payload(1000, b"*" * 123))]
    yield "close with invalid UTF-8", [RawFrame(CLOSE, close_payload(1000, _INVALID_TEXT))]
    for code in (*VALID_CODES, *INVALID_CODES):
        yield f"close code {code}", [RawFrame(CLOSE, close_payload(code, b"why"))]
    close = RawFrame(CLOSE, close_payload(1000))
    yield "frames behind a close", [close, RawFrame(TEXT, b"late"), RawFrame(PING), close]


CASES = dict(_cases())
