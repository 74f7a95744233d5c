"""SDKs that follow a URL of a response to another host send no token there."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest

from api.services.keys.provider import Provider
from tests.sdk.lines import CATALOGUE, SECRET, Lines
from tests.support.upstream import Answer, Received

JSON = ("Content-Type", "application/json")
EVENTS = b"event: output\nid: 1\ndata: Hello\n\nevent: done\nid: 2\ndata: {}\n\n"

PYTHON_CLIENT = """from replicate import Client
client = Client(api_token="{token}", base_url="{base_url}")"""
PYTHON_STREAM = """
text = "".join(str(event) for event in client.stream("a/b", input={"prompt": "x"}))
assert text == "Hello", text"""
JAVASCRIPT_STREAM = """
let text = "";
for await (const event of client.stream("a/b", { input: { prompt: "x" } })) text += event;
if (!text.startsWith("Hello")) throw new Error(text);"""
PYTHON_INDEX = 'client.Index(name="books").describe_index_stats()'
JAVASCRIPT_INDEX = 'await client.index("books").describeIndexStats()'
PYGITHUB_UPLOAD = """
import io
release = client.get_repo("o/r", lazy=True).get_release(1)
release.upload_asset_from_memory(io.BytesIO(b"text"), 4, "a.txt")"""
SLACK_UPLOAD = (
    'await client.filesUploadV2({ channel_id: "C1", file: Buffer.from("text"), filename: "a.txt" })'
)


def provider(slug: str) -> Provider:
    found = CATALOGUE.get(slug)
    assert found is not None
    return found


def setup_of(slug: str, language: str) -> str:
    return next(sdk.setup for sdk in provider(slug).sdks if sdk.language == language)


def prediction(stream: str) -> bytes:
    return json.dumps(
        {
            "id": "p1",
            "model": "a/b",
            "version": "v1",
            "status": "starting",
            "input": {},
            "output": None,
            "logs": "",
            "error": None,
            "metrics": {},
            "created_at": "2026-11-30T00:00:00Z",
            "urls": {"get": "https://api.replicate.com/v1/predictions/p1", "stream": stream},
        }
    ).encode()


def prepare(lines: Lines, slug: str, answer: Callable[[Received], bytes]) -> None:
    """Let the upstream respond with JSON, and the further host with an event stream or JSON."""

    def behaviour(received: Received, _: socket.socket) -> Answer:
        return Answer(200, [JSON], answer(received))

    def further(received: Received, _: socket.socket) -> Answer:
        if "event-stream" in "".join(received.all("Accept")):
            return Answer(200, [("Content-Type", "text/event-stream")], EVENTS)
        return Answer(200, [JSON], b"{}")

    lines.places[slug].behaviour = behaviour
    lines.further.behaviour = further
    lines.further.received.clear()


def holds_token(received: Received) -> bool:
    return "apd_" in f"{received.target}{received.headers}{received.body!r}"


@pytest.mark.parametrize(
    ("language", "setup", "call"),
    [
        ("python", PYTHON_CLIENT, PYTHON_STREAM),
        ("python", setup_of("replicate", "python"), PYTHON_STREAM),
        ("javascript", setup_of("replicate", "javascript"), JAVASCRIPT_STREAM),
    ],
    ids=["python", "python with the catalogue's code", "javascript"],
)
def test_replicate_streams_without_the_token(
    lines: Lines, language: str, setup: str, call: str
) -> None:
    stream = f"{lines.further.url}/v1/streams/s1"
    prepare(lines, "replicate", lambda _: prediction(stream))
    assert lines.run_code(provider("replicate"), language, setup, call) == ""
    [received] = lines.further.received
    assert received.target == "/v1/streams/s1"
    assert received.all("Authorization") == []
    assert not holds_token(received)


def test_replicates_python_sdk_follows_no_stream_to_an_unknown_host(lines: Lines) -> None:
    stream = f"{lines.further.url}/v1/streams/s1".replace("127.0.0.1", "localhost")
    prepare(lines, "replicate", lambda _: prediction(stream))
    error = lines.run_code(provider("replicate"), "python", PYTHON_CLIENT, PYTHON_STREAM)
    assert "does not support streaming" in error
    assert lines.further.received == []


@pytest.mark.parametrize(
    ("language", "call"), [("python", PYTHON_INDEX), ("javascript", JAVASCRIPT_INDEX)]
)
def test_pinecones_indexes_are_called_through_the_proxy_with_the_key(
    lines: Lines, language: str, call: str
) -> None:
    host = lines.further.url.removeprefix("http://")
    index = {
        "name": "books",
        "host": f"http://{host}",
        "dimension": 3,
        "metric": "cosine",
        "status": {"ready": True, "state": "Ready"},
        "spec": {"serverless": {"cloud": "aws", "region": "us-east-1"}},
        "deletion_protection": "disabled",
        "vector_type": "dense",
        "schema": {
            "fields": {"_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"}}
        },
        "deployment": {
            "deployment_type": "managed",
            "cloud": "aws",
            "region": "us-east-1",
            "environment": "aws",
        },
    }
    prepare(lines, "pinecone", lambda _: json.dumps(index).encode())
    setup = setup_of("pinecone", language)
    error = lines.run_code(provider("pinecone"), language, setup, call)
    assert lines.further.received, error
    for received in lines.further.received:
        assert received.target == "/describe_index_stats"
        assert received.all("Api-Key") == [SECRET]
        assert not holds_token(received)


def test_slacks_javascript_sdk_uploads_files_without_the_token(lines: Lines) -> None:
    answers = {
        "files.getUploadURLExternal": {
            "ok": True,
            "upload_url": f"{lines.further.url}/upload/v1/ABC",
            "file_id": "F1",
        },
        "files.completeUploadExternal": {"ok": True, "files": [{"id": "F1"}]},
    }

    def answer(received: Received) -> bytes:
        return json.dumps(answers[received.target.rpartition("/")[2].partition("?")[0]]).encode()

    prepare(lines, "slack", answer)
    setup = setup_of("slack", "javascript")
    assert lines.run_code(provider("slack"), "javascript", setup, SLACK_UPLOAD) == ""
    [received] = lines.further.received
    assert (received.method, received.target) == ("POST", "/upload/v1/ABC")
    assert b"text" in received.body
    assert received.all("Authorization") == []
    assert not holds_token(received)


def test_pygithub_uploads_an_asset_through_the_proxy_with_the_key(lines: Lines) -> None:
    upload = f"{lines.further.url}/repos/o/r/releases/1/assets{{?name,label}}"
    release = json.dumps({"id": 1, "url": "/repos/o/r/releases/1", "upload_url": upload}).encode()
    prepare(lines, "github", lambda _: release)
    error = lines.run_code(
        provider("github"), "python", setup_of("github", "python"), PYGITHUB_UPLOAD
    )
    assert error == ""
    [received] = lines.further.received
    assert received.target == "/repos/o/r/releases/1/assets?label=&name=a.txt"
    assert received.body == b"text"
    assert received.all("Authorization") == [f"Bearer {SECRET}"]
    assert not holds_token(received)
