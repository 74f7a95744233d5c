"""Parse a key's base URL and join a caller's path to it: the one strict parser for checking and for
sending, so that a request stays on the stored host and below the stored path (S4, S6, S7)."""

from __future__ import annotations

import re

import msgspec

from api.upstream.addresses import blocked_reason, canonical

ALLOWED_PORTS = frozenset({443, 8443})
DEFAULT_PORTS = {"https": 443, "http": 80}
LONGEST_BASE_URL = 2048
LONGEST_HOST = 253
DEEPEST_ENCODING = 8

# Names that never leave a machine or a local network: RFC 6761, 6762, 7686, 8375, ICANN's
# `.internal`, and those that home and company routers hand out. Cloud metadata names are among
# them, or have one label.
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
    """A base URL or an allow-list entry cannot be used; `reason` is a sentence for the user."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RefusedPath(ValueError):
    """A caller's path or query could leave the base URL; `reason` is a sentence for the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BaseUrl(msgspec.Struct, frozen=True):
    """Where a key's requests go.

    `host` is lower-case ASCII, an IPv6 address without brackets. `prefix` is the path without
    trailing slash, empty for the root; it may hold one `{name}` placeholder (auth scheme `path`).
    """

    scheme: str
    host: str
    port: int
    prefix: str

    @property
    def host_and_port(self) -> str:
        """The form of an entry of the development allow-list: `host:port`, IPv6 in brackets."""
        return _host_and_port(self.host, self.port)

    @property
    def authority(self) -> str:
        """The value of the Host header: the default port is left out (RFC 9110 7.2)."""
        if self.port == DEFAULT_PORTS[self.scheme]:
            return f"[{self.host}]" if ":" in self.host else self.host
        return self.host_and_port

    @property
    def origin(self) -> str:
        """Scheme and authority, without a path (RFC 6454)."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """The normalised base URL, which parses to an equal `BaseUrl`."""
        return self.origin + self.prefix

    @property
    def placeholder(self) -> str | None:
        """The name in the path's `{name}`, or None."""
        found = _PLACEHOLDER.search(self.prefix)
        return found[1] if found else None


def parse_base_url(text: str, allowed: frozenset[str], placeholder: bool = False) -> BaseUrl:
    """Read and judge a base URL; `allowed` is the development allow-list of `parse_allowed`.

    https on the ports ALLOWED_PORTS only, and neither local names nor addresses that
    `blocked_reason` refuses; a host and port in the allow-list may be any of these, and http.
    `placeholder` says that the path may hold a `{name}`; whether it does is for the caller to
    check. Hosts and paths that are not ASCII are refused rather than encoded: IDNA mapping turns
    look-alikes, such as fullwidth digits, into other hosts. This checks names; `resolve_public`
    checks addresses.

    Raises InvalidBaseUrl.
    """
    if len(text) > LONGEST_BASE_URL:
        raise InvalidBaseUrl(f"The base URL is longer than {LONGEST_BASE_URL} characters.")
    if not text.isascii():
        raise InvalidBaseUrl(
            "The base URL must be plain ASCII: write an international host name in its xn-- form"
            " and percent-encode the path."
        )
    for found, what in ((_BLANK, "white space or control characters"), (_EXTRA, "?, # or \\")):
        if found.search(text):
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
    """Read the development allow-list: exact `host:port` entries, comma separated; empty for none.

    The entries come back in the form of `BaseUrl.host_and_port`, IPv6 as `[::1]:8000`.

    Raises InvalidBaseUrl, which names the entry.
    """
    if not text.strip():
        return frozenset()
    return frozenset(_parse_entry(entry.strip()) for entry in text.split(","))


def join(base: BaseUrl, raw_path: str, raw_query: str) -> str:
    """Return the request target, in origin form, of a call below `base`.

    `raw_path` is what followed the API's name on the wire, empty or starting with `/`;
    `raw_query` is what followed `?`, or empty. Both are latin-1 text of the bytes on the wire, as
    in WSGI, and come out as they were, except that bytes that may not stand in a request line are
    percent-encoded. A placeholder in the base's path stays: it is the first `{` of the result.

    Raises RefusedPath for a dot segment or a control character in the path, read as the most
    lenient servers do (percent-decoded until it is stable, overlong UTF-8 and `%uXXXX` too, `\\`
    for `/`, `;parameters` dropped), for an encoding deeper than DEEPEST_ENCODING, and for control
    characters in the query.
    """
    if raw_path and raw_path[0] != "/":
        raise RefusedPath("The path must start with a slash.")
    if not _PLAIN_PATH.fullmatch(raw_path) or "/." in raw_path:
        _refuse_escape(raw_path)
        raw_path = _NOT_IN_PATH.sub(_encoded, raw_path)
    target = base.prefix + raw_path or "/"
    if not raw_query:
        return target
    if not _PLAIN_QUERY.fullmatch(raw_query):
        if _CONTROL.search(raw_query) or "#" in raw_query:
            raise RefusedPath("The query must not contain control characters or a raw #.")
        _refuse_wide(raw_query)
        raw_query = _NOT_IN_QUERY.sub(_encoded, raw_query)
    return f"{target}?{raw_query}"


_BLANK = re.compile(r"[\x00-\x20\x7f]")
_EXTRA = re.compile(r"[?#\\]")
_BASE_URL = re.compile(r"([Hh][Tt][Tt][Pp][Ss]?)://([^/]+)(/.*)?")
_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]+))(?::([1-9][0-9]{0,4}))?")
_NAME = re.compile(r"(?!.*-(?:\.|\Z))[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9][a-z0-9-]{0,62})*")
_NUMBER_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_PREFIX = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)*")
_ENCODED_SYNTAX = re.compile(r"%(?:2[Ff5]|5[Cc]|[01].|7[Ff])")

_CONTROL = re.compile(r"[\x00-\x1f]")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._~!$&'()*+,;=:@-]*")
_PLAIN_QUERY = re.compile(r"[!\"$-~]*")
_NOT_IN_PATH = re.compile(r"[^A-Za-z0-9/._~!$&'()*+,;=:@%\[\]-]")
_NOT_IN_QUERY = re.compile(r"[^!-~]")
_ESCAPE = re.compile(r"%(?:u([0-9A-Fa-f]{4})|([0-9A-Fa-f]{2}))")
_OVERLONG = re.compile(r"(?:[\xc0\xc1]|(?:\xe0|\xf0\x80)[\x80\x81])[\x80-\xbf]")
# The segment ends where a server may cut it: at its parameters, or at a `?` or `#` that it decoded.
# Some file systems drop the blanks.
_DOT_SEGMENT = re.compile(r"[/\\] *\.\.? *(?:[/\\;?#]|\Z)")


def _host_and_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _parse_authority(authority: str, default_port: int | None) -> tuple[str, int]:
    parts = _AUTHORITY.fullmatch(authority)
    port = int(parts[3]) if parts and parts[3] else default_port
    if parts is None or port is None or port > 65535:
        raise InvalidBaseUrl("The host must be a name or an address, the port a number to 65535.")
    if parts[1]:
        host = canonical(parts[1])
        if host is None or ":" not in host:
            raise InvalidBaseUrl("The address in brackets is not an IPv6 address.")
        return host, port
    host = parts[2].lower()
    if len(host) > LONGEST_HOST or not _NAME.fullmatch(host):
        raise InvalidBaseUrl(
            "The host must be a name of letters, digits, hyphens and single dots,"
            f" at most {LONGEST_HOST} characters, without a dot at its end."
        )
    if _NUMBER_LABEL.fullmatch(host.rpartition(".")[2]) and canonical(host) is None:
        raise InvalidBaseUrl("An IPv4 address must be written as four decimal numbers.")
    return host, port


def _refuse_unlisted(scheme: str, host: str, port: int) -> None:
    if scheme != "https":
        raise InvalidBaseUrl("The base URL must start with https://.")
    if port not in ALLOWED_PORTS:
        ports = " or ".join(str(port) for port in sorted(ALLOWED_PORTS))
        raise InvalidBaseUrl(f"The port must be {ports}.")
    if canonical(host) is not None:
        reason = blocked_reason(host)
        if reason is not None:
            raise InvalidBaseUrl(f"The address {host} is not on the public internet ({reason}).")
    elif "." not in host or f".{host}".endswith(tuple(f".{name}" for name in LOCAL_SUFFIXES)):
        raise InvalidBaseUrl(f"The host {host} is not a name on the public internet.")


def _parse_prefix(path: str | None, placeholder: bool) -> str:
    prefix = (path or "").removesuffix("/")
    without = _PLACEHOLDER.sub("", prefix, count=1) if placeholder else prefix
    if "{" in without or "}" in without:
        raise InvalidBaseUrl(
            "The path may contain one {name}, of letters, digits and underscores, and only where"
            " the key goes into the path."
        )
    if not _PREFIX.fullmatch(_PLACEHOLDER.sub("name", prefix)) or _ENCODED_SYNTAX.search(prefix):
        raise InvalidBaseUrl(
            "The path must consist of plain segments, without empty ones and without encoded"
            " slashes, backslashes, percent signs or control characters."
        )
    try:
        _refuse_escape(without)
    except RefusedPath as error:
        raise InvalidBaseUrl(error.reason) from None
    return prefix


def _parse_entry(entry: str) -> str:
    try:
        # Lower-casing makes ASCII of some other letters, such as the Kelvin sign.
        if not entry.isascii():
            raise InvalidBaseUrl("It must be plain ASCII.")
        return _host_and_port(*_parse_authority(entry, None))
    except InvalidBaseUrl as error:
        reason = f"The allowed upstream {entry!r} is not an exact host:port. {error.reason}"
        raise InvalidBaseUrl(reason) from None


def _refuse_escape(path: str) -> None:
    _refuse_wide(path)
    if "?" in path or "#" in path:
        raise RefusedPath("The path must not contain a raw ? or #.")
    reading = _decoded(path)
    if _CONTROL.search(reading):
        raise RefusedPath("The path must not contain control characters, in any encoding.")
    if _DOT_SEGMENT.search(reading):
        raise RefusedPath("The path must not contain the segments . or .., in any encoding.")


def _refuse_wide(text: str) -> None:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        raise RefusedPath("The path and the query must be bytes.") from None


def _decoded(path: str) -> str:
    """Percent-decode until nothing changes, as the most lenient chain of servers would."""
    for _ in range(DEEPEST_ENCODING + 1):
        decoded = _OVERLONG.sub(_shortest, _ESCAPE.sub(_character, path))
        if decoded == path:
            return path
        path = decoded
    raise RefusedPath(f"The path is percent-encoded more than {DEEPEST_ENCODING} times.")


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1] or escape[2], 16))


def _shortest(overlong: re.Match[str]) -> str:
    """The ASCII character of an overlong UTF-8 sequence (RFC 3629 10): its last seven bits."""
    before, last = ord(overlong[0][-2]), ord(overlong[0][-1])
    return chr((before & 1) << 6 | last & 0x3F)


def _encoded(character: re.Match[str]) -> str:
    return f"%{ord(character[0]):02X}"
