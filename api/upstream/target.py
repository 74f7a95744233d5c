"""Build request targets from a base URL and the path and query of a call (S7)."""

from __future__ import annotations

import re

from api.upstream.base_url import BaseUrl
from api.upstream.paths import CONTROL, InvalidPath, check_path, require_bytes

_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._~!$&'()*+,;=:@-]*")
_PLAIN_QUERY = re.compile(r"[!\"$-~]*")
_NOT_IN_PATH = re.compile(r"[^A-Za-z0-9/._~!$&'()*+,;=:@%\[\]-]")
_NOT_IN_QUERY = re.compile(r"[^!-~]")


def build_target(base: BaseUrl, raw_path: str, raw_query: str) -> str:
    """Return the request target, in origin form, of a call below `base`.

    `raw_path` is the received path after the API name, empty or starting with `/`. `raw_query` is
    the received query without `?`, or empty. Both are the received bytes as latin-1 text, as in
    WSGI. They are forwarded unchanged, except that bytes that a request line may not contain are
    percent-encoded. A placeholder in the base's path is kept: it is the first `{` of the result.

    Raises InvalidPath for control characters in the query, and what `check_path` raises.
    """
    if raw_path and raw_path[0] != "/":
        raise InvalidPath("The path must start with a slash.")
    if not _PLAIN_PATH.fullmatch(raw_path) or "/." in raw_path:
        check_path(raw_path)
        raw_path = _NOT_IN_PATH.sub(_percent_encode, raw_path)
    target = base.prefix + raw_path or "/"
    if not raw_query:
        return target
    if not _PLAIN_QUERY.fullmatch(raw_query):
        if CONTROL.search(raw_query) or "#" in raw_query:
            raise InvalidPath("The query must not contain control characters or a raw #.")
        require_bytes(raw_query)
        raw_query = _NOT_IN_QUERY.sub(_percent_encode, raw_query)
    return f"{target}?{raw_query}"


def _percent_encode(character: re.Match[str]) -> str:
    return f"%{ord(character[0]):02X}"
