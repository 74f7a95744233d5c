"""Accept only requests to the host names of this server, against DNS rebinding (S45).

A page of another site can give its own name the address 127.0.0.1. Its scripts then have the
server's origin in the browser, but their requests still have that name in `Host`.

Source: https://owasp.org/www-community/attacks/DNS_Rebinding.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from api.errors import Problem, reason_phrase
from api.logs import log_event
from api.problems import dashboard_headers, render_problem
from api.proxy.problem_response import sdk_members
from api.raw_request import HEADERS_KEY
from api.settings import Settings

# Names below it always resolve to this machine (RFC 6761 6.3).
LOCAL_SUFFIX = ".localhost"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST = re.compile(r"([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")
_LONGEST_NAME = 254


@lru_cache(maxsize=64)
def host_name(field: str) -> str | None:
    """Return the name or address in a Host field, in one canonical form, or None if it is invalid.

    Canonical: lower case, without a final dot, an IPv6 address compressed and in brackets. The
    field is `uri-host [ ":" port ]` (RFC 9110 7.2) with a port from 1 to 65535.
    """
    match = _HOST.fullmatch(field)
    if match is None or not 1 <= int(match[2] or 1) <= 65535:
        return None
    name = match[1].lower()
    if name.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(name[1:-1])}]"
        except ValueError:
            return None
    return name.removesuffix(".") if len(name) <= _LONGEST_NAME else None


class HostCheck:
    """WSGI middleware that refuses requests to other hosts than those of `settings`.

    Accepted are `localhost`, names below it, 127.0.0.1, [::1], the address that the server listens
    on, the host of the public URL and the names of API_DASHBOARD_HOSTS. A server that listens
    beyond loopback without API_DASHBOARD_HOSTS accepts every valid host, because it cannot know its
    names; with it, also every IP address. Invalid and repeated Host fields are always refused.
    """

    def __init__(self, app: WSGIApplication, settings: Settings) -> None:
        self._app = app
        self._is_local = is_loopback(settings.host)
        self._accepts_any = not self._is_local and not settings.hosts
        public = urlsplit(settings.public_url or "").hostname
        names = [settings.host, *settings.hosts, *([public] if public else [])]
        self._accepted = _LOOPBACK | {_canonical(name) for name in names}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Handle a request (PEP 3333)."""
        problem = self._problem(environ)
        if problem is None:
            return self._app(environ, start_response)
        return _refuse(environ, start_response, problem)

    def _problem(self, environ: WSGIEnvironment) -> Problem | None:
        sent: Sequence[tuple[str, str]] = environ.get(HEADERS_KEY, ())
        if len([name for name, _ in sent if len(name) == 4 and name.lower() == "host"]) > 1:
            return Problem("invalid_request", "The request has several Host fields. Send one.")
        field = environ.get("HTTP_HOST")
        if field is None:
            return None  # HTTP/1.0, which no browser speaks.
        name = host_name(field)
        if name is None:
            return Problem(
                "invalid_request",
                "The Host field is not a host name or address with an optional port.",
            )
        return None if self._accepts(name) else _not_accepted(name)

    def _accepts(self, name: str) -> bool:
        if self._accepts_any or name in self._accepted or name.endswith(LOCAL_SUFFIX):
            return True
        return not self._is_local and _is_address(name)


def is_loopback(host: str) -> bool:
    """Return whether an address to listen on can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _canonical(host: str) -> str:
    literal = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return host_name(literal) or literal.lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _not_accepted(name: str) -> Problem:
    return Problem(
        "host_not_accepted",
        f"This server does not accept requests to the host {name[:100]}. If the name is yours, "
        "restart the server with the name in API_DASHBOARD_HOSTS.",
    )


def _refuse(
    environ: WSGIEnvironment, start_response: StartResponse, problem: Problem
) -> Iterable[bytes]:
    request_id = secrets.token_hex(8)
    problem.extra = sdk_members(problem)
    headers, body = render_problem(problem, request_id)
    headers += dashboard_headers(request_id, environ.get("wsgi.url_scheme") == "https")
    headers.append(("Content-Length", str(len(body))))
    log_event(
        "host_refused",
        level="warning",
        status=problem.status,
        source=environ.get("REMOTE_ADDR", ""),
        request_id=request_id,
    )
    start_response(f"{problem.status} {reason_phrase(problem.status)}", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
