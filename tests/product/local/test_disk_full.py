"""A database that cannot be written: calls end before the upstream until there is space.

A small file system is mounted where that is allowed. Elsewhere, and in any case once, the operating
system refuses the database's process to extend a file.
"""

from __future__ import annotations

import contextlib
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import Account, problem
from tests.support.machine import Machine, until
from tests.support.upstream import Place, Upstream

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs prlimit(2) and tmpfs"
)
SIZE = 24 << 20


class LimitedDisk:
    """Makes the database's process unable to extend a file."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def fill(self) -> None:
        _, self._hard = resource.prlimit(self._machine.database, resource.RLIMIT_FSIZE)
        resource.prlimit(self._machine.database, resource.RLIMIT_FSIZE, (1, self._hard))

    def free(self) -> None:
        resource.prlimit(self._machine.database, resource.RLIMIT_FSIZE, (self._hard, self._hard))


class MountedDisk:
    """Fills the file system of the data folder."""

    def __init__(self, machine: Machine) -> None:
        self._balloon = machine.data / "balloon"

    def fill(self) -> None:
        with self._balloon.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)

    def free(self) -> None:
        self._balloon.unlink()


@pytest.fixture(params=["mounted", "limited"])
def disk_kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[type]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(data)]
    if request.param == "mounted" and subprocess.run(mount, capture_output=True).returncode == 0:
        yield MountedDisk
        subprocess.run(["umount", "--lazy", str(data)], check=True)
    else:
        yield LimitedDisk


@pytest.fixture
def machine(disk_kind: type, tmp_path: Path, upstream_server: Upstream) -> Iterator[Machine]:
    made = Machine(
        tmp_path,
        API_DASHBOARD_ALLOWED_UPSTREAMS=f"127.0.0.1:{upstream_server.port}",
        API_DASHBOARD_WORKERS="2",
    )
    made.start()
    yield made
    made.stop()


def test_a_full_disk_stops_calls_before_the_upstream_until_there_is_space(
    machine: Machine, disk_kind: type, place: Place
) -> None:
    account = Account(machine.client)
    account.key(place)
    token = account.token()
    assert account.proxied(token).status == 200
    assert account.proxied(token, method="POST").status == 200
    disk = disk_kind(machine)
    disk.fill()

    first = account.proxied(token, method="POST")
    document = problem(first, 503, "usage_not_recorded")
    assert document["upstream_status"] == 200
    assert first.get("x-should-retry") == "false" and first.get("retry-after") is None
    reached = len(place.received)
    for _ in range(8):
        refused = problem(account.proxied(token, method="POST"), 503, "storage_not_writable")
        assert "disk" in refused["detail"] and "Try again" not in refused["detail"]
    assert len(place.received) == reached == 3
    status = problem(machine.client.call("GET", "/api/status"), 503, "storage_not_writable")
    assert "disk" in status["detail"]
    assert account.call("GET", "/api/requests").status == 200

    lost = [line for line in map(_event, machine.errors.splitlines()) if "upstream_ms" in line]
    assert [line["event"] for line in lost] == ["usage_not_recorded"]
    assert lost[0]["request_id"] == document["request_id"] and "disk" in lost[0]["reason"]

    disk.free()
    until(lambda: account.proxied(token).status == 200)
    assert machine.client.call("GET", "/api/status").json["status"] == "ok"
    assert len(place.received) == 4
    assert len(account.call("GET", "/api/requests").json["items"]) == 3


def _event(line: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
    return event
