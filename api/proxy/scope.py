"""Checks one call against the APIs, methods and path prefixes that a token allows."""

from __future__ import annotations

import re

from api.errors import Problem
from api.pools import Pool
from api.proxy.decoding import decoded_forms, percent_decode
from api.proxy.token_extraction import FoundToken, strip_token
from api.storage.tokens import Token

_API_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")
_MAX_DECODINGS = 7


def scope_problem(
    token: Token | None,
    found: FoundToken,
    pool: Pool | None,
    api_name: str,
    method: str,
    path: str,
) -> Problem | None:
    """Return why the caller may not make this call, or None. `token` is None for a session."""
    if token is not None:
        if "*" not in token.apis and api_name not in token.apis:
            return _outside(_describe(api_name))
        if token.methods and method not in token.methods:
            return _outside(f"{method} requests")
        if token.path_prefixes and not is_within(
            _scoped_path(found, pool, path), token.path_prefixes
        ):
            return _outside("this path")
    if pool is None or not pool.keys:
        return Problem("unknown_api", f"No key is stored under {_describe(api_name)}.")
    return None


def _outside(uncovered: str) -> Problem:
    return Problem(
        "token_scope",
        f"This personal access token does not cover {uncovered}. Change its scope in API "
        "Dashboard, or use a token that does.",
    )


def _describe(api_name: str) -> str:
    """Return the requested API name for a message; a malformed name is not repeated."""
    return f"the API name {api_name}" if _API_NAME.fullmatch(api_name) else "that API name"


def _scoped_path(found: FoundToken, pool: Pool | None, path: str) -> str:
    """Return the path that prefixes apply to: the part after a token in the path, or all of it."""
    if found.location != "path" or pool is None:
        return path
    for key in pool.keys:
        prefix = "/" + key.base_url.split("/", 3)[3] if key.base_url.count("/") > 2 else ""
        rest = strip_token(path, prefix, found.text)
        if rest is not None:
            return rest or "/"
    return path


def is_within(path: str, prefixes: tuple[str, ...]) -> bool:
    """Return whether a path is below one of the prefixes, as sent and in every decoded form.

    A prefix ends at a segment: `/v1/chat` covers `/v1/chat` and `/v1/chat/completions`, not
    `/v1/chats`. An upstream may decode more often than it should, so every form must be below a
    prefix.
    """
    forms = [path]
    if "%" in path:
        forms = list(decoded_forms(path, percent_decode, _MAX_DECODINGS))
    return any(all(_is_below(form, prefix) for form in forms) for prefix in prefixes)


def _is_below(path: str, prefix: str) -> bool:
    if prefix.endswith("/"):
        return path.startswith(prefix)
    return path == prefix or path.startswith(prefix + "/")
