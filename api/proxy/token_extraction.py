"""Who calls: the dashboard token that the caller put where the API's own credential would go.

A personal access token is recognised by its shape wherever it stands; whether it stood in a place
that this API takes a credential in is judged once the API is known (`is_allowed_location`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal
from urllib.parse import unquote_plus

import msgspec

from api.credentials import AuthScheme
from api.raw_request import RawRequest, basic_pair
from api.services.token_codec import PREFIX

TOKEN = re.compile(r"apd_[0-9a-z]{67,300}(?![0-9A-Za-z])")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?![A-Za-z0-9_.-])")
_ALWAYS_ACCEPTED = frozenset({"authorization", "x-api-key", "api-key"})
_MOST = 8


class FoundToken(msgspec.Struct, frozen=True):
    """A token that was found: in a header or a query parameter of that name, or in the path."""

    text: str
    place: Literal["header", "query", "path"]
    name: str


def find_tokens(wire: RawRequest, path: str) -> list[FoundToken]:
    """Every dashboard token in the request, at most 8, personal access tokens before session
    tokens.

    `path` is the part behind `/proxy/{api_name}`.
    """
    found: list[FoundToken] = []
    sessions: list[FoundToken] = []
    for field, value in wire.headers:
        name = field.lower()
        texts = _basic(value) if name == "authorization" and value[:6].lower() == "basic " else None
        for text in texts if texts is not None else (value,):
            if PREFIX in text:
                found += [FoundToken(token, "header", name) for token in TOKEN.findall(text)]
            elif "eyJ" in text and name != "cookie":
                sessions += [FoundToken(token, "header", name) for token in _JWT.findall(text)]
    if PREFIX in wire.raw_query or "eyJ" in wire.raw_query:
        for pair in re.split("[&;]", wire.raw_query):
            name, _, value = pair.partition("=")
            parameter = unquote_plus(name)
            plain = unquote_plus(value)
            found += [FoundToken(token, "query", parameter) for token in TOKEN.findall(plain)]
            sessions += [FoundToken(token, "query", parameter) for token in _JWT.findall(plain)]
    if PREFIX in path:
        found += [FoundToken(token, "path", "") for token in TOKEN.findall(path)]
    return (found + sessions)[:_MOST]


def is_allowed_location(token: FoundToken, auth: AuthScheme, accepts: Sequence[str]) -> bool:
    """Whether the token stood where a credential of this API may go."""
    if token.place == "path":
        return auth.scheme == "path"
    if token.place == "header":
        return (
            token.name in _ALWAYS_ACCEPTED
            or (auth.scheme == "header" and (auth.name or "").lower() == token.name)
            or f"header:{token.name}" in accepts
        )
    return (auth.scheme == "query" and auth.name == token.name) or f"query:{token.name}" in accepts


def holds_token(text: str) -> bool:
    """Whether a text holds something of a dashboard token's shape (to keep it from going on)."""
    return PREFIX in text and TOKEN.search(text) is not None


def without_token(path: str, prefix: str, token: str) -> str | None:
    """`path` without the template of the path scheme, with `token` in its placeholder's place.

    For the base URL `https://api.telegram.org/bot{token}` that is `/bot<token>/getMe` to `/getMe`;
    the whole prefix may stand there, or the part from the placeholder's segment on.
    """
    filled = re.sub(r"\{[^}]*\}", lambda _: token, prefix)
    segments = filled.split("/")
    start = next((i for i, segment in enumerate(segments) if token in segment), 1)
    for template in (filled, "/" + "/".join(segments[start:])):
        if path == template or path.startswith(template + "/"):
            return path[len(template) :]
    return None


def _basic(value: str) -> tuple[str, str]:
    return basic_pair(value[6:]) or ("", "")
