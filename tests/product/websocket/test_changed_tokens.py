"""WebSockets end when their token no longer allows their address, or with its old text (S48)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from tests.product.websocket.conftest import Caller


def close_code(websocket: ClientConnection) -> int | None:
    """Return the code with which a WebSocket closes within five seconds, None if it does not."""
    try:
        websocket.recv(timeout=5)
    except TimeoutError:
        return None
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else None
    return None


def is_open(websocket: ClientConnection) -> bool:
    websocket.send("still open")
    return websocket.recv(timeout=5) == "still open"


def test_s48_a_websocket_needs_an_allowed_address(caller: Caller) -> None:
    with pytest.raises(InvalidStatus) as caught:
        caller.connect(token=caller.account.token(allowed_ips=["198.51.100.9"]))
    assert caught.value.response.status_code == 403
    assert caller.place.received == []
    assert caller.logged()[0]["problem"] == "address_not_allowed"
    with caller.connect(token=caller.account.token(allowed_ips=["127.0.0.1"])) as websocket:
        assert is_open(websocket)


def test_s48_a_change_of_a_token_ends_what_it_no_longer_allows(caller: Caller) -> None:
    account = caller.account
    tied, rotated, ended, kept = (account.token_details() for _ in range(4))
    new = account.call("POST", f"/api/tokens/{kept['token_id']}/rotate").json
    sockets = [caller.connect(token=one["token"]) for one in (tied, rotated, ended)]
    old = caller.connect(token=kept["token"])
    current = caller.connect(token=new["token"])
    path = f"/api/tokens/{tied['token_id']}"
    assert account.call("PATCH", path, {"allowed_ips": ["198.51.100.9"]}).status == 200
    at_once = {"overlap": 0}
    assert account.call("POST", f"/api/tokens/{rotated['token_id']}/rotate", at_once).status == 200
    path = f"/api/tokens/{ended['token_id']}"
    assert account.call("POST", f"{path}/rotate").status == 200
    assert account.call("DELETE", f"{path}/previous").status == 204
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(close_code, sockets)) == [1008] * 3
    codes = {entry["problem"] for entry in caller.logged(3)}
    assert codes == {"address_not_allowed", "authentication_required"}
    assert is_open(old) and is_open(current)
    assert account.call("DELETE", f"/api/tokens/{kept['token_id']}/previous").status == 204
    assert close_code(old) == 1008
    assert is_open(current)
    current.close()


def test_s48_a_websocket_ends_with_the_overlap(caller: Caller) -> None:
    token = caller.token
    path = f"/api/tokens/{token['token_id']}/rotate"
    old = caller.connect()
    new = caller.account.call("POST", path, {"overlap": 1}).json
    current = caller.connect(token=new["token"])
    assert close_code(old) == 1008
    assert is_open(current)
    current.close()
