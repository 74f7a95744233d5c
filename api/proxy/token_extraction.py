"""Finds the dashboard's token in a request, in any place where the API's credential could be.

A personal access token is recognised by its format. Once the API is known, `is_allowed_location`
checks whether the API accepts a credential in the place where the token was found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal
from urllib.parse import unquote_plus

import msgspec

from api.credentials import AuthScheme, folded_name
from api.raw_request import RawRequest, basic_pair
from api.services.token_codec import PREFIX, TOKEN_PATTERN

_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?![A-Za-z0-9_.-])")
_ALWAYS_ALLOWED = frozenset({"authorization", "x-api-key", "api-key"})
_MAX_TOKENS = 8


class FoundToken(msgspec.Struct, frozen=True):
    """A token and its location.

    `name` is the header field (lower case), the query parameter, or the field of a form or JSON
    body (lower case); it is empty for a token in the path.
    """

    text: str
    location: Literal["header", "query", "path", "form", "json"]
    name: str


def find_tokens(request: RawRequest, path: str) -> list[FoundToken]:
    """Return at most 8 dashboard tokens, personal access tokens before session tokens.

    `path` is the part of the request's path after `/proxy/{api_name}`. Bodies are not searched.
    """
    tokens: list[FoundToken] = []
    sessions: list[FoundToken] = []
    for field, value in (*request.headers, *request.underscored):
        is_basic = value[:6].lower() == "basic " and field.lower() == "authorization"
        if not is_basic and PREFIX not in value and "eyJ" not in value:
            continue
        name = field.lower()
        for text in (basic_pair(value[6:]) or ("", "")) if is_basic else (value,):
            if PREFIX in text:
                tokens += [
                    FoundToken(token, "header", name) for token in TOKEN_PATTERN.findall(text)
                ]
            elif "eyJ" in text and name != "cookie":
                sessions += [FoundToken(token, "header", name) for token in _JWT.findall(text)]
    query = request.raw_query
    if PREFIX in query or "eyJ" in query:
        for pair in re.split("[&;]", query):
            raw_name, _, raw_value = pair.partition("=")
            name, value = unquote_plus(raw_name), unquote_plus(raw_value)
            tokens += [FoundToken(token, "query", name) for token in TOKEN_PATTERN.findall(value)]
            sessions += [FoundToken(token, "query", name) for token in _JWT.findall(value)]
    if PREFIX in path:
        tokens += [FoundToken(token, "path", "") for token in TOKEN_PATTERN.findall(path)]
    return (tokens + sessions)[:_MAX_TOKENS]


def tokens_in(text: str) -> list[str]:
    """Return the personal access tokens in a text, or else what may be session tokens."""
    return (TOKEN_PATTERN.findall(text) or _JWT.findall(text))[:_MAX_TOKENS]


def is_allowed_location(
    token: FoundToken,
    auth: AuthScheme,
    locations: Sequence[str],
    extra_headers: Sequence[str] = (),
) -> bool:
    """Return whether the API accepts a credential where the token was found.

    `locations` are other places that its clients use: `header:<name>`, `query:<name>`,
    `form:<name>` and `json:<name>`. An API with its credential in the query is also asked with
    forms. `extra_headers` are fields with further secrets.
    """
    if token.location == "path":
        return auth.scheme == "path"
    if token.location == "header":
        name = folded_name(token.name)
        own = (auth.name,) if auth.scheme == "header" and auth.name is not None else ()
        return (
            token.name in _ALWAYS_ALLOWED
            or any(name == folded_name(other) for other in (*own, *extra_headers))
            or any(folded_name(place) == f"header:{name}" for place in locations)
        )
    if token.location == "query":
        return (
            auth.scheme == "query" and auth.name == token.name
        ) or f"query:{token.name}" in locations
    return (
        auth.scheme == "query" and (auth.name or "").lower() == token.name
    ) or f"{token.location}:{token.name}" in (place.lower() for place in locations)


def strip_token(path: str, prefix: str, token: str) -> str | None:
    """Return `path` without the base URL's path, whose placeholder is filled with `token`.

    For the base URL `https://api.telegram.org/bot{token}`, `/bot<token>/getMe` becomes `/getMe`.
    The path may repeat the whole base path or start at the placeholder's segment. SDKs of Telegram
    accept only `<digits>:<text>`, so digits and a colon may stand before the token. Returns None if
    the path has another form.
    """
    pattern, filled = "", ""
    for position, part in enumerate(re.split(r"\{[^}]*\}", prefix)):
        if position:
            pattern += rf"(?:[0-9]{{1,20}}(?::|%3[Aa]))?{re.escape(token)}"
            filled += "\0"
        pattern += re.escape(part)
        filled += part
    segments = pattern.split("/")
    start = next((i for i, segment in enumerate(filled.split("/")) if "\0" in segment), 1)
    for template in (pattern, "/" + "/".join(segments[start:])):
        match = re.match(rf"{template}(?=/|\Z)", path)
        if match is not None:
            return path[match.end() :]
    return None
