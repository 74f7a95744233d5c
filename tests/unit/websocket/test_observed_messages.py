"""Messages are put together out of frames however they are cut, and invalid ones end it."""

from __future__ import annotations

import pytest
from wsproto.frame_protocol import FrameProtocol

from api.websocket.observed_messages import MAX_MESSAGE, MessageObserver
from tests.unit.websocket.test_frames import TEXT, frame


def observed(data: bytes, size: int, *, from_upstream: bool = True) -> list[bytes]:
    taken: list[tuple[bool, bytes]] = []
    observer = MessageObserver(
        lambda is_from, text: taken.append((is_from, text)), from_upstream=from_upstream
    )
    for at in range(0, len(data), size):
        observer.feed(data[at : at + size])
    assert all(is_from is from_upstream for is_from, _ in taken)
    return [text for _, text in taken]


@pytest.mark.parametrize("size", [1, 2, 5, 10**6])
@pytest.mark.parametrize("from_upstream", [True, False])
def test_messages_are_put_together(size: int, from_upstream: bool) -> None:
    peer = FrameProtocol(client=not from_upstream, extensions=[])
    data = peer.send_data("gr", fin=False) + peer.ping(b"p") + peer.send_data("ün")
    data += peer.send_data(b"\xff{}") + peer.send_data("x" * 70_000) + peer.close(1000)
    found = observed(bytes(data) + b"anything", size, from_upstream=from_upstream)
    assert found == ["grün".encode(), b"\xff{}", b"x" * 70_000]


def test_a_message_that_is_too_long_is_left_out() -> None:
    data = frame(TEXT, b"x" * (MAX_MESSAGE + 1)) + frame(TEXT, b"y")
    assert observed(data, 65_536) == [b"y"]


@pytest.mark.parametrize(
    "data", [b"\xc1\x01x", b"\x83\x00", frame(TEXT, b"\xff\xff"), b"\x80\x01x"]
)
def test_after_invalid_frames_nothing_is_read(data: bytes) -> None:
    assert observed(frame(TEXT, b"a") + data + frame(TEXT, b"b"), 1000) == [b"a"]
