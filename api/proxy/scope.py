"""What a token may do: its APIs, methods and path prefixes, against one call."""

from __future__ import annotations

import re
from urllib.parse import unquote

from api.errors import Problem
from api.pools import Pool
from api.proxy.token_extraction import FoundToken, without_token
from api.storage.tokens import Token

_API_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")


def scope_problem(
    token: Token | None,
    find_tokens: FoundToken,
    pool: Pool | None,
    api_name: str,
    method: str,
    path: str,
) -> Problem | None:
    """Why the token's scope does not cover a call, or None; `token` None is a session."""
    if token is not None:
        if "*" not in token.apis and api_name not in token.apis:
            return Problem("token_scope", f"The token was not given {_told(api_name)}.")
        if token.methods and method not in token.methods:
            return Problem("token_scope", f"The token was not given {method} calls.")
        if token.path_prefixes and not within(
            _scoped_path(find_tokens, pool, path), token.path_prefixes
        ):
            return Problem("token_scope", "The token was not given this path.")
    if pool is None or not pool.keys:
        return Problem("unknown_api", f"No key is stored under {_told(api_name)}.")
    return None


def _told(api_name: str) -> str:
    """The name that was called, where it could be one."""
    return f"the API name {api_name}" if _API_NAME.fullmatch(api_name) else "that API name"


def _scoped_path(find_tokens: FoundToken, pool: Pool | None, path: str) -> str:
    """The path that prefixes speak of: where the token stood in the path, what comes behind it."""
    if find_tokens.place != "path" or pool is None:
        return path
    for key in pool.keys:
        prefix = "/" + key.base_url.split("/", 3)[3] if key.base_url.count("/") > 2 else ""
        rest = without_token(path, prefix, find_tokens.text)
        if rest is not None:
            return rest or "/"
    return path


def within(path: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a path lies below one of the prefixes, as sent and in every decoded form of it.

    A prefix ends at a segment: `/v1/chat` covers `/v1/chat` and `/v1/chat/completions`, not
    `/v1/chats`. An upstream may decode once more than it should, so every form must lie below.
    """
    forms = [path]
    while len(forms) < 8:
        decoded = unquote(forms[-1], encoding="latin-1")
        if decoded == forms[-1]:
            break
        forms.append(decoded)
    return any(all(_below(form, prefix) for form in forms) for prefix in prefixes)


def _below(path: str, prefix: str) -> bool:
    if prefix.endswith("/"):
        return path.startswith(prefix)
    return path == prefix or path.startswith(prefix + "/")
