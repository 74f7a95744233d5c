"""Doors to one API without a path prefix, for SDKs that take a host and a port but no path: a port
of its own, or a host name `{api_name}.localhost`. Behind them is `/proxy/{api_name}` and nothing
else of the product.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from api.raw_request import API_ROOT_KEY
from api.schemas.fields import API_NAME

# Names below it are this very machine (RFC 6761 6.3), wherever they are resolved.
_SUFFIX = ".localhost"
_HOST = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_API_NAME = re.compile(API_NAME)
# No API can have this name: what is asked for at the door of none is unknown.
_NONE = "-"


class Doors:
    """Stands before the application and tells by a request's port and Host which door it came to.

    `ports` are the APIs' own ports; behind those the Host decides nothing. `public_url` is the
    dashboard's address from outside, which is no API's even where it is below `localhost`.
    """

    def __init__(
        self, app: WSGIApplication, ports: Mapping[str, int], public_url: str | None
    ) -> None:
        self._app = app
        self._names = {str(port): api_name for api_name, port in ports.items()}
        self._own = urlsplit(public_url or "").hostname

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333): one that came to an API's door as a proxied call."""
        host: str = environ.get("HTTP_HOST", "")
        api_name = self._names.get(environ["SERVER_PORT"]) or self._named(host)
        if api_name is not None:
            prefix = f"/proxy/{api_name}"
            environ["PATH_INFO"] = prefix + environ["PATH_INFO"]
            environ["RAW_URI"] = prefix + environ["RAW_URI"]
            if not _HOST.fullmatch(host):
                host = f"127.0.0.1:{environ['SERVER_PORT']}"
            environ[API_ROOT_KEY] = f"{environ['wsgi.url_scheme']}://{host}"
        return self._app(environ, start_response)

    def _named(self, host: str) -> str | None:
        """The API whose name is the host's first label; None for the dashboard's own hosts."""
        if _SUFFIX not in host.lower():
            return None
        name = host.rpartition(":")[0] if re.search(r":[0-9]*\Z", host) else host
        name = name.lower().removesuffix(".")
        if not name.endswith(_SUFFIX) or name == self._own:
            return None
        label = name.removesuffix(_SUFFIX)
        return label if _HOST.fullmatch(host) and _API_NAME.fullmatch(label) else _NONE
