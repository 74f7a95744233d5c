"""The application: routes a request to the proxy, the Flask API or the pages, and logs it.

Proxied calls bypass Flask, which would add a fifth to their time. Flask is imported at the first
call under `/api`, which saves a function that only proxies 35 ms of its cold start
(docs/performance.md).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from api import logs
from api.errors import DO_NOT_RETRY, Problem, StorageError, reason_phrase
from api.http.fields import is_idempotent
from api.http.upgrade import Upgrade
from api.logs import log_event, log_failure, milliseconds_since
from api.problems import ID_HEADER, dashboard_headers, render_problem
from api.proxy.pipeline import Proxy
from api.proxy.response import ProxyResponse
from api.proxy_status import add_proxy_status
from api.raw_request import RawRequest, from_environ

REQUEST_ID_KEY = "api_dashboard.request_id"
PROXIED_ID_HEADER = "X-Dashboard-Request-Id"
# Statuses of problems that the upstream or the way to it causes.
_UPSTREAM_FAILURES = (502, 504)
# How long a client waits before it tries a closed installation again.
_CLOSED_SECONDS = "60"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_SIGN_IN = frozenset({"/api/auth/login", "/api/auth/logout", "/api/auth/refresh"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


WebSockets = Callable[[RawRequest, str], ProxyResponse]
"""Responds to a WebSocket handshake with this request id. Raises Problem."""


class App:
    """The whole application. `make_api` builds the Flask part once, when it is first needed.

    `pages` serves every path outside `/api` and `/proxy`. Without it, the API responds to them.
    `make_websockets` builds the part that relays WebSockets. Without it, they are refused.
    `closed` says why the installation is closed for writes, empty if it is open.
    """

    def __init__(
        self,
        proxy: Proxy,
        make_api: Callable[[], WSGIApplication],
        pages: WSGIApplication | None = None,
        make_websockets: Callable[[], WebSockets] | None = None,
        closed: str = "",
    ) -> None:
        self._proxy = proxy
        self._make_api = make_api
        self._pages = pages
        self._api: WSGIApplication | None = None
        self._make_websockets = make_websockets
        self._websockets: WebSockets | None = None
        self._closed = closed
        self._lock = threading.Lock()

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
            try:
                api = self.api
            except StorageError as problem:
                # Building the API costs a read on Lambda. The next call tries again.
                api = refusing(problem)
            if self._closed and _writes(environ["REQUEST_METHOD"], path):
                api = refusing(closed_for_writes(self._closed))
            body = api(environ, start)
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
            path, accept = environ["PATH_INFO"], environ.get("HTTP_ACCEPT")
            agent = environ.get("HTTP_USER_AGENT", "")
            response = _problem_response(problem, path, accept, agent, request_id, secure)
            method, source = environ["REQUEST_METHOD"], environ.get("REMOTE_ADDR", "")
            _log(method, _proxied_route(environ["PATH_INFO"]), response.status, started, source)
        else:
            response = self.proxy(request)
            if isinstance(response.body, Upgrade):
                return response.body
        try:
            start(f"{response.status} {reason_phrase(response.status)}", response.headers)
        except BaseException:
            # The server cannot close a body that it does not get.
            if hasattr(response.body, "close"):
                response.body.close()
            raise
        return [response.body] if isinstance(response.body, bytes) else response.body

    def proxy(self, request: RawRequest) -> ProxyResponse:
        """Handle a request under `/proxy/`. Problems become problem documents."""
        started = time.perf_counter()
        request_id = _new_request_id()
        relayed = False
        try:
            if request.method not in _METHODS:
                raise _method_not_allowed()
            if self._closed:
                closed = closed_for_writes(self._closed)
                add_proxy_status(closed)
                raise closed
            handle = self._proxy.handle if request.upgrade is None else self._handle_upgrade
            response = handle(request, request_id)
        except Problem as problem:
            response = self._refusal(problem, request, request_id)
        except Exception:
            log_failure("failure")
            failure = internal_error()
            if not is_idempotent(request.method, request.headers):
                failure.headers += DO_NOT_RETRY  # The upstream may have been called.
            response = self._refusal(failure, request, request_id)
        else:
            relayed = True
            # SDKs show the upstream's id and support teams ask for it, so it keeps its field name.
            if not _has_request_id(response.headers):
                response.headers.append((ID_HEADER, request_id))
            response.headers.append((PROXIED_ID_HEADER, request_id))
        if request.method == "HEAD" and isinstance(response.body, bytes):
            response = ProxyResponse(response.status, response.headers, b"")
        route = _proxied_route(request.raw_path)
        _log(request.method, route, response.status, started, request.source, relayed)
        return response

    def refuse(self, request: RawRequest, problem: Problem) -> ProxyResponse:
        """Respond with a problem to a request that is not for the proxy."""
        started = time.perf_counter()
        response = self._refusal(problem, request, _new_request_id())
        if request.method == "HEAD":
            response = ProxyResponse(response.status, response.headers, b"")
        path = logs.masked(request.raw_path[:200])
        _log(request.method, path, response.status, started, request.source)
        return response

    def _handle_upgrade(self, request: RawRequest, request_id: str) -> ProxyResponse:
        from api.proxy.upgrades import is_websocket

        try:
            if not is_websocket(request):
                return self._proxy.handle(request, request_id)
            return self.websockets(request, request_id)
        except Problem as problem:
            add_proxy_status(problem)
            raise

    @property
    def websockets(self) -> WebSockets:
        """The part that relays WebSockets. The server builds it before it serves (S43)."""
        assert self._make_websockets is not None
        if self._websockets is None:
            with self._lock:
                if self._websockets is None:
                    self._websockets = self._make_websockets()
        return self._websockets

    def _refusal(self, problem: Problem, request: RawRequest, request_id: str) -> ProxyResponse:
        accept = ",".join(value for name, value in request.headers if name.lower() == "accept")
        agent = request.header("user-agent") or ""
        secure = request.scheme == "https"
        return _problem_response(problem, request.raw_path, accept, agent, request_id, secure)


def closed_for_writes(reason: str) -> Problem:
    """Return the problem for what an installation that is closed for writes does not do."""
    return Problem("closed_for_writes", reason, headers=(("Retry-After", _CLOSED_SECONDS),))


def _writes(method: str, path: str) -> bool:
    """Return whether a request changes what a move copies. Sessions are not moved."""
    return method not in _READS and path not in _SIGN_IN


def refusing(problem: Problem) -> WSGIApplication:
    """Return an application that answers every request with a problem."""

    def refuse(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request_id = environ[REQUEST_ID_KEY]
        headers, body = render_problem(problem, request_id)
        headers += dashboard_headers(request_id, environ.get("wsgi.url_scheme") == "https")
        start_response(f"{problem.status} {reason_phrase(problem.status)}", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    return refuse


def internal_error() -> Problem:
    """Return the problem for an unexpected exception, which is in the log."""
    return Problem("internal_error", "Something went wrong on the server. The log says more.")


def _new_request_id() -> str:
    request_id = os.urandom(8).hex()
    logs.request_id.set(request_id)
    return request_id


def _has_request_id(headers: Sequence[tuple[str, str]]) -> bool:
    for name, _ in headers:  # noqa: SIM110
        if len(name) == 12 and name.lower() == "x-request-id":
            return True
    return False


def _proxied_route(path: str) -> str:
    """Return the path to log: only the API of a proxied call, whose path may contain secrets."""
    return "/proxy/" + path[7:].partition("/")[0][:64]


def _log(
    method: str, path: str, status: int, started: float, source: str, relayed: bool = False
) -> None:
    """Log a request, as an error if it failed here: not in the upstream, nor on the way to it."""
    failed = status >= 500 and status not in _UPSTREAM_FAILURES and not relayed
    log_event(
        "request",
        "error" if failed else "info",
        method=method,
        path=path,
        status=status,
        ms=milliseconds_since(started),
        source=source,
    )


def _problem_response(
    problem: Problem, path: str, accept: str | None, agent: str, request_id: str, secure: bool
) -> ProxyResponse:
    # Imported only for a problem, to keep cold starts short.
    from api.proxy.problem_response import problem_response, problem_status

    api_name = _proxied_route(path).rpartition("/")[2]
    headers, body = problem_response(problem, api_name, accept, request_id, secure, agent)
    headers += [(PROXIED_ID_HEADER, request_id), ("Content-Length", str(len(body)))]
    status = problem_status(problem, api_name, agent)
    return ProxyResponse(status, headers, body)


def _method_not_allowed() -> Problem:
    allowed = ", ".join(sorted(_METHODS))
    return Problem(
        "method_not_allowed", f"The proxy accepts {allowed}.", headers=(("Allow", allowed),)
    )
