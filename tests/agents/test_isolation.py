"""The namespace of the agents: loopback, chosen ports of this machine, and nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.agents.isolation import Isolation, NotPermitted
from tests.agents.world import World
from tests.support.ports import free_port

TRY = """
import errno, socket, sys
try:
    socket.create_connection(("192.0.2.1", 443), 5)
except OSError as error:
    print(errno.errorcode[error.errno])
try:
    socket.getaddrinfo("api.example.com", 443)
except socket.gaierror as error:
    print("no such name")
for port in sys.argv[1:]:
    try:
        with socket.create_connection(("127.0.0.1", int(port)), 5) as connection:
            connection.sendall(b"GET /api/docs HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n")
            print(connection.recv(12))
    except OSError as error:
        print(errno.errorcode[error.errno])
"""


def test_a_command_reaches_the_product_and_no_other_host(world: World, tmp_path: Path) -> None:
    others = (free_port(), world.upstream.port)
    ports = [str(port) for port in (world.product.port, *others)]
    command = [sys.executable, "-c", TRY, *ports]
    with world.isolation.started(command, {"PATH": os.environ["PATH"]}, tmp_path) as (
        process,
        names,
    ):
        output, errors = process.communicate(timeout=60)
        assert names.read_text().split()[0] == "api.example.com"
    assert errors == ""
    assert output.splitlines() == [
        "ENETUNREACH", "no such name", "b'HTTP/1.1 200'", "ECONNREFUSED", "ECONNREFUSED",
    ]  # fmt: skip


def test_a_process_that_a_command_leaves_behind_ends_with_it(world: World, tmp_path: Path) -> None:
    # The shell ends at once. Its child has the pipe open, whose end shows that the child is gone.
    command = ["sh", "-c", "sleep 600 & echo started"]
    with world.isolation.started(command, {"PATH": os.environ["PATH"]}, tmp_path) as (process, _):
        output, _errors = process.communicate(timeout=60)
    assert output == "started\n"


def test_a_machine_without_namespaces_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotPermitted, match="need network namespaces: install util-linux"):
        Isolation([])
