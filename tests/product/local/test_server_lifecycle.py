"""The server process starts and stops, and a kill leaves no process behind."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from api.errors import StartError
from api.local.server.master import listen, server_url
from tests.product.local.processes import (
    ServerProcess,
    free_port,
    launch,
    product,
    runs,
    until,
)


def test_the_url_is_printed_when_the_server_accepts_requests(served: ServerProcess) -> None:
    # The fixture has read the printed line, so a worker must accept the first request.
    assert served.get()["address"] == "127.0.0.1"


def test_a_taken_port_ends_with_one_sentence_and_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = launch(port=port)
        out, err = process.communicate(timeout=40)
    assert process.returncode == 1
    assert out == ""
    assert err == (
        f"Port {port} on 127.0.0.1 is in use by another program: stop that program, "
        "or set API_DASHBOARD_PORT to another port.\n"
    )


def test_the_server_waits_for_a_port_that_is_just_released() -> None:
    before = socket.create_server(("127.0.0.1", 0))
    leaving = threading.Timer(0.2, before.close)
    leaving.start()
    with listen("127.0.0.1", before.getsockname()[1], timeout=20) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
    leaving.join()


@pytest.mark.parametrize("host", ["192.0.2.1", "name.invalid"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(StartError, match=r"cannot listen on .*API_DASHBOARD_HOST"):
        listen(host, 0, timeout=0)


def test_the_server_can_listen_on_ipv6_loopback() -> None:
    assert server_url("::1", 8420) == "http://[::1]:8420"
    try:
        listener = listen("::1", 0)
    except StartError:
        pytest.skip("this machine has no IPv6")
    listener.close()


def test_an_app_that_cannot_start_ends_with_its_sentence_and_code_1() -> None:
    process = launch(port=free_port(), refuse=True)
    out, err = process.communicate(timeout=40)
    assert process.returncode == 1
    assert out == ""
    assert "JWT_SECRET_KEY is missing: set it." in err
    assert "Traceback" not in err


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_finishes_requests_and_ends_with_code_0(tmp_path: Path, how: signal.Signals) -> None:
    gate = tmp_path / "gate"
    with product(workers=2, threads=8) as running:
        idle = running.connect()
        half = running.connect()
        half.sendall(b"GET / HTTP/1.1\r\n")
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
        with idle, half, contextlib.closing(connection):
            connection.request("GET", f"/stream?{gate}")
            response = connection.getresponse()
            assert response.read(5) == b"first"
            running.process.send_signal(how)
            until(lambda: refuses(running.port), timeout=40)
            gate.with_suffix(".go").touch()
            assert response.read().endswith(b"last")
            assert running.process.wait(40) == 0


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return True
    return False


def test_a_worker_that_dies_is_replaced_by_one_with_its_row() -> None:
    with product(workers=2) as running:
        rows: dict[int, int] = {}

        def both() -> bool:
            seen = running.get()
            rows[seen["row"]] = seen["pid"]
            return len(rows) == 2

        until(both)
        assert set(rows) == {0, 1}
        killed = rows.pop(0)
        os.kill(killed, signal.SIGKILL)
        until(lambda: not runs(killed))
        until(both)
        assert rows[0] != killed


def test_a_stop_ends_the_database_last(binary: Path, tmp_path: Path) -> None:
    with product(workers=1, threads=8, embedded=True, data=str(tmp_path / "data")) as running:
        assert running.get()["database"].startswith("http://127.0.0.1:")
        database = int((tmp_path / "data" / "database.pid").read_text())
        assert runs(database)
        assert running.stop() == 0
        assert not runs(database)


def test_the_database_restarts_while_the_product_serves(binary: Path, tmp_path: Path) -> None:
    with product(workers=1, threads=8, embedded=True, data=str(tmp_path / "data")) as running:
        address = running.get()["database"].removeprefix("http://")
        file = tmp_path / "data" / "database.pid"
        for _ in range(2):
            old = file.read_text()
            os.kill(int(old), signal.SIGKILL)
            until(partial(is_replaced, file, old))
            until(lambda: answers(address))
        assert running.stop() == 0


def is_replaced(file: Path, old: str) -> bool:
    return file.read_text() not in ("", old)


def answers(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=5)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        except OSError:
            return False


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers notice within a second")
def test_a_killed_product_leaves_no_process_and_can_start_again(
    binary: Path, tmp_path: Path
) -> None:
    port, data = free_port(), str(tmp_path / "data")
    for _ in range(2):
        with (
            product(port=port, workers=1, threads=8, embedded=True, data=data) as running,
            running.connect() as open_connection,
        ):
            open_connection.sendall(b"GET / HTTP/1.1\r\n")
            worker = running.get()["pid"]
            database = int((tmp_path / "data" / "database.pid").read_text())
            running.process.kill()
            until(partial(has_ended, worker))
            until(partial(has_ended, database))


def has_ended(pid: int) -> bool:
    return not runs(pid)


def test_a_second_instance_on_the_same_data_is_refused(binary: Path, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with product(workers=1, threads=8, embedded=True, data=data) as running:
        second = launch(port=free_port(), embedded=True, data=data)
        _, err = second.communicate(timeout=40)
        assert second.returncode == 1
        assert err.startswith(f"The data folder {data} is used by another running API Dashboard: ")
        assert err.count("\n") == 1
        assert running.get()["database"]
