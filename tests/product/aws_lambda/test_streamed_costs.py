"""The streaming function reads what a stream used, and records its cost before its end."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.product.spend.conftest import DONE, EVENTS, MODEL, chunk, text_chunk
from tests.support.accounts import Account
from tests.support.streaming_function import StreamingFunction
from tests.support.upstream import Answer, Place

USAGE = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}


@pytest.mark.parametrize("is_coded", [False, True])
def test_a_stream_is_priced(
    streaming: StreamingFunction, user: Account, place: Place, token: str, is_coded: bool
) -> None:
    user.key(place, api_name="openai")
    token = user.token(["openai"])
    pieces = [text_chunk("Hel"), text_chunk("lo!", "stop"), chunk(usage=USAGE), DONE]
    body = b"".join(pieces)
    headers, sent = EVENTS, pieces
    if is_coded:  # although the function asks for a body without a coding
        headers, sent = [*EVENTS, ("Content-Encoding", "gzip")], [gzip.compress(body)]
    place.answer(Answer(200, headers, pieces=lambda: sent))
    asked = {"model": MODEL, "messages": [], "stream": True}
    invocation = streaming.call(
        "POST",
        "/proxy/openai/v1/chat/completions",
        [("Content-Type", "application/json")],
        json.dumps(asked).encode(),
        token=token,
    )
    assert invocation.status == 200
    assert invocation.read() == body
    (entry, *_) = user.call("GET", "/api/requests").json["items"]
    assert (entry["api_name"], entry["cost_usd"], entry["cost_basis"]) == (
        "openai", 0.00045, "price"
    )  # fmt: skip
    assert entry["units"] == {"input_tokens": 1000, "output_tokens": 500}
