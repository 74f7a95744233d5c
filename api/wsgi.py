"""The application: routes a request to the proxy, the Flask API or the pages, and logs it.

Proxied calls bypass Flask, which would add a fifth to their time. Flask is imported at the first
call under `/api`, which saves a function that only proxies 35 ms of its cold start
(docs/performance.md).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from api import logs
from api.errors import Problem, reason_phrase
from api.logs import log_event, log_failure, milliseconds_since
from api.problems import ID_HEADER, dashboard_headers, render_problem, sdk_members
from api.proxy.pipeline import Proxy
from api.proxy.response import ProxyResponse
from api.raw_request import RawRequest, from_environ

REQUEST_ID_KEY = "api_dashboard.request_id"
PROXIED_ID_HEADER = "X-Dashboard-Request-Id"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class App:
    """The whole application. `make_api` builds the Flask part once, when it is first needed.

    `pages` serves every path outside `/api` and `/proxy`. Without it, the API responds to them.
    """

    def __init__(
        self,
        proxy: Proxy,
        make_api: Callable[[], WSGIApplication],
        pages: WSGIApplication | None = None,
    ) -> None:
        self._proxy = proxy
        self._make_api = make_api
        self._pages = pages
        self._api: WSGIApplication | None = None
        self._lock = Lock()

    @property
    def api(self) -> WSGIApplication:
        """The Flask application of everything under `/api`."""
        if self._api is None:
            with self._lock:
                if self._api is None:
                    self._api = self._make_api()
        return self._api

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Handle a WSGI request (PEP 3333)."""
        path: str = environ.get("PATH_INFO", "")
        if path.startswith("/proxy/"):
            return self._proxied(environ, start_response)
        started = time.perf_counter()
        environ[REQUEST_ID_KEY] = _new_request_id()
        status = "000"

        def start(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = line
            return start_response(line, headers, exc_info)

        if self._pages is None or path.startswith("/api/"):
            body = self.api(environ, start)
        else:
            body = self._pages(environ, start)
        source = environ.get("REMOTE_ADDR", "")
        _log(environ["REQUEST_METHOD"], logs.masked(path[:200]), int(status[:3]), started, source)
        return body

    def _proxied(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        try:
            request = from_environ(environ)
        except Problem as problem:
            started, request_id = time.perf_counter(), _new_request_id()
            secure = environ.get("wsgi.url_scheme") == "https"
            response = _problem_response(problem, request_id, secure)
            method, source = environ["REQUEST_METHOD"], environ.get("REMOTE_ADDR", "")
            _log(method, _proxied_route(environ["PATH_INFO"]), response.status, started, source)
        else:
            response = self.proxy(request)
        start(f"{response.status} {reason_phrase(response.status)}", response.headers)
        return [response.body] if isinstance(response.body, bytes) else response.body

    def proxy(self, request: RawRequest) -> ProxyResponse:
        """Handle a request under `/proxy/`. Problems become problem documents."""
        started = time.perf_counter()
        request_id = _new_request_id()
        try:
            if request.method not in _METHODS:
                raise _method_not_allowed()
            response = self._proxy.handle(request, request_id)
        except Problem as problem:
            response = _problem_response(problem, request_id, request.scheme == "https")
        except Exception:
            log_failure("failure")
            secure = request.scheme == "https"
            response = _problem_response(internal_error(), request_id, secure)
        else:
            # SDKs show the upstream's id and support teams ask for it, so it keeps its field name.
            if not any(name.lower() == "x-request-id" for name, _ in response.headers):
                response.headers.append((ID_HEADER, request_id))
            response.headers.append((PROXIED_ID_HEADER, request_id))
        if request.method == "HEAD" and isinstance(response.body, bytes):
            response = ProxyResponse(response.status, response.headers, b"")
        route = _proxied_route(request.raw_path)
        _log(request.method, route, response.status, started, request.source)
        return response


def internal_error() -> Problem:
    """Return the problem for an unexpected exception, which is in the log."""
    return Problem("internal_error", "Something went wrong on the server. The log says more.")


def _new_request_id() -> str:
    request_id = secrets.token_hex(8)
    logs.request_id.set(request_id)
    return request_id


def _proxied_route(path: str) -> str:
    """Return the path to log: only the API of a proxied call, whose path may contain secrets."""
    return "/proxy/" + path[7:].partition("/")[0][:64]


def _log(method: str, path: str, status: int, started: float, source: str) -> None:
    log_event(
        "request",
        method=method,
        path=path,
        status=status,
        ms=milliseconds_since(started),
        source=source,
    )


def _problem_response(problem: Problem, request_id: str, secure: bool) -> ProxyResponse:
    problem.extra = sdk_members(problem) | problem.extra
    headers, body = render_problem(problem, request_id)
    headers += dashboard_headers(request_id, secure)
    headers += [(PROXIED_ID_HEADER, request_id), ("Content-Length", str(len(body)))]
    return ProxyResponse(problem.status, headers, body)


def _method_not_allowed() -> Problem:
    allowed = ", ".join(sorted(_METHODS))
    return Problem(
        "method_not_allowed", f"The proxy accepts {allowed}.", headers=(("Allow", allowed),)
    )
