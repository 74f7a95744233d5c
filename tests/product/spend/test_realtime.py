"""What a WebSocket of OpenAI's Realtime API used is added up out of its messages."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from websockets.sync.client import connect
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import CloseConnection, Message, TextMessage

from tests.product.spend.conftest import Spender
from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.upstream import Place
from tests.support.websocket_peers import accepting


def response_done(text_in: int, audio_out: int) -> dict[str, Any]:
    """Return the event that ends a response."""
    return {
        "type": "response.done",
        "response": {
            "id": "resp_1",
            "status": "completed",
            "usage": {
                "total_tokens": text_in + audio_out,
                "input_tokens": text_in,
                "output_tokens": audio_out,
                "input_token_details": {
                    "text_tokens": text_in, "audio_tokens": 0, "cached_tokens": 0,
                },
                "output_token_details": {"text_tokens": 0, "audio_tokens": audio_out},
            },
        },
    }  # fmt: skip


def realtime(sock: socket.socket) -> None:
    """Answer each message with a long delta and the end of a response."""
    connection = Connection(ConnectionType.SERVER)
    while data := sock.recv(65_536):
        connection.receive_data(data)
        for event in connection.events():
            if isinstance(event, TextMessage) and event.message_finished:
                delta = json.dumps({"type": "response.output_audio.delta", "delta": "A" * 200_000})
                done = json.dumps(response_done(100, 50))
                sock.sendall(connection.send(Message(data=delta)))
                for at in range(0, len(done), 90):
                    last = at + 90 >= len(done)
                    part = Message(data=done[at : at + 90], message_finished=last)
                    sock.sendall(connection.send(part))
            elif isinstance(event, CloseConnection):
                sock.sendall(connection.send(event.response()))


@pytest.fixture
def account(server: HttpClient) -> Account:
    """A new user of the server."""
    return Account(server)


@pytest.mark.parametrize("api_name", ["openai", "weather"])
def test_the_responses_of_a_connection_add_up(
    account: Account, place: Place, api_name: str
) -> None:
    spender = Spender(account, place, api_name)
    place.behaviour = accepting(realtime)
    client = account.client
    assert isinstance(client, HttpClient)
    with connect(
        f"ws://{client.host}/proxy/{api_name}/v1/realtime?model=gpt-realtime",
        additional_headers={"Authorization": f"Bearer {spender.token['token']}"},
        proxy=None,
        max_size=None,
        legacy=True,
    ) as websocket:
        for _ in range(3):
            websocket.send(json.dumps({"type": "response.create", "text": "x" * 300}))
            assert len(websocket.recv()) > 200_000
            assert json.loads(websocket.recv()) == response_done(100, 50)
    (entry,) = spender.logged()
    assert (entry["status"], entry["messages_out"], entry["problem"]) == (101, 6, None)
    offered = place.last.get("sec-websocket-extensions")
    if api_name == "weather":
        assert offered is not None
        assert (entry["cost_basis"], entry["units"]) == (None, {})
        return
    # Compressed messages could not be read.
    assert offered is None
    assert (entry["model"], entry["cost_basis"]) == ("gpt-realtime", "price")
    assert (entry["units"]["input_tokens"], entry["units"]["output_tokens"]) == (300, 150)
    assert entry["units"]["output_audio_tokens"] == 150
    # 4 USD for a million text tokens, 64 USD for a million audio tokens.
    assert entry["cost_usd"] == (300 * 4 + 150 * 64) / 1_000_000
