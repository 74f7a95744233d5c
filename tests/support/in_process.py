"""Call the application in this process as a WSGI server does, including streams."""

from __future__ import annotations

from collections.abc import Mapping
from wsgiref.types import WSGIApplication

from werkzeug.test import Client as WsgiClient

from tests.support.clients import Client, Headers, Response


class InProcess(Client):
    """A client of a WSGI application. `source` is its IP address, empty for none."""

    url = "http://localhost"

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app
        self.source = ""

    def request(
        self, method: str, target: str, headers: Headers = (), body: bytes | None = None
    ) -> Response:
        fields = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        base = {"REMOTE_ADDR": self.source} if self.source else None
        answer = WsgiClient(self.app).open(
            target, method=method, headers=fields, data=body, environ_base=base
        )
        return Response(answer.status_code, list(answer.headers), answer.data)
