"""A proxy server that can delay or drop responses."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.support.quiet_server import QuietServer


class Relay:
    """Forwards everything to `target`, an http URL. It calls `passes(request)` with each response,
    which may wait. If that returns False, it closes the caller's connection.
    """

    def __init__(self, target: str, passes: Callable[[BaseHTTPRequestHandler], bool]) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                connection = http.client.HTTPConnection(urlsplit(target).netloc, timeout=30)
                connection.putrequest(self.command, self.path, skip_host=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                answer = connection.getresponse()
                given = answer.read()
                connection.close()
                if not passes(self):
                    self.close_connection = True
                    return
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(given)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(given)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on

            def log_message(self, *_: object) -> None:
                pass

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()
