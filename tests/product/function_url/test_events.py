"""Events that no function URL makes: each is refused, and the process serves the next one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.product.function_url.conftest import UrlCaller
from tests.support.function_processes import FunctionProcesses
from tests.support.function_url import url_event

MISSING: Any = object()


def without(path: str, value: object = MISSING) -> dict[str, Any]:
    """Return an event whose member at a path such as `requestContext.http` is another value."""
    event = url_event("GET", "/proxy/test/x", [], b"")
    *parents, name = path.split(".")
    place = event
    for parent in parents:
        place = place[parent]
    if value is MISSING:
        del place[name]
    else:
        place[name] = value
    return event


def malformed() -> Iterator[bytes]:
    """Yield events that are not of a function URL."""
    yield from (b"", b"null", b"[]", b"{}", b'"text"', b"{", b"\xff", b"1e999", b"[" * 100_000)
    yield b'{"task": "scheduled_checks"}'
    yield b'{"Records": [{"eventSource": "aws:s3"}]}'
    kinds: tuple[object, ...] = (None, 1, [], "")
    for path in ("requestContext", "requestContext.http", "requestContext.http.method", "rawPath"):
        yield json.dumps(without(path)).encode()
        for value in kinds:
            if (path, value) not in (("rawPath", ""), ("requestContext.http.method", "")):
                yield json.dumps(without(path, value)).encode()
    wrong: tuple[tuple[str, object], ...] = (
        ("headers", ["text"]),
        ("headers", "text"),
        ("cookies", "text"),
        ("cookies", [1]),
        ("body", {}),
        ("rawQueryString", 1),
    )
    for path, member in wrong:
        yield json.dumps(without(path, member)).encode()
    yield json.dumps({**without("body", "a"), "isBase64Encoded": True}).encode()


def test_a_malformed_event_is_one_line_in_the_log_and_no_trace(
    caller: UrlCaller, processes: FunctionProcesses
) -> None:
    assert caller.call().status == 200
    running = {one.process.pid for one in processes.running if one.process.poll() is None}
    for event in malformed():
        begin = processes.log.stat().st_size
        with processes.invoke(event) as invocation:
            assert invocation is not None
            failure = invocation.failure
            assert failure is not None and failure.kind == "UnknownEvent", (event[:200], failure)
        with processes.log.open("rb") as log:
            log.seek(begin)
            lines = log.read().splitlines()
        assert len(lines) == 1 and b"unknown_event" in lines[0], lines
    assert caller.call().status == 200
    assert running == {one.process.pid for one in processes.running if one.process.poll() is None}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("requestContext.http.method", ""),
        ("requestContext.http.method", "GET / HTTP/1.1\r\nX-Evil: 1\r\n\r\n"),
        ("rawPath", ""),
        ("rawPath", "/proxy/test/a b\r\nX-Evil: 1"),
        ("rawPath", "proxy/test/x"),
        ("rawPath", "/proxy/test/\ud800"),
        ("rawQueryString", "a= HTTP/1.1\r\nX-Evil: 1\r\n\r\n"),
        ("headers", {"x-a": "1\r\nX-Evil: 1"}),
        ("headers", {"x-a\r\nx-evil": "1"}),
        ("headers", {"": "1", " ": "2", "x-a": None, "x-b": 1, "x-c": ["1"]}),
        ("headers", {"authorization": "\x00"}),
        ("headers", None),
        ("requestContext.domainName", None),
        ("requestContext.http.sourceIp", 1),
        ("cookies", ["a=1\r\nX-Evil: 1"]),
        ("cookies", []),
        ("version", "1.0"),
    ],
)
def test_an_odd_event_injects_nothing(
    caller: UrlCaller, processes: FunctionProcesses, path: str, value: object
) -> None:
    event = without(path, value)
    if path != "headers":
        event["headers"]["authorization"] = f"Bearer {caller.token}"
    elif isinstance(value, dict):
        event["headers"] = {"authorization": f"Bearer {caller.token}", **value}
    with processes.invoke(json.dumps(event).encode()) as invocation:
        assert invocation is not None
        assert invocation.failure is not None or 200 <= invocation.status < 500
    for received in caller.place.received:
        assert not any(name.lower() == "x-evil" for name, _ in received.headers)
        assert " " not in received.target
    assert caller.call().status == 200
