"""Parse base URLs with one strict parser, for storing and for sending (S4, S6)."""

from __future__ import annotations

import re

import msgspec

from api.upstream.addresses import blocked_reason, canonical_ip
from api.upstream.paths import InvalidPath, check_path

ALLOWED_PORTS = frozenset({443, 8443})
DEFAULT_PORTS = {"https": 443, "http": 80}
MAX_BASE_URL_LENGTH = 2048
MAX_HOST_LENGTH = 253

# Names that resolve only on a machine or in a local network: RFC 6761, 6762, 7686, 8375, ICANN's
# `.internal`, and names that home and company routers assign. Cloud metadata names are among them,
# or have only one label.
LOCAL_SUFFIXES = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "onion",
    "metadata.goog",
)


class InvalidBaseUrl(ValueError):
    """A base URL or an allow-list entry is not valid. `reason` is a sentence for the user."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BaseUrl(msgspec.Struct, frozen=True):
    """The base URL of a key's requests.

    `host` is lower-case ASCII; an IPv6 address has no brackets. `prefix` is the path without
    trailing slash, empty for the root. It may contain one `{name}` placeholder (auth scheme
    `path`).
    """

    scheme: str
    host: str
    port: int
    prefix: str

    @property
    def host_and_port(self) -> str:
        """Return `host:port`, with IPv6 in brackets, as in the development allow-list."""
        return _host_and_port(self.host, self.port)

    @property
    def authority(self) -> str:
        """Return the value of the Host header, without the default port (RFC 9110 7.2)."""
        if self.port == DEFAULT_PORTS[self.scheme]:
            return f"[{self.host}]" if ":" in self.host else self.host
        return self.host_and_port

    @property
    def origin(self) -> str:
        """Return scheme and authority, without a path (RFC 6454)."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """Return the normalised base URL, which parses to an equal `BaseUrl`."""
        return self.origin + self.prefix

    @property
    def placeholder(self) -> str | None:
        """Return the name of the placeholder in the path, or None."""
        match = _PLACEHOLDER.search(self.prefix)
        return match[1] if match else None


def parse_base_url(text: str, allowed: frozenset[str], placeholder: bool = False) -> BaseUrl:
    """Parse and check a base URL. `allowed` is the development allow-list of `parse_allowed`.

    Accepts only https on ALLOWED_PORTS, and no local names or addresses that `blocked_reason`
    blocks. A host and port in the allow-list may be local and use http. `placeholder` allows a
    `{name}` in the path; the caller checks whether there is one. Hosts and paths that are not ASCII
    are refused, not encoded: IDNA mapping turns look-alikes, such as fullwidth digits, into other
    hosts. This function checks names; `resolve_public` checks addresses.

    Raises InvalidBaseUrl.
    """
    if len(text) > MAX_BASE_URL_LENGTH:
        raise InvalidBaseUrl(f"The base URL is longer than {MAX_BASE_URL_LENGTH} characters.")
    if not text.isascii():
        raise InvalidBaseUrl(
            "The base URL must be ASCII: write an international host name in its xn-- form and"
            " percent-encode the path."
        )
    for pattern, what in ((_BLANK, "white space or control characters"), (_EXTRA, "?, # or \\")):
        if pattern.search(text):
            raise InvalidBaseUrl(f"The base URL must not contain {what}.")
    parts = _BASE_URL.fullmatch(text)
    if parts is None:
        raise InvalidBaseUrl("The base URL must look like https://api.example.com/v1.")
    scheme, authority, path = parts[1].lower(), parts[2], parts[3]
    if "@" in authority:
        raise InvalidBaseUrl("The base URL must not contain a user name or password.")
    host, port = _parse_authority(authority, DEFAULT_PORTS[scheme])
    if _host_and_port(host, port) not in allowed:
        _refuse_unlisted(scheme, host, port)
    return BaseUrl(scheme, host, port, _parse_prefix(path, placeholder))


def parse_allowed(text: str) -> frozenset[str]:
    """Parse the development allow-list: exact `host:port` entries, separated by commas.

    Returns the entries in the form of `BaseUrl.host_and_port`, IPv6 as `[::1]:8000`. An empty text
    has no entries.

    Raises InvalidBaseUrl, which names the entry.
    """
    if not text.strip():
        return frozenset()
    return frozenset(_parse_entry(entry.strip()) for entry in text.split(","))


_BLANK = re.compile(r"[\x00-\x20\x7f]")
_EXTRA = re.compile(r"[?#\\]")
_BASE_URL = re.compile(r"([Hh][Tt][Tt][Pp][Ss]?)://([^/]+)(/.*)?")
_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]+))(?::([1-9][0-9]{0,4}))?")
_NAME = re.compile(r"(?!.*-(?:\.|\Z))[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9][a-z0-9-]{0,62})*")
_NUMBER_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_PREFIX = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)*")
_ENCODED_SYNTAX = re.compile(r"%(?:2[Ff5]|5[Cc]|[01].|7[Ff])")


def _host_and_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _parse_authority(authority: str, default_port: int | None) -> tuple[str, int]:
    parts = _AUTHORITY.fullmatch(authority)
    port = int(parts[3]) if parts and parts[3] else default_port
    if parts is None or port is None or port > 65535:
        raise InvalidBaseUrl(
            "The host must be a name or an IP address, and the port a number up to 65535."
        )
    if parts[1]:
        host = canonical_ip(parts[1])
        if host is None or ":" not in host:
            raise InvalidBaseUrl("The address in brackets is not an IPv6 address.")
        return host, port
    host = parts[2].lower()
    if len(host) > MAX_HOST_LENGTH or not _NAME.fullmatch(host):
        raise InvalidBaseUrl(
            "The host must consist of letters, digits, hyphens and single dots, have at most"
            f" {MAX_HOST_LENGTH} characters, and not end with a dot."
        )
    if _NUMBER_LABEL.fullmatch(host.rpartition(".")[2]) and canonical_ip(host) is None:
        raise InvalidBaseUrl("An IPv4 address must be written as four decimal numbers.")
    return host, port


def _refuse_unlisted(scheme: str, host: str, port: int) -> None:
    if scheme != "https":
        raise InvalidBaseUrl("The base URL must start with https://.")
    if port not in ALLOWED_PORTS:
        ports = " or ".join(str(port) for port in sorted(ALLOWED_PORTS))
        raise InvalidBaseUrl(f"The port must be {ports}.")
    if canonical_ip(host) is not None:
        reason = blocked_reason(host)
        if reason is not None:
            raise InvalidBaseUrl(f"The address {host} is not on the public internet ({reason}).")
    elif "." not in host or f".{host}".endswith(tuple(f".{name}" for name in LOCAL_SUFFIXES)):
        raise InvalidBaseUrl(f"The host {host} is not a name on the public internet.")


def _parse_prefix(path: str | None, placeholder: bool) -> str:
    prefix = (path or "").removesuffix("/")
    plain = _PLACEHOLDER.sub("", prefix, count=1) if placeholder else prefix
    if "{" in plain or "}" in plain:
        raise InvalidBaseUrl(
            "The path may contain one {name} of letters, digits and underscores, and only if the"
            " key is sent in the path."
        )
    if not _PREFIX.fullmatch(_PLACEHOLDER.sub("name", prefix)) or _ENCODED_SYNTAX.search(prefix):
        raise InvalidBaseUrl(
            "The path must not contain empty segments, or encoded slashes, backslashes, percent"
            " signs or control characters."
        )
    try:
        check_path(plain)
    except InvalidPath as error:
        raise InvalidBaseUrl(error.reason) from None
    return prefix


def _parse_entry(entry: str) -> str:
    try:
        # Lower-casing turns some other letters, such as the Kelvin sign, into ASCII.
        if not entry.isascii():
            raise InvalidBaseUrl("It must be ASCII.")
        return _host_and_port(*_parse_authority(entry, None))
    except InvalidBaseUrl as error:
        reason = f"The allowed upstream {entry!r} is not an exact host:port. {error.reason}"
        raise InvalidBaseUrl(reason) from None
