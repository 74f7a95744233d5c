"""How the function treats the Runtime API: its connection, its refusals, and unusual events."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator

import pytest

from api.aws_lambda import runtime_api
from api.aws_lambda.runtime_api import RuntimeApi as Client
from api.aws_lambda.runtime_api import RuntimeApiFailed
from tests.support.accounts import Account
from tests.support.clients import event
from tests.support.logged import logged
from tests.support.runtime_api import RuntimeApi
from tests.support.streaming_function import StreamingFunction
from tests.support.upstream import Answer, Place


def test_all_invocations_use_one_connection(
    streaming: StreamingFunction, place: Place, token: str
) -> None:
    for number in range(3):
        body = b"%d" % number
        place.answer(Answer(200, [], body))
        assert streaming.call("GET", "/proxy/test/x", token=token).read() == body
    assert streaming.api.connections == 1


def test_the_trace_id_is_in_the_environment(
    streaming: StreamingFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "another")
    invocation = streaming.call("GET", "/elsewhere")
    assert invocation.status == 404
    assert os.environ["_X_AMZN_TRACE_ID"] == f"Root=1-{invocation.request_id}"


@pytest.mark.parametrize(
    "data",
    [b"{", b"[]", json.dumps({"task": "scheduled_checks"}).encode(), b'{"Records": []}', b"null"],
)
def test_an_unknown_event_is_refused_with_one_warning(
    streaming: StreamingFunction, place: Place, token: str, data: bytes
) -> None:
    with logged() as events:
        failure = streaming.api.invoke(data).failure
        assert failure is not None and failure.kind == "UnknownEvent"
        assert failure.body["errorMessage"] and failure.body["stackTrace"] == []
        assert streaming.call("GET", "/proxy/test/x", token=token).status == 200
    lines = [line for line in events() if line["level"] != "info"]
    assert [(line["event"], line["level"]) for line in lines] == [("unknown_event", "warning")]
    assert "trace" not in lines[0]


def test_an_event_of_the_http_api_is_served_too(streaming: StreamingFunction) -> None:
    """Both have payload format 2.0. The path of an HTTP API's event is decoded."""
    assert streaming.api.invoke(event("GET", "/proxy/test/x", [], None)).status == 401


@pytest.mark.parametrize("status", [400, 403, 413])
def test_a_response_that_the_runtime_api_refuses_is_logged(
    streaming: StreamingFunction, status: int
) -> None:
    streaming.api.answer = status
    with logged() as events:
        streaming.call("GET", "/elsewhere").read()
        assert streaming.call("GET", "/elsewhere").status == 404
    lines = [line for line in events() if line["event"] == "runtime_api_refused"]
    assert lines and lines[0]["status"] == status


@pytest.mark.parametrize("size", [1, 65_536])
def test_a_stream_that_the_runtime_api_refuses_ends(
    streaming: StreamingFunction, user: Account, place: Place, token: str, size: int
) -> None:
    """It ends at the next piece, or while a piece is written that the Runtime API does not read."""
    refused_event = threading.Event()

    def long() -> Iterator[bytes]:
        yield b"x"
        assert refused_event.wait(30)
        for _ in range(500):
            yield b"x" * size

    place.answer(Answer(200, [], pieces=long))
    refused = streaming.call("GET", "/proxy/test/refused", token=token, refuse_after=1)
    assert refused.ended.wait(30)
    place.answer(Answer(200, [], b"next"))
    refused_event.set()
    assert streaming.call("GET", "/proxy/test/x", token=token).read() == b"next"
    refused.resume.set()
    entries = user.call("GET", "/api/requests").json["items"]
    assert (entries[1]["path"], entries[1]["problem"]) == ("/refused", "caller_gone")


def test_the_process_ends_if_the_runtime_api_fails() -> None:
    with RuntimeApi() as api:
        client = Client(api.address)
        api.refuse_next = 1
        with pytest.raises(RuntimeApiFailed, match="500"):
            client.next()
        api.answer = 500
        invocation = api.invoke(b"{}")
        taken = client.next()
        with pytest.raises(RuntimeApiFailed, match="500"):
            client.fail(taken.request_id, "Kind", "message")
        assert invocation.failure is not None
        client.drop()
    with pytest.raises(RuntimeApiFailed, match="does not answer"):
        client.next()


def test_the_next_event_is_asked_for_again_until_a_broken_response_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with RuntimeApi() as api:
        client = Client(api.address)
        api.refusal, api.refuse_next = 403, 2
        invocation = api.invoke(b"{}")
        assert client.next().request_id == invocation.request_id
        client.fail(invocation.request_id, "Kind", "message")
        monkeypatch.setattr(runtime_api, "SHORT", 0.0)
        api.refuse_next = 1
        with pytest.raises(RuntimeApiFailed, match="403"):
            client.next()
        client.drop()


def test_a_connection_that_was_closed_between_two_requests_is_opened_again() -> None:
    with RuntimeApi() as api:
        client = Client(api.address)
        for _ in range(2):
            invocation = api.invoke(b"{}")
            client.fail(client.next().request_id, "Kind", "message")
            assert invocation.failure is not None
            api.close_idle()
        assert api.connections == 2
        client.drop()
