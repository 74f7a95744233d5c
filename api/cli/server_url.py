"""Parsing of server addresses."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from api.cli.errors import USAGE, CliError

DEFAULT_URL = "http://127.0.0.1:8420"

_PORTS = {"http": 80, "https": 443}


def parse_server_url(text: str) -> str:
    """Return the origin of a server, such as `https://dash.example.com`, without a final slash.

    Raises CliError unless the text is an http or https URL without user, path, query and fragment.
    Plain http is allowed to this machine only, because passwords and keys are sent.
    """
    text = text.strip()
    if "://" not in text:
        scheme = "http" if _is_loopback(_host_of(f"//{text}") or "") else "https"
        raise _invalid(f"The address has no scheme: write {scheme}:// before the host's name.")
    try:
        parts = urlsplit(text)
        host, port = _ascii(parts.hostname or ""), parts.port
    except ValueError as error:
        raise _invalid(f"This is not a valid URL: give one such as {DEFAULT_URL}.") from error
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise _invalid("The address must begin with https:// (or http:// on this machine).")
    if "@" in parts.netloc:
        raise _invalid("Leave user and password out of the address: they are asked for.")
    if not host or any(character.isspace() for character in text):
        raise _invalid(f"This is not a valid URL: give one such as {DEFAULT_URL}.")
    origin = f"{scheme}://{_shown(host)}"
    if port is not None and port != _PORTS[scheme]:
        origin += f":{port}"
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise _invalid(f"Give the address without a path: {origin}.")
    if scheme == "http" and not _is_loopback(host):
        raise _invalid(
            f"Plain http sends your password unencrypted over the network: use "
            f"https://{_shown(host)}, or an SSH tunnel to the server's port on this machine."
        )
    return origin


def is_loopback_url(url: str) -> bool:
    """Return whether a URL leads to this machine."""
    return _is_loopback(_host_of(url) or "")


def default_name(url: str) -> str:
    """Return the name of a login unless the user gives one: host, and port if it is not usual."""
    return urlsplit(url).netloc


def _ascii(host: str) -> str:
    """Return a host's name in lower-case ASCII. Raises ValueError (UnicodeError) for no name."""
    return host if ":" in host else host.encode("idna").decode("ascii").lower()


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _invalid(message: str) -> CliError:
    return CliError(message, USAGE)
