"""Reads the head of a response that llhttp refuses, but of which only one reading is possible.

`connection.py` uses it only after llhttp has refused a head. The rules are those of RFC 9112 for
clients and proxies, and what curl and urllib3 both accept. A connection is not reused after such a
head. What two readers could frame differently stays refused (S13).
"""

from __future__ import annotations

import re

from api.http.errors import MalformedResponse, NoStatusLine

_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_STATUS_LINE = re.compile(rb"(?i:HTTP)/1\.([0-9])[ \t]+([1-9][0-9]{2})(?:[ \t]+(.*))?", re.DOTALL)
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = re.compile(rb"content.?length|transfer.?encoding", re.IGNORECASE)
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CONTROLS = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NO_BODY = frozenset({b"204", b"304"})


def repaired(data: bytes) -> bytes | None:
    """Return the final response at the start of `data` with a head that llhttp accepts.

    Interim responses before it are left out. Returns None while its head is incomplete. Raises
    MalformedResponse if more than one reading is possible, NoStatusLine if `data` is no response.

    - A line may end with LF alone (RFC 9112 2.2) and the protocol's name may be in lower case.
    - A folded field is one line (5.2), blanks before the colon are removed (5.1), a field with an
      impossible name is left out, and control characters other than NUL and CR become spaces.
    - Equal values of Content-Length are one (6.3), and so are repeated codings `chunked`, which no
      sender may apply twice (6.1). The coding `identity` means none.
    - An empty Content-Length does not exist if the body must end with the connection.
    """
    while True:
        data = data.lstrip(b"\r\n")
        if data[:7].upper() != b"HTTP/1."[: len(data)]:
            raise NoStatusLine("no status line")
        end = _END.search(data)
        if end is None:
            return None
        status, lines = _status_and_fields(data[: end.start()])
        data = data[end.end() :]
        if status[:1] != b"1" or status == b"101":
            return b"\r\n".join([*lines, data])


def _status_and_fields(head: bytes) -> tuple[bytes, list[bytes]]:
    """Return the status and the lines of a head, each as RFC 9112 requires."""
    first, *rest = _LINE_END.split(head)
    status_line = _STATUS_LINE.fullmatch(first)
    if status_line is None:
        raise MalformedResponse("no status line")
    version, status, reason = status_line.groups()
    fields: list[tuple[bytes, bytes]] = []
    for line in rest:
        if line[:1] in b" \t" and fields:
            name, value = fields[-1]
            fields[-1] = (name, b" ".join([value, line.strip(b" \t")]))
            continue
        name, colon, value = line.partition(b":")
        if not colon:
            raise MalformedResponse("a field without a colon")
        fields.append((name.rstrip(b" \t"), _CONTROLS.sub(b" ", value).strip(b" \t")))
    lasts = version == b"0" or _values(fields, b"connection") & {b"close"} or status in _NO_BODY
    framing = _framing(fields, bool(lasts))
    kept = [b"%b: %b" % field for field in fields if _is_kept(field[0])]
    minor = b"0" if version == b"0" else b"1"
    return status, [b"HTTP/1.%b %b %b" % (minor, status, reason or b""), *kept, *framing, b""]


def _is_kept(name: bytes) -> bool:
    if name.lower() in (b"content-length", b"transfer-encoding"):
        return False
    if _TOKEN.fullmatch(name):
        return True
    if _FRAMING.search(name):
        raise MalformedResponse("a framing field with an impossible name")
    return False


def _values(fields: list[tuple[bytes, bytes]], wanted: bytes) -> set[bytes]:
    """Return the different members of a list field, in lower case."""
    return {
        member.strip(b" \t").lower()
        for name, value in fields
        if name.lower() == wanted
        for member in value.split(b",")
    }


def _framing(fields: list[tuple[bytes, bytes]], lasts: bool) -> list[bytes]:
    """Return the one field that frames the body, none if it ends with the connection.

    `lasts` is true if an empty Content-Length can only mean that.
    """
    lengths = _values(fields, b"content-length")
    codings = _values(fields, b"transfer-encoding") - {b"identity", b""}
    if lasts:
        lengths -= {b""}
    if not all(map(_LENGTH.fullmatch, lengths)) or len(set(map(int, lengths))) > 1:
        raise MalformedResponse("ambiguous length")
    if codings:
        if codings != {b"chunked"} or lengths:
            raise MalformedResponse("ambiguous transfer coding")
        return [b"Transfer-Encoding: chunked"]
    return [b"Content-Length: " + lengths.pop()] if lengths else []
