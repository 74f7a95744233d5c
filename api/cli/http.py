"""HTTP to a server: certificates, timeouts, and what failures mean to a user."""

from __future__ import annotations

import http.client
import json
import platform
import socket
import ssl
from typing import Any
from urllib.parse import urlencode, urlsplit

from api import __version__
from api.cli.errors import NO_SERVER, CliError, ProblemError
from api.cli.output import plain
from api.cli.places import certificate_file
from api.cli.server_url import is_loopback_url
from api.cli.transport import (
    OversizedResponse,
    ProxyFailure,
    RequestTimeouts,
    ServerResponse,
    Transport,
)

# Characters of a problem's sentence.
_LONGEST_DETAIL = 2000


class _Answer(dict[str, Any]):
    """An object of the JSON of a response. To read a member that it lacks raises CliError."""

    def __init__(self, url: str, members: dict[str, Any]) -> None:
        super().__init__(members)
        self._url = url

    def __missing__(self, name: str) -> Any:
        raise wrong_answer(self._url)


def open_http(url: str, ca_file: str | None) -> Transport:
    """Return the way to a server.

    `ca_file` has further certificate authorities. Raises CliError if it cannot be read.
    """
    return Transport(
        url,
        tls_context(ca_file) if url.startswith("https:") else None,
        {"User-Agent": f"api-dashboard-cli/{__version__} ({platform.system()})"},
        # An HTTP proxy cannot reach this machine's loopback addresses.
        use_proxy=not is_loopback_url(url),
    )


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities (or SSL_CERT_FILE) and `ca_file`."""
    context = ssl.create_default_context()
    if certificate_file() is None:
        import certifi

        # Python on macOS does not find the system's authorities.
        context.load_verify_locations(certifi.where())
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise CliError(
                f"{plain(ca_file)} cannot be used as certificate authorities "
                f"({error.strerror or 'no PEM certificates'}): give a PEM file that you can read."
            ) from error
    return context


def send(
    transport: Transport,
    method: str,
    path: str,
    *,
    body: Any = None,
    query: dict[str, Any] | None = None,
    access_token: str | None = None,
    timeouts: RequestTimeouts | None = None,
    media_type: str = "application/json",
) -> Any:
    """Send a request and return the JSON object of the response, an empty one without content.

    For another `media_type`, return the response as text. Raises ProblemError for a problem, and
    CliError if there is no server, or not ours.
    """
    headers = {} if access_token is None else {"Authorization": f"Bearer {access_token}"}
    content = None
    if body is not None:
        content = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    parameters = {name: value for name, value in (query or {}).items() if value is not None}
    target = f"{path}?{urlencode(parameters)}" if parameters else path
    try:
        response = transport.request(
            method, target, content=content, headers=headers, timeouts=timeouts
        )
    except (UnicodeError, http.client.InvalidURL) as error:
        raise CliError(f"{plain(path)} is not a valid path: {error}.") from error
    except OversizedResponse as error:
        raise CliError(
            f"{transport.url} is not an API Dashboard server (its response is too large): check "
            "the address and the port.",
            NO_SERVER,
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise _connection_error(transport.url, error) from error
    return _result(transport.url, response, media_type)


def _result(url: str, response: ServerResponse, media_type: str) -> Any:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/problem+json" and response.status >= 400:
        return _raise_problem(url, response)
    if response.status == 204:
        return _Answer(url, {})
    if response.status < 300 and kind == media_type != "application/json":
        return response.content.decode(errors="replace")
    if response.status < 300 and kind == media_type:
        try:
            found = json.loads(response.content, object_hook=lambda members: _Answer(url, members))
        except (ValueError, RecursionError) as error:
            raise _not_ours(url, response, kind) from error
        if isinstance(found, _Answer):
            return found
    if response.is_redirect:
        to = plain(response.headers.get("location", ""))[:200]
        raise CliError(
            f"{url} redirects to {to}: sign in with the address of API Dashboard itself.",
            NO_SERVER,
        )
    if response.status >= 500:
        raise CliError(
            f"{url} returned status {response.status}, but not from API Dashboard: try again in a "
            "moment. If the error persists, look at the server's log.",
            NO_SERVER,
        )
    raise _not_ours(url, response, kind)


def _raise_problem(url: str, response: ServerResponse) -> None:
    try:
        document = json.loads(response.content)
        code, detail = str(document["code"]), plain(str(document["detail"]))[:_LONGEST_DETAIL]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise _not_ours(url, response, "application/problem+json") from error
    field = document.get("field")
    field = None if field is None else plain(str(field))
    raise ProblemError(response.status, code, detail, field, document)


def wrong_answer(url: str) -> CliError:
    """Return the error for JSON that API Dashboard does not send."""
    return CliError(
        f"{url} returned a response that this version does not understand: check the address and "
        "the port, and compare the versions with `api-dashboard version`.",
        NO_SERVER,
    )


def _not_ours(url: str, response: ServerResponse, kind: str) -> CliError:
    return CliError(
        f"{url} is not an API Dashboard server (it returned status {response.status} and "
        f"{plain(kind) or 'no content'}): check the address and the port.",
        NO_SERVER,
    )


def _connection_error(url: str, error: Exception) -> CliError:
    host = urlsplit(url).hostname
    if isinstance(error, ssl.SSLCertVerificationError):
        return CliError(
            f"The certificate of {url} is not trusted ({plain(error.verify_message)}): sign in "
            "with `--ca-file FILE`, or set SSL_CERT_FILE to the file of its authority.",
            NO_SERVER,
        )
    if isinstance(error, ssl.SSLError):
        return CliError(f"{url} does not speak HTTPS: check the scheme and the port.", NO_SERVER)
    if isinstance(error, socket.gaierror):
        return CliError(
            f"The host {host} was not found: check the address, and this machine's network.",
            NO_SERVER,
        )
    if isinstance(error, ProxyFailure):
        return CliError(
            f"The HTTP proxy in HTTPS_PROXY or ALL_PROXY cannot reach {url}: correct the variable, "
            "or add the host to NO_PROXY.",
            NO_SERVER,
        )
    if isinstance(error, TimeoutError):
        return CliError(
            f"{url} did not respond in time: try again. If the error persists, look at the "
            "server's log.",
            NO_SERVER,
        )
    if isinstance(error, http.client.HTTPException | ConnectionResetError | BrokenPipeError):
        return CliError(
            f"{url} ended the connection without a response: check that the address has the right "
            "scheme (http or https) and port.",
            NO_SERVER,
        )
    hint = (
        "start one with `api-dashboard serve`, or name another with --server"
        if is_loopback_url(url)
        else "check the address, and this machine's network"
    )
    return CliError(f"No server responds at {url}: {hint}.", NO_SERVER)
