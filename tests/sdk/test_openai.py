"""Each error of the openai SDK, and streaming, which the matrix does not cover."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.sdk.standins.openai import LIMITS, SECRET, WORDS, answer, chunk, error
from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.upstream import Answer, Place

MESSAGES: Any = [{"role": "user", "content": "Hello, wörld"}]


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


def complete(client: OpenAI) -> object:
    return client.chat.completions.create(model="gpt-5-mini", messages=MESSAGES).model_dump()


def test_a_completion_returns_the_upstreams_headers(client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="gpt-5-mini", messages=MESSAGES)
    assert raw.parse().choices[0].message.content == "".join(WORDS)
    for name, value in LIMITS:
        assert raw.headers[name] == value


def test_a_streamed_completion_arrives_piece_by_piece(client: OpenAI, place: Place) -> None:
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


def test_an_upstreams_429_keeps_its_retry_headers(client: OpenAI, place: Place) -> None:
    fields = [("retry-after", "20"), ("retry-after-ms", "19500"), ("x-should-retry", "true")]
    place.answer(error(429, "Rate limit reached.", "rate_limit_exceeded", fields))
    with pytest.raises(openai.RateLimitError) as raised:
        complete(client)
    assert raised.value.code == "rate_limit_exceeded"
    for name, value in fields:
        assert raised.value.response.headers[name] == value
    assert len(place.received) == 1
