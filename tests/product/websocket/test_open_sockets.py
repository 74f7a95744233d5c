"""A WebSocket is listed as open from its opening on, and logged at its end."""

from __future__ import annotations

from typing import Any

from tests.product.websocket.conftest import Caller
from tests.support.machine import until


def in_progress(caller: Caller) -> list[dict[str, Any]]:
    """Return the requests in progress to the caller's API."""
    answer = caller.account.call("GET", f"/api/requests?api_name={caller.api_name}")
    found: list[dict[str, Any]] = answer.json.get("open", [])
    return found


def test_a_websocket_is_listed_as_open_until_it_ends(caller: Caller) -> None:
    with caller.connect("/v1/realtime?model=m") as websocket:
        until(lambda: in_progress(caller) != [])
        (shown,) = in_progress(caller)
        assert (shown["path"], shown["status"], shown["websocket"]) == ("/v1/realtime", 101, True)
        assert shown["key_id"] == caller.key["key_id"]
        assert shown["token_id"] == caller.token["token_id"]
        websocket.send("hello")
        assert websocket.recv() == "hello"
    (entry,) = caller.logged()
    assert (entry["request_id"], entry["messages_in"]) == (shown["request_id"], 1)
    assert in_progress(caller) == []
