"""The server with a certificate of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from api.errors import SettingError
from api.local.server.tls import TlsServer
from api.settings import read_settings
from tests.product.local.processes import ServerProcess, launch, product, responses, until


class Secured:
    """A server with TLS, its certificate authority and the folder of its files."""

    def __init__(self, server: ServerProcess, authority: trustme.CA, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.context = ssl.create_default_context()
        authority.configure_trust(self.context)

    @contextlib.contextmanager
    def connection(self) -> Iterator[ssl.SSLSocket]:
        with (
            self.server.connect() as plain,
            self.context.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            yield secured

    def get(self, path: str = "/") -> dict[str, Any]:
        connection = http.client.HTTPSConnection(
            "localhost", self.server.port, timeout=20, context=self.context
        )
        with contextlib.closing(connection):
            connection.request("GET", path)
            seen: dict[str, Any] = json.load(connection.getresponse())
            return seen


def write_certificate(authority: trustme.CA, folder: Path, *names: str) -> None:
    issued = authority.issue_cert(*names)
    issued.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "certificate.pem").write_bytes(
        b"".join(blob.bytes() for blob in issued.cert_chain_pems)
    )


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    write_certificate(authority, folder, "localhost", "127.0.0.1")
    files = {
        "tls_certificate": str(folder / "certificate.pem"),
        "tls_key": str(folder / "key.pem"),
    }
    with product(workers=1, **files) as server:
        yield Secured(server, authority, folder)


def test_requests_arrive_with_the_scheme_https(secured: Secured) -> None:
    assert secured.get("/path")["scheme"] == "https"
    assert secured.get("/path")["target"] == "/path"


def test_a_connection_serves_several_requests_and_a_large_body(secured: Secured) -> None:
    with secured.connection() as client:
        body = b"x" * 400_000
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
        client.sendall(head + body + b"GET /2 HTTP/1.1\r\nHost: localhost\r\n")
        client.sendall(b"Connection: close\r\n\r\n")
        first, second = responses(client)
    assert json.loads(first[1])["size"] == len(body)
    assert json.loads(second[1])["target"] == "/2"


def test_no_ticket_follows_the_handshake(secured: Secured) -> None:
    with secured.connection() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        responses(client)
        assert client.version() == "TLSv1.3"
        assert client.session is not None and not client.session.has_ticket


def test_a_plain_request_is_told_to_use_https(secured: Secured) -> None:
    ((status, body),) = secured.server.exchange(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert status == 400
    assert "https://" in json.loads(body)["detail"]


@pytest.mark.parametrize("start", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01", b"\x80garbage"])
def test_a_handshake_that_does_not_end_blocks_nobody(secured: Secured, start: bytes) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            client = stack.enter_context(secured.server.connect())
            with contextlib.suppress(OSError):
                client.sendall(start)
        assert secured.get()["method"] == "GET"


def test_a_client_that_refuses_the_certificate_is_not_a_failure(secured: Secured) -> None:
    with secured.server.connect() as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
    assert secured.get()["method"] == "GET"


def test_a_stream_ends_when_the_client_disconnects(secured: Secured, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with secured.connection() as client:
        client.sendall(f"GET /stream?{gate} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    until(gate.with_suffix(".closed").exists)


def test_a_renewed_certificate_is_used_without_a_restart(secured: Secured) -> None:
    other = trustme.CA()
    write_certificate(other, secured.folder, "localhost")
    os.utime(secured.folder / "key.pem", ns=(1, 1))
    renewed = ssl.create_default_context()
    other.configure_trust(renewed)

    def is_used() -> bool:
        with secured.server.connect() as plain:
            try:
                with renewed.wrap_socket(plain, server_hostname="localhost"):
                    return True
            except ssl.SSLCertVerificationError:
                return False

    until(is_used)
    secured.context = renewed


BAD_FILES = {
    "no certificate": (b"nothing", None),
    "no key": (None, b"nothing"),
    "a key of another certificate": (None, "other"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_files_that_cannot_be_used_end_the_start(tmp_path: Path, case: str) -> None:
    write_certificate(trustme.CA(), tmp_path, "localhost")
    certificate, key = BAD_FILES[case]
    if certificate is not None:
        (tmp_path / "certificate.pem").write_bytes(certificate)
    if key == "other":
        trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(tmp_path / "key.pem")
    elif isinstance(key, bytes):
        (tmp_path / "key.pem").write_bytes(key)
    with pytest.raises(SettingError, match="API_DASHBOARD_TLS_CERTIFICATE"):
        TlsServer(str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem"))


def test_an_unusable_certificate_ends_with_one_sentence_and_code_1(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    process = launch(tls_certificate=str(empty), tls_key=str(empty))
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == ""
    assert errors.startswith("API_DASHBOARD_TLS_CERTIFICATE and API_DASHBOARD_TLS_KEY must be")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("name", ["API_DASHBOARD_TLS_CERTIFICATE", "API_DASHBOARD_TLS_KEY"])
def test_one_of_the_two_settings_is_refused(name: str) -> None:
    with pytest.raises(SettingError, match="must be set together"):
        read_settings({name: __file__})
    with pytest.raises(SettingError, match="must be the path of an existing file"):
        read_settings({name: "/nowhere.pem"})
