"""Responses through a function URL, from first byte to last."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import threading
import time
from collections.abc import Iterator

import pytest

from tests.product.function_url.conftest import UrlCaller
from tests.support.function_processes import FunctionProcesses
from tests.support.function_url_server import FunctionUrl
from tests.support.upstream import Answer

EVENTS = ("Content-Type", "text/event-stream")
TEXT = b"a text that gzip makes shorter " * 100
MEGABYTE = bytes(range(256)) * 4096
# The most that Lambda streams.
LARGEST = 200
PATIENCE = 30


@pytest.mark.parametrize("through_cdn", [False, True])
def test_each_event_arrives_before_the_next_is_sent(
    caller: UrlCaller, cdn_front: FunctionUrl, through_cdn: bool
) -> None:
    steps = [threading.Event() for _ in range(50)]

    def pieces() -> Iterator[bytes]:
        for number, step in enumerate(steps):
            yield b"data: %d\n\n" % number
            assert step.wait(PATIENCE), f"event {number} did not arrive"

    caller.place.answer(Answer(200, [EVENTS], pieces=pieces))
    port = cdn_front.port if through_cdn else caller.client.port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/proxy/test/x", headers={"Authorization": f"Bearer {caller.token}"})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("content-type")) == (200, "text/event-stream")
    for number, step in enumerate(steps):
        assert answer.read1() == b"data: %d\n\n" % number
        step.set()
    assert answer.read() == b""
    connection.close()
    entry = caller.entry()
    assert (entry["status"], entry["problem"], entry["bytes_out"]) == (200, None, 490)


def test_a_caller_who_hangs_up_does_not_end_the_call(caller: UrlCaller) -> None:
    """Lambda does not notify the function. The call is recorded with all that it received."""
    gone = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"first"
        assert gone.wait(PATIENCE)
        yield from [b"x" * 10_000] * 50

    caller.place.answer(Answer(200, pieces=pieces))
    connection = http.client.HTTPConnection("127.0.0.1", caller.client.port, timeout=PATIENCE)
    connection.request("GET", "/proxy/test/x", headers={"Authorization": f"Bearer {caller.token}"})
    answer = connection.getresponse()
    assert answer.read1() == b"first"
    answer.close()
    connection.close()
    gone.set()
    for _ in range(100):
        entries = caller.account.call("GET", "/api/requests").json["items"]
        if entries:
            break
        time.sleep(0.02)
    assert [(one["bytes_out"], one["problem"]) for one in entries] == [(500_005, None)]


def test_200_mb_arrive_and_the_function_grows_by_less_than_20(
    caller: UrlCaller, processes: FunctionProcesses
) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(LARGEST):
            yield MEGABYTE

    assert caller.call().status == 200
    before = {one: resident(one) for one in alive(processes)}
    caller.place.answer(Answer(200, pieces=pieces))
    connection = http.client.HTTPConnection("127.0.0.1", caller.client.port, timeout=PATIENCE)
    connection.request("GET", "/proxy/test/x", headers={"Authorization": f"Bearer {caller.token}"})
    answer, seen, size = connection.getresponse(), hashlib.sha256(), 0
    while data := answer.read(1 << 20):
        seen.update(data)
        size += len(data)
    connection.close()
    expected = hashlib.sha256()
    for _ in range(LARGEST):
        expected.update(MEGABYTE)
    assert (size, seen.digest()) == (LARGEST << 20, expected.digest())
    assert all(resident(one) - before[one] < 20_000 for one in alive(processes))
    assert caller.entry()["bytes_out"] == LARGEST << 20


def alive(processes: FunctionProcesses) -> list[int]:
    """Return the ids of the function's processes."""
    return [one.process.pid for one in processes.running if one.process.poll() is None]


def resident(pid: int) -> int:
    """Return the largest resident set of a process so far, in kB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        [line] = [line for line in file if line.startswith("VmHWM:")]
    return int(line.split()[1])


@pytest.mark.parametrize(
    ("sent", "status", "body"),
    [
        (Answer(204, [("X-A", "1")], b""), 204, b""),
        (Answer(304, [("ETag", '"1"'), ("X-A", "1")], b""), 304, b""),
        (Answer(206, [("Content-Range", "bytes 0-2/9"), ("X-A", "1")], b"abc"), 206, b"abc"),
        (Answer(201, [("X-A", "1")], b""), 201, b""),
        (Answer(404, [("X-A", "1")], b"none"), 404, b"none"),
        (Answer(529, [("Retry-After", "3"), ("X-A", "1")], b"busy"), 529, b"busy"),
        (Answer(200, [("X-A", "1")], bytes(range(256))), 200, bytes(range(256))),
        (Answer(200, [("X-A", "1")], b"", pieces=lambda: []), 200, b""),
        (
            Answer(200, [("Content-Encoding", "gzip"), ("X-A", "1")], gzip.compress(TEXT)),
            200,
            TEXT,
        ),
        (
            Answer(
                200,
                [("Content-Encoding", "gzip"), ("X-A", "1")],
                pieces=lambda: [gzip.compress(TEXT)[:20], gzip.compress(TEXT)[20:]],
            ),
            200,
            TEXT,
        ),
    ],
)
def test_status_fields_and_body_are_the_upstreams(
    caller: UrlCaller, sent: Answer, status: int, body: bytes
) -> None:
    caller.place.answer(sent)
    answer = caller.call()
    assert (answer.status, answer.body, answer.get("x-a")) == (status, body, "1")
    for name in ("content-range", "etag", "retry-after"):
        assert answer.get(name) == next((v for n, v in sent.headers if n.lower() == name), None)
    assert answer.get("content-encoding") is None
    entry = caller.entry()
    assert (entry["status"], entry["problem"]) == (status, None)


def test_head_has_the_fields_and_no_body(caller: UrlCaller) -> None:
    caller.place.answer(Answer(200, [("X-A", "1"), ("Content-Length", "1000")], b""))
    answer = caller.call(method="HEAD")
    assert (answer.status, answer.body, answer.get("x-a")) == (200, b"", "1")


def test_repeated_fields_arrive_and_cookies_do_not(caller: UrlCaller) -> None:
    fields = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Link", "<a>"), ("Link", "<b>")]
    caller.place.answer(Answer(200, fields))
    answer = caller.call(fields=[("Cookie", "c=3; d=4")])
    assert ", ".join(answer.all("link")) == "<a>, <b>"
    assert answer.all("set-cookie") == []
    assert caller.place.last.get("Cookie") is None


def test_a_challenge_of_the_upstream_is_renamed_by_the_function_url(caller: UrlCaller) -> None:
    """docs/sdks.md says so."""
    caller.place.answer(Answer(401, [("WWW-Authenticate", 'Bearer realm="x"')]))
    answer = caller.call()
    assert answer.status == 401
    assert answer.get("x-amzn-remapped-www-authenticate") == 'Bearer realm="x"'
