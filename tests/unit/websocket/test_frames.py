"""The scanner follows frames by their headers, wherever the bytes are split."""

from __future__ import annotations

import pytest

from api.websocket.frames import FrameScanner, close_frame


def frame(first: int, payload: bytes, *, masked: bool = False, extended: int = 0) -> bytes:
    """Return a frame. `extended` is 2 or 8 for a length in so many bytes."""
    size = len(payload)
    extended = extended or (0 if size < 126 else 2 if size < 1 << 16 else 8)
    short = {0: size, 2: 126, 8: 127}[extended]
    head = bytes((first, short | (0x80 if masked else 0)))
    head += size.to_bytes(extended, "big") if extended else b""
    return head + (b"\1\2\3\4" if masked else b"") + payload


TEXT, BINARY, PING, PONG, CLOSE = 0x81, 0x82, 0x89, 0x8A, 0x88
FRAGMENTS = [frame(0x01, b"one"), frame(PING, b"?"), frame(0x00, b"two"), frame(0x80, b"three")]

CASES = [
    ("nothing", b"", 0, 0),
    ("empty messages", frame(TEXT, b"") + frame(BINARY, b"", masked=True), 2, 0),
    ("text", frame(TEXT, b"hello"), 1, 5),
    ("masked", frame(BINARY, b"hello", masked=True), 1, 5),
    ("125 bytes", frame(TEXT, b"x" * 125), 1, 125),
    ("126 bytes", frame(TEXT, b"x" * 126), 1, 126),
    ("65,536 bytes", frame(TEXT, b"x" * 65_536, masked=True), 1, 65_536),
    ("a length that is longer than needed", frame(TEXT, b"x", extended=8), 1, 1),
    ("fragments with a ping between them", b"".join(FRAGMENTS), 1, 11),
    ("a message without its end", frame(0x01, b"one"), 0, 3),
    ("control frames only", frame(PING, b"a") + frame(PONG, b"a", masked=True), 0, 0),
    ("compressed: RSV1", frame(0xC1, b"\x00\x01"), 1, 2),
    ("RSV2, RSV3 and a reserved opcode", frame(0xB3, b"abc"), 1, 3),
    ("a reserved control opcode", frame(0x8B, b"abc"), 0, 0),
    ("a control frame that is too long", frame(PING, b"x" * 300), 0, 0),
    ("a fragmented control frame", frame(0x09, b"x"), 0, 0),
    ("a continuation of nothing", frame(0x80, b"x"), 1, 1),
]


@pytest.mark.parametrize(("data", "messages", "size"), [case[1:] for case in CASES], ids=[
    case[0] for case in CASES
])  # fmt: skip
@pytest.mark.parametrize("step", [1, 2, 3, 7, 1 << 20])
def test_messages_and_bytes_are_counted_however_the_stream_is_split(
    data: bytes, messages: int, size: int, step: int
) -> None:
    scanner = FrameScanner()
    for start in range(0, len(data), step):
        piece = data[start : start + step]
        assert scanner.feed(piece) == len(piece)
    assert (scanner.messages, scanner.payload_bytes) == (messages, size)
    assert scanner.at_boundary
    assert not scanner.closed


@pytest.mark.parametrize("masked", [False, True])
def test_a_frame_split_at_every_byte_is_at_a_boundary_only_at_its_ends(masked: bool) -> None:
    data = frame(TEXT, b"x" * 200, masked=masked)
    for end in range(len(data) + 1):
        scanner = FrameScanner()
        scanner.feed(data[:end])
        assert scanner.at_boundary == (end in (0, len(data)))
        assert scanner.messages == (end == len(data))


def test_a_message_counts_when_it_is_complete() -> None:
    scanner = FrameScanner()
    scanner.feed(frame(TEXT, b"x" * 100)[:50])
    assert (scanner.messages, scanner.payload_bytes) == (0, 48)


def test_a_close_frame_is_noticed_without_its_payload() -> None:
    scanner = FrameScanner()
    scanner.feed(frame(CLOSE, b"\x03\xe8bye")[:2])
    assert scanner.closed


@pytest.mark.parametrize("step", [1, 5, 1000])
def test_a_scanner_can_stop_behind_the_current_frame(step: int) -> None:
    first, second = frame(TEXT, b"x" * 20), frame(TEXT, b"second")
    scanner = FrameScanner()
    scanner.feed(first[:6])
    rest, taken = first[6:] + second, 0
    while not scanner.at_boundary:
        taken += scanner.feed(rest[taken : taken + step], to_boundary=True)
    assert rest[:taken] == first[6:]


def test_the_largest_possible_length_holds_nothing() -> None:
    scanner = FrameScanner()
    assert scanner.feed(b"\x82\x7f" + b"\xff" * 8 + b"x" * 1000) == 1010
    assert not scanner.at_boundary
    assert scanner.payload_bytes == 1000


@pytest.mark.parametrize(
    ("data", "too_large"),
    [
        (frame(TEXT, b"x" * 100), False),
        (frame(TEXT, b"x" * 101)[:2], True),
        (frame(0x01, b"x" * 60) + frame(0x80, b"x" * 41), True),
        (frame(0x01, b"x" * 60) + frame(PING, b"x" * 60) + frame(0x80, b"x" * 40), False),
        (frame(TEXT, b"x" * 60) * 9, False),
    ],
)
def test_s48_a_message_that_is_too_large_is_noticed_by_its_header(
    data: bytes, too_large: bool
) -> None:
    scanner = FrameScanner(largest=100)
    scanner.feed(data)
    assert scanner.is_too_large == too_large


@pytest.mark.parametrize("masked", [False, True])
def test_our_own_close_frame_is_one_frame(masked: bool) -> None:
    data = close_frame(1008, "the token was revoked", masked=masked)
    scanner = FrameScanner()
    scanner.feed(data)
    assert scanner.closed and scanner.at_boundary
    assert bool(data[1] & 0x80) == masked
    assert (b"revoked" in data) != masked
