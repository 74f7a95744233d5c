"""The server as a process: start, responses, slow clients, stop, and what a kill leaves."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from api.errors import StartError
from api.local.server.master import listen, server_url
from tests.product.local.processes import (
    Product,
    free_port,
    launch,
    product,
    responses,
    runs,
    until,
)


def head(*fields: bytes, line: bytes = b"POST / HTTP/1.1") -> bytes:
    return b"\r\n".join([line, b"Host: local", *fields, b"", b""])


def read_head(client: socket.socket) -> bytes:
    """The bytes up to the end of the next response head, and not one more."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        assert byte, data
        data += byte
    return data


# -- starting --------------------------------------------------------------------------------


def test_it_says_where_it_listens_once_it_serves(served: Product) -> None:
    # The fixture has read the line; the first request must find a worker.
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


def test_a_port_that_a_predecessor_is_just_leaving_is_waited_for() -> None:
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


def test_ipv6_loopback_can_be_asked_for() -> None:
    assert server_url("::1", 8420) == "http://[::1]:8420"
    try:
        listener = listen("::1", 0)
    except StartError:
        pytest.skip("this machine has no IPv6")
    listener.close()


def test_an_app_that_refuses_to_start_ends_with_its_sentence_and_code_1() -> None:
    process = launch(port=free_port(), refuse=True)
    out, err = process.communicate(timeout=40)
    assert process.returncode == 1
    assert out == ""
    assert "JWT_SECRET_KEY is missing: set it." in err
    assert "Traceback" not in err


# -- responses -------------------------------------------------------------------------------


def test_no_server_field_tells_what_runs_here(served: Product) -> None:
    with served.connect() as client:
        client.sendall(head())
        fields = read_head(client).lower()
    assert b"server:" not in fields
    assert b"gunicorn" not in fields
    assert fields.count(b"\r\ndate:") == 1


def test_date_and_server_of_the_app_pass_through(served: Product) -> None:
    with served.connect() as client:
        client.sendall(head(line=b"GET /own-date HTTP/1.1"))
        fields = read_head(client)
    assert fields.count(b"\r\nDate: ") == 1
    assert b"\r\nDate: then\r\n" in fields
    assert b"\r\nServer: up\r\n" in fields


def test_a_connection_carries_request_after_request(served: Product) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    with contextlib.closing(connection):
        for method, body in (
            ("GET", None),
            ("POST", b"x" * 400_000),
            ("HEAD", None),
            ("GET", None),
        ):
            connection.request(method, "/", body)
            response = connection.getresponse()
            data = response.read()
            assert response.status == 200
            if method == "HEAD":
                assert data == b""
            else:
                assert json.loads(data)["size"] == len(body or b"")
            assert response.getheader("Connection") == "keep-alive"


@pytest.mark.parametrize("size", [5, 300_000])
def test_a_client_that_expects_100_continue_gets_it(served: Product, size: int) -> None:
    with served.connect() as client:
        client.sendall(head(b"Expect: 100-continue", b"Content-Length: %d" % size))
        assert read_head(client) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"x" * size)
        client.shutdown(socket.SHUT_WR)
        ((status, body),) = responses(client)
    assert (status, json.loads(body)["size"]) == (200, size)


def test_a_chunked_upload_that_expects_100_continue_gets_it(served: Product) -> None:
    with served.connect() as client:
        client.sendall(head(b"Expect: 100-continue", b"Transfer-Encoding: chunked"))
        assert read_head(client) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"5\r\nhello\r\n0\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        ((status, body),) = responses(client)
    assert (status, json.loads(body)["size"]) == (200, 5)


def test_an_answer_before_the_whole_body_is_read_reaches_the_client(served: Product) -> None:
    with served.connect() as client:
        client.sendall(head(b"Content-Length: 5000000", line=b"POST /unread HTTP/1.1"))
        # The server takes in what is still coming, so no reset overtakes its answer.
        client.sendall(b"x" * 5_000_000)
        assert read_head(client).startswith(b"HTTP/1.1 413 ")


def test_a_body_shorter_than_announced_ends_the_connection(served: Product) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", "/short")
        with pytest.raises(http.client.IncompleteRead):
            connection.getresponse().read()


def test_a_fault_of_the_app_is_a_problem_document_without_its_text(served: Product) -> None:
    ((status, body),) = served.exchange(head(line=b"GET /raise HTTP/1.1"))
    assert status == 500
    assert json.loads(body)["code"] == "internal_error"
    assert b"secret" not in body


def test_the_log_is_json_lines_without_what_a_request_held() -> None:
    with product(workers=1, threads=8) as running:
        running.exchange(head(line=b"GET /raise?query HTTP/1.1"))
        running.exchange(head(b"field-of-a-caller"))
        running.stop()
        assert running.process.stderr is not None
        events = [json.loads(line) for line in running.process.stderr]
    assert [event["event"] for event in events] == ["request_failed", "request_refused"]
    assert events[0]["exception"] == "RuntimeError"
    assert events[1]["reason"] == "InvalidHeader"
    for text in ("secret", "query", "field-of-a-caller"):
        assert text not in str(events)


def test_a_stream_goes_out_as_it_comes_and_chunked(served: Product, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", f"/stream?{gate}")
        response = connection.getresponse()
        assert response.getheader("Transfer-Encoding") == "chunked"
        # The second part is only made after this, so the first was not kept back.
        assert response.read(5) == b"first"
        gate.with_suffix(".go").touch()
        assert response.read().endswith(b"last")


def test_a_caller_who_goes_away_ends_the_stream(served: Product, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with served.connect() as client:
        client.sendall(head(line=f"GET /stream?{gate} HTTP/1.1".encode()))
        read_head(client)
    until(gate.with_suffix(".closed").exists)


# -- slow clients ----------------------------------------------------------------------------

HALVES = {
    "nothing": b"",
    "half_a_head": b"GET / HTTP/1.1\r\nHost: lo",
    "half_a_small_body": head(b"Content-Length: 100") + b"half",
    "half_a_large_body": head(b"Content-Length: 1000000") + b"half",
    "half_a_chunked_body": head(b"Transfer-Encoding: chunked") + b"5\r\nhe",
    "an_expectation": head(b"Content-Length: 1000000", b"Expect: 100-continue"),
    "a_refused_head": b"GET / HTTP/9.9\r\n\r\n",
}


@pytest.fixture
def small() -> Iterator[Product]:
    """A server of its own: one worker, eight threads."""
    with product(workers=1, threads=8) as running:
        yield running


@pytest.mark.parametrize("half", HALVES)
def test_a_hundred_clients_with_half_a_request_do_not_keep_others_out(
    small: Product, half: str
) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(small.connect()) for _ in range(100)]
        for client in clients:
            client.sendall(HALVES[half])
        for size in (0, 20_000):
            ((status, body),) = small.exchange(head(b"Content-Length: %d" % size) + b"x" * size)
            assert (status, json.loads(body)["size"]) == (200, size)


def test_half_a_request_that_is_finished_later_is_served(served: Product) -> None:
    with served.connect() as client:
        for part in (
            b"POST / HT",
            b"TP/1.1\r\nHost: local\r\nContent-Le",
            b"ngth: 5\r\n\r",
            b"\nhel",
        ):
            client.sendall(part)
            served.get()
        client.sendall(b"lo")
        client.shutdown(socket.SHUT_WR)
        ((status, body),) = responses(client)
    assert (status, json.loads(body)["size"]) == (200, 5)


# -- stopping --------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_lets_requests_finish_and_ends_with_code_0(
    tmp_path: Path, how: signal.Signals
) -> None:
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
            until(lambda: refuses(running.port), patience=10)
            gate.with_suffix(".go").touch()
            assert response.read().endswith(b"last")
            assert running.process.wait(40) == 0


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return True
    return False


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with product(workers=1, threads=8) as running:
        pid = running.get()["pid"]
        os.kill(pid, signal.SIGKILL)
        until(lambda: not runs(pid))
        assert running.get()["pid"] != pid


# -- with the embedded database ----------------------------------------------------------------


def test_a_stop_ends_the_database_last(binary: Path, tmp_path: Path) -> None:
    with product(workers=1, threads=8, embedded=True, data=str(tmp_path / "data")) as running:
        assert running.get()["database"].startswith("http://127.0.0.1:")
        database = int((tmp_path / "data" / "database.pid").read_text())
        assert runs(database)
        assert running.stop() == 0
        assert not runs(database)


def test_the_database_comes_back_while_the_product_serves(binary: Path, tmp_path: Path) -> None:
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
def test_a_killed_product_leaves_no_process_and_starts_again_at_once(
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
            until(partial(is_gone, worker))
            until(partial(is_gone, database))


def is_gone(pid: int) -> bool:
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
