"""Serve one API without a path prefix, for SDKs that accept a host and a port but no path.

An API has its own port or the host name `{api_name}.localhost`. Both lead only to
`/proxy/{api_name}`, not to the rest of the product.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from api.local.server.host_check import LOCAL_SUFFIX, host_name
from api.raw_request import API_ROOT_KEY
from api.schemas.fields import API_NAME

_API_NAME = re.compile(API_NAME)
# No API can have this name, so a call gets `unknown_api`.
_UNKNOWN_API = "-"


class ApiHosts:
    """WSGI middleware that recognises API ports and hosts by the port and Host of a request.

    `ports` are the API ports by API name; on these the Host has no effect. `public_url` is the
    public URL of the dashboard, whose host is never an API host, even if it is below `localhost`.
    HostCheck must have accepted the request.
    """

    def __init__(
        self, app: WSGIApplication, ports: Mapping[str, int], public_url: str | None
    ) -> None:
        self._app = app
        self._names_by_port = {str(port): api_name for api_name, port in ports.items()}
        self._dashboard_host = urlsplit(public_url or "").hostname

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Handle a request (PEP 3333); a request to an API host becomes a proxied call."""
        host: str = environ.get("HTTP_HOST", "")
        api_name = self._names_by_port.get(environ["SERVER_PORT"]) or self._api_name(host)
        if api_name is not None:
            prefix = f"/proxy/{api_name}"
            environ["PATH_INFO"] = prefix + environ["PATH_INFO"]
            environ["RAW_URI"] = prefix + environ["RAW_URI"]
            host = host or f"127.0.0.1:{environ['SERVER_PORT']}"
            environ[API_ROOT_KEY] = f"{environ['wsgi.url_scheme']}://{host}"
        return self._app(environ, start_response)

    def _api_name(self, host: str) -> str | None:
        """Return the API whose name is the first label of the host, or None for other hosts."""
        name = host_name(host) or ""
        if not name.endswith(LOCAL_SUFFIX) or name == self._dashboard_host:
            return None
        label = name.removesuffix(LOCAL_SUFFIX)
        return label if _API_NAME.fullmatch(label) else _UNKNOWN_API
