"""The WSGI entrance: a request's id and log line, then to the proxy, the API in Flask or the pages.

Proxied calls do not pass through Flask, which would cost a fifth of their time; and Flask is only
loaded when something else is asked for, which halves a function's cold start (docs/performance.md).
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
from api.problems import ID_HEADER, own_headers, rendered, sdk_members
from api.proxy.pipeline import Proxy
from api.raw_request import from_environ

REQUEST_ID_KEY = "api_dashboard.request_id"
PROXIED_ID_HEADER = "X-Dashboard-Request-Id"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class App:
    """The whole application. `make_api` builds the part under `/api`, once, when it is needed.

    `pages` answers what is neither under `/api` nor `/proxy`; without it, the API does.
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
        """Answer a request (PEP 3333)."""
        started = time.perf_counter()
        identity = secrets.token_hex(8)
        logs.request_id.set(identity)
        environ[REQUEST_ID_KEY] = identity
        path: str = environ.get("PATH_INFO", "")
        status = "000"

        def start(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = line
            return start_response(line, headers, exc_info)

        if path.startswith("/proxy/"):
            answer = self._proxied(environ, start)
        elif self._pages is None or path.startswith("/api/"):
            answer = self.api(environ, start)
        else:
            answer = self._pages(environ, start)
        log_event(
            "request",
            method=environ["REQUEST_METHOD"],
            path=_route(path),
            status=int(status[:3]),
            ms=milliseconds_since(started),
            source=environ.get("REMOTE_ADDR", ""),
        )
        return answer

    def _proxied(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        identity = environ[REQUEST_ID_KEY]
        try:
            if environ["REQUEST_METHOD"] not in _METHODS:
                raise _method_not_allowed()
            reply = self._proxy.handle(from_environ(environ), identity)
        except Problem as problem:
            return _refused(problem, environ, start)
        except Exception:
            log_failure("failure")
            return _refused(internal_error(), environ, start)
        # The upstream's own id is what SDKs show and support teams ask for; it keeps its name.
        if not any(name.lower() == "x-request-id" for name, _ in reply.headers):
            reply.headers.append((ID_HEADER, identity))
        reply.headers.append((PROXIED_ID_HEADER, identity))
        start(f"{reply.status} {reason_phrase(reply.status)}", reply.headers)
        return [reply.body] if isinstance(reply.body, bytes) else reply.body


def internal_error() -> Problem:
    """The answer to a fault of ours, which is in the log."""
    return Problem("internal_error", "Something went wrong on our side; the log says more.")


def _refused(problem: Problem, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
    identity = environ[REQUEST_ID_KEY]
    problem.extra = sdk_members(problem) | problem.extra
    headers, body = rendered(problem, identity)
    headers += own_headers(identity, environ.get("wsgi.url_scheme") == "https")
    headers += [(PROXIED_ID_HEADER, identity), ("Content-Length", str(len(body)))]
    start(f"{problem.status} {reason_phrase(problem.status)}", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _method_not_allowed() -> Problem:
    allowed = ", ".join(sorted(_METHODS))
    return Problem(
        "method_not_allowed", f"The proxy takes {allowed}.", headers=(("Allow", allowed),)
    )


def _route(path: str) -> str:
    """The path for the log: of a proxied call only the API's name, since paths can hold secrets."""
    if path.startswith("/proxy/"):
        return "/proxy/" + path[7:].partition("/")[0][:64]
    return logs.masked(path[:200])
