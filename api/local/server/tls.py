"""TLS of the server itself, with a certificate that the user provides."""

from __future__ import annotations

import os
import socket
import ssl

from api.errors import SettingError
from api.logs import log_event

# Seconds.
HANDSHAKE_SECONDS = 10.0
# The first byte of a TLS connection: the content type `handshake` (RFC 8446 5.1).
_HANDSHAKE = b"\x16"


class PlainRequest(Exception):
    """The client does not speak TLS: it sent a plain HTTP request to the port."""


class TlsServer:
    """Secures accepted connections with the certificate of two PEM files.

    `certificate` contains the server's certificate, then the intermediate ones; `key` its private
    key without a passphrase. TLS 1.2 and newer. Raises SettingError if they cannot be used.
    """

    def __init__(self, certificate: str, key: str) -> None:
        self._files = (certificate, key)
        self._context = self._load()
        self._changed_at = self._changes()

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        # A ticket follows the handshake. Clients of which one thread reads while another one sends
        # (`websockets.sync`, which several SDKs use) sometimes fail with it before Python 3.13.
        context.num_tickets = 0
        try:
            # Without the function, OpenSSL would ask for a passphrase on the terminal.
            context.load_cert_chain(*self._files, password=_no_passphrase)
        except (OSError, ValueError) as error:
            raise SettingError(
                "API_DASHBOARD_TLS_CERTIFICATE and API_DASHBOARD_TLS_KEY must be PEM files of a "
                "certificate and its private key without a passphrase."
            ) from error
        return context

    def reload(self) -> None:
        """Use the files as they are now, if they were renewed. Keep the last ones if they fail."""
        try:
            changed_at = self._changes()
            if changed_at != self._changed_at:
                self._changed_at = changed_at
                self._context = self._load()
                log_event("certificate_loaded")
        except (OSError, SettingError) as error:
            log_event("certificate_not_loaded", level="warning", reason=str(error))

    def _changes(self) -> tuple[int, ...]:
        return tuple(os.stat(path).st_mtime_ns for path in self._files)

    def secure(self, sock: socket.socket) -> ssl.SSLSocket:
        """Return the connection after the handshake.

        Raises PlainRequest, and OSError (ssl.SSLError, TimeoutError) if the handshake fails.
        """
        sock.settimeout(HANDSHAKE_SECONDS)
        if sock.recv(1, socket.MSG_PEEK) not in (_HANDSHAKE, b""):
            raise PlainRequest
        return self._context.wrap_socket(sock, server_side=True)


def _no_passphrase() -> str:
    raise ValueError("the private key has a passphrase")
