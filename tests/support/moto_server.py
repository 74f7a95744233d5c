"""Serve moto's DynamoDB on a free loopback port, and print its URL."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler


class Quiet(WSGIRequestHandler):
    """Keeps connections open, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        pass


def main() -> None:
    inner = DomainDispatcherApplication(create_backend_app)
    turn = threading.Lock()

    def one_by_one(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # moto's operations are not atomic between threads.
        with turn:
            return list(inner(environ, start_response))

    server = ThreadedWSGIServer("127.0.0.1", 0, one_by_one, Quiet)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
