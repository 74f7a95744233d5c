"""Database trips and capacity units of a WebSocket: those of any other call."""

from __future__ import annotations

import secrets
import socket
from typing import Any

from api.settings import read_settings
from tests.support.capacity import units
from tests.support.in_process import InProcess
from tests.support.measured_account import MeasuredAccount
from tests.support.upstream import Upstream
from tests.support.websocket_peers import accepting, upgrade_environ


def test_a_websocket_costs_what_a_call_costs(
    environment: dict[str, str], upstream_server: Upstream
) -> None:
    measured = MeasuredAccount(read_settings(environment), upstream_server)
    place = upstream_server.place(secrets.token_hex(6))
    place.behaviour = accepting(lambda sock: sock.sendall(b"\x81\x05hello\x88\x00"))
    measured.account.key(place)
    token = measured.account.token(["test"])
    assert isinstance(measured.client, InProcess)
    environ = upgrade_environ("/proxy/test/v1/x", [("Authorization", f"Bearer {token}")])
    for _ in range(2):  # The first call of an hour costs another trip.
        measured.trips.clear()
        result: Any = measured.client.app(dict(environ), _must_not_be_called)
        client, server = socket.socketpair()
        with client, server:
            client.sendall(b"\x88\x80\x01\x02\x03\x04")
            result.run(server, b"")
    trips = list(measured.trips.trips)
    assert [trip.operations for trip in trips] == [
        ["BatchGetItem"],
        ["UpdateItem", "PutItem"],
    ]
    costs = [units(trip, measured.trips) for trip in trips]
    assert [sum(part) for part in zip(*costs, strict=True)] == [2, 2]


def _must_not_be_called(*_: object) -> Any:
    raise AssertionError("start_response was called")
