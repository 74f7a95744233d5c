"""The WSGI environ of a request (PEP 3333). gunicorn's own takes three times as long to make."""

from __future__ import annotations

import sys
from typing import Any
from wsgiref.types import WSGIEnvironment

from gunicorn.util import unquote_to_wsgi_str

from api.local.server.client_socket import ClientSocket
from api.local.server.http import Request, WsgiInput
from api.raw_request import CAN_UPGRADE_KEY, HEADERS_KEY, UNDERSCORED_KEY

_FIXED: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
    CAN_UPGRADE_KEY: True,
}
_WITHOUT_PREFIX = {"CONTENT-TYPE": "CONTENT_TYPE", "CONTENT-LENGTH": "CONTENT_LENGTH"}


def make_environ(
    request: Request, body: WsgiInput, sock: ClientSocket, client: Any, server: Any
) -> WSGIEnvironment:
    """Return the environ of a request on a connection from `client` to `server` (socket names).

    `api.local.server.master.serve` describes the keys beyond PEP 3333. Repeated fields are joined.
    """
    environ = {
        **_FIXED,
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote_to_wsgi_str(request.path),
        "QUERY_STRING": request.query,
        "RAW_URI": request.uri,
        "SERVER_PROTOCOL": "HTTP/{}.{}".format(*request.version),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "gunicorn.socket": sock,
        HEADERS_KEY: request.fields,
        UNDERSCORED_KEY: request.underscored,
    }
    for name, value in request.headers:
        key = _WITHOUT_PREFIX.get(name) or "HTTP_" + name.replace("-", "_")
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ
