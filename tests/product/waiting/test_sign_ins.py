"""Many sign-ins at once hold up no other call and need little memory (S41)."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from pathlib import Path

from tests.product.waiting.crowds import PATIENCE, User, workers
from tests.support.accounts import new_username

COUNT = 60
MEGABYTE = 1_000_000


def test_s41_sign_ins_beyond_a_small_queue_are_refused_at_once(user: User) -> None:
    before = peak_memory(user)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(sign_in(user.machine.port)) for _ in range(COUNT)]
        user.everything_answers(calls=1)
        responses = [http.client.HTTPResponse(client) for client in clients]
        for response in responses:
            response.begin()
        statuses = [response.status for response in responses]
        for response in responses:
            if response.status == 503:
                document = json.load(response)
                assert response.getheader("Retry-After") is not None
                assert document["status"] == 503
    assert set(statuses) == {401, 503}
    # Four of 19 MiB at the same time in each process.
    assert peak_memory(user) - before < 2 * 4 * 25 * MEGABYTE


def sign_in(port: int) -> socket.socket:
    """Send a wrong sign-in, and return the connection."""
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    body = json.dumps({"username": new_username(), "password": "a wrong passphrase"}).encode()
    client.sendall(
        b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    return client


def peak_memory(user: User) -> int:
    """Return the sum of the most memory that each worker has had, in bytes."""
    total = 0
    for process in workers(user.machine):
        status = Path(f"/proc/{process}/status").read_text()
        total += int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return total
