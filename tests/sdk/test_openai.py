"""The official openai SDK through the proxy: a base URL and a token in place of the key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.sdk.openai_standin import LIMITS, SECRET, WORDS, answer, chunk, error
from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.upstream import Answer, Place, Received

MESSAGES: Any = [{"role": "user", "content": "Hello, wörld"}]
FILE = b'{"line": 1}\r\n\x00\xff--not-a-boundary\r\n' * 5000

# What may differ between a request sent to the upstream directly and through the proxy: fields of
# the one connection (RFC 9110 7.6.1) and the order of fields of different names (5.3). The
# credential is the same by then; the random boundary of a form is put aside.
ALLOWED_DIFFERENCES = frozenset({"connection"})


@pytest.fixture
def account(server: HttpClient) -> Account:
    return Account(server)


@pytest.fixture
def place(place: Place) -> Place:
    place.behaviour = answer
    return place


@pytest.fixture
def token(account: Account, place: Place) -> str:
    body = {"provider": "openai", "base_url": place.url, "secret": SECRET}
    assert account.call("POST", "/api/keys", body).status == 201
    return account.token(["openai"])


@pytest.fixture
def client(server: HttpClient, token: str) -> Iterator[OpenAI]:
    """The SDK as a user sets it up."""
    with OpenAI(base_url=f"{server.url}/proxy/openai/v1", api_key=token, max_retries=0) as made:
        yield made


@pytest.fixture
def direct(place: Place) -> Iterator[OpenAI]:
    """The SDK without us."""
    with OpenAI(base_url=f"{place.url}/v1", api_key=SECRET, max_retries=0) as made:
        yield made


def complete(client: OpenAI) -> object:
    return client.chat.completions.create(model="gpt-5-mini", messages=MESSAGES).model_dump()


def stream(client: OpenAI) -> object:
    with client.chat.completions.create(
        model="gpt-5-mini", messages=MESSAGES, stream=True
    ) as events:
        return [event.choices[0].delta.content for event in events]


def upload(client: OpenAI) -> object:
    made = client.files.create(file=("data.jsonl", FILE), purpose="fine-tune")
    return made.model_copy(update={"bytes": 0}).model_dump()


def models(client: OpenAI) -> object:
    return [model.id for model in client.models.list()]


def files(client: OpenAI) -> object:
    return [file.id for file in client.files.list(limit=2)]


CALLS: dict[str, Callable[[OpenAI], object]] = {
    "completion": complete,
    "stream": stream,
    "upload": upload,
    "models": models,
    "paginated files": files,
}


def as_seen(place: Place, received: Received) -> tuple[str, str, list[tuple[str, str]], bytes]:
    """A request as the upstream saw it, its form's random boundary put aside."""
    boundary = (received.get("Content-Type") or "").partition("boundary=")[2]
    headers = sorted(
        (name.lower(), value.replace(boundary, "BOUNDARY") if boundary else value)
        for name, value in received.headers
        if name.lower() not in ALLOWED_DIFFERENCES
    )
    body = received.body.replace(boundary.encode(), b"BOUNDARY") if boundary else received.body
    return received.method, place.path(received), headers, body


@pytest.mark.parametrize("name", list(CALLS))
def test_a_call_gives_the_same_and_reaches_the_upstream_the_same_as_without_us(
    client: OpenAI, direct: OpenAI, place: Place, name: str
) -> None:
    without_us = CALLS[name](direct)
    sent_directly = [as_seen(place, received) for received in place.received]
    place.received.clear()
    through_us = CALLS[name](client)
    assert through_us == without_us
    assert [as_seen(place, received) for received in place.received] == sent_directly
    assert sent_directly


def test_a_completion_and_what_the_upstream_said_beside_it(client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="gpt-5-mini", messages=MESSAGES)
    assert raw.parse().choices[0].message.content == "".join(WORDS)
    for name, value in LIMITS:
        assert raw.headers[name] == value


def test_a_streamed_completion_comes_piece_by_piece(client: OpenAI, place: Place) -> None:
    go_on = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield chunk({"content": "first"})
        assert go_on.wait(30), "the first piece did not reach the caller before the second was sent"
        yield chunk({"content": "second"}) + b"data: [DONE]\n\n"

    place.answer(Answer(200, [("Content-Type", "text/event-stream")], pieces=pieces))
    with client.chat.completions.create(
        model="gpt-5-mini", messages=MESSAGES, stream=True
    ) as events:
        words = []
        for event in events:
            words.append(event.choices[0].delta.content)
            go_on.set()
    assert words == ["first", "second"]


def test_a_file_arrives_byte_for_byte(client: OpenAI, place: Place) -> None:
    client.files.create(file=("data.jsonl", FILE), purpose="fine-tune")
    assert FILE in place.last.body


def test_pages_are_followed_inside_the_proxy(client: OpenAI, place: Place) -> None:
    assert files(client) == [f"file-{i}" for i in range(5)]
    assert [place.path(received) for received in place.received] == [
        "/v1/files?limit=2",
        "/v1/files?limit=2&after=file-1",
        "/v1/files?limit=2&after=file-3",
    ]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (500, openai.InternalServerError),
    ],
)
def test_an_error_of_the_upstream_is_the_sdks_own(
    client: OpenAI, place: Place, status: int, kind: type[openai.APIStatusError]
) -> None:
    place.answer(error(status, "That went wrong.", "some_code"))
    with pytest.raises(kind) as raised:
        complete(client)
    assert raised.value.status_code == status
    assert raised.value.code == "some_code"
    assert "That went wrong." in str(raised.value)


def test_an_upstreams_429_brings_its_retry_headers(client: OpenAI, place: Place) -> None:
    fields = [("retry-after", "20"), ("retry-after-ms", "19500"), ("x-should-retry", "true")]
    place.answer(error(429, "Rate limit reached.", "rate_limit_exceeded", fields))
    with pytest.raises(openai.RateLimitError) as raised:
        complete(client)
    assert raised.value.code == "rate_limit_exceeded"
    for name, value in fields:
        assert raised.value.response.headers[name] == value
    assert len(place.received) == 1


def test_a_limit_of_ours_is_the_sdks_rate_limit_error(
    server: HttpClient, account: Account, token: str, place: Place
) -> None:
    limited = account.token(["openai"], limit=1, window=3600)
    with OpenAI(base_url=f"{server.url}/proxy/openai/v1", api_key=limited, max_retries=0) as client:
        models(client)
        with pytest.raises(openai.RateLimitError) as raised:
            models(client)
    assert 0 < int(raised.value.response.headers["retry-after"]) <= 3600
    assert len(place.received) == 1


def test_a_revoked_token_is_the_sdks_authentication_error(
    server: HttpClient, account: Account, token: str, place: Place
) -> None:
    made = account.token_details(["openai"])
    with OpenAI(
        base_url=f"{server.url}/proxy/openai/v1", api_key=made["token"], max_retries=0
    ) as client:
        assert models(client) == ["a", "b"]
        assert account.call("DELETE", f"/api/tokens/{made['token_id']}").status == 204
        with pytest.raises(openai.AuthenticationError):
            models(client)
    assert len(place.received) == 1


def test_the_sdk_tries_a_failed_call_again_through_us(
    server: HttpClient, token: str, place: Place
) -> None:
    answers = [Answer(503, body=b"{}"), None]

    def behaviour(received: Received, connection: Any) -> Answer | None:
        return (answers.pop(0) if answers else None) or answer(received, connection)

    place.behaviour = behaviour
    with OpenAI(base_url=f"{server.url}/proxy/openai/v1", api_key=token, max_retries=1) as client:
        assert models(client) == ["a", "b"]
    counts = [received.get("x-stainless-retry-count") for received in place.received]
    assert counts == ["0", "1"]
