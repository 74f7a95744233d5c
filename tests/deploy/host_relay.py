"""A port of this machine that leads to one host of the emulator, for clients that take a URL."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.deploy.clients import StackClient

_CONNECTION = ("connection", "content-length", "host", "keep-alive", "transfer-encoding")


class HostRelay:
    """Runs until its context is left. `url` is the address."""

    def __init__(self, client: StackClient) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def relay(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                sent = [item for item in self.headers.items() if item[0].lower() not in _CONNECTION]
                body = self.rfile.read(length) if length else None
                answer = client.request(self.command, self.path, sent, body)
                self.send_response_only(answer.status)
                for name, value in answer.headers:
                    if name.lower() not in _CONNECTION:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = relay

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> HostRelay:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
