"""Check that a path does not leave its prefix, in any encoding (S7)."""

from __future__ import annotations

import re

MAX_ENCODING_DEPTH = 8

CONTROL = re.compile(r"[\x00-\x1f]")
_ESCAPE = re.compile(r"%(?:u([0-9A-Fa-f]{4})|([0-9A-Fa-f]{2}))")
_OVERLONG = re.compile(r"(?:[\xc0\xc1]|(?:\xe0|\xf0\x80)[\x80\x81])[\x80-\xbf]")
# A segment ends where a server may end it: at its parameters, or at a `?` or `#` that it decoded.
# Some file systems ignore spaces.
_DOT_SEGMENT = re.compile(r"[/\\] *\.\.? *(?:[/\\;?#]|\Z)")


class InvalidPath(ValueError):
    """A path or query could leave the base URL. `reason` is a sentence for the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_path(path: str) -> None:
    """Raise InvalidPath for a path that some server may resolve to one outside its prefix.

    Refuses dot segments and control characters, read as the most lenient servers do:
    percent-decoded until nothing changes (including overlong UTF-8 and `%uXXXX`), with `\\` as `/`
    and without `;parameters`. Refuses an encoding deeper than MAX_ENCODING_DEPTH.
    """
    require_bytes(path)
    if "?" in path or "#" in path:
        raise InvalidPath("The path must not contain a raw ? or #.")
    decoded = _decode_fully(path)
    if CONTROL.search(decoded):
        raise InvalidPath("The path must not contain control characters, in any encoding.")
    if _DOT_SEGMENT.search(decoded):
        raise InvalidPath("The path must not contain the segments . or .., in any encoding.")


def require_bytes(text: str) -> None:
    """Raise InvalidPath for text that is not the latin-1 form of received bytes."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        raise InvalidPath("The path and the query must be bytes.") from None


def _decode_fully(path: str) -> str:
    """Percent-decode until nothing changes, as a chain of lenient servers would."""
    for _ in range(MAX_ENCODING_DEPTH + 1):
        decoded = _OVERLONG.sub(_shortest_form, _ESCAPE.sub(_character, path))
        if decoded == path:
            return path
        path = decoded
    raise InvalidPath(f"The path is percent-encoded more than {MAX_ENCODING_DEPTH} times.")


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1] or escape[2], 16))


def _shortest_form(overlong: re.Match[str]) -> str:
    """Return the ASCII character of an overlong UTF-8 sequence (RFC 3629 10): the last 7 bits."""
    previous, last = ord(overlong[0][-2]), ord(overlong[0][-1])
    return chr((previous & 1) << 6 | last & 0x3F)
