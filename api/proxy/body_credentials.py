"""Finds and removes credentials in form and JSON bodies, where some APIs accept them (S8, S9).

Only the part of a body that is read before the upstream is called can be changed. The rest is
searched while it is forwarded, and the call ends if a token appears in it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Literal

from api.credentials import AuthScheme
from api.errors import Problem
from api.proxy.body_fields import BodyField, has_readable_type, read_body
from api.proxy.own_credentials import holds_credential
from api.proxy.parameters import folded, is_among
from api.proxy.request_overrides import refuse_late_override
from api.proxy.token_extraction import FoundToken, tokens_in

# Names in which clients of many APIs send a credential. A token of a dashboard is removed there
# even if the catalogue does not say that the API accepts it.
_USUAL_NAMES = frozenset(
    {
        "access_token", "accesstoken", "api-key", "api_key", "api_token", "apikey", "apitoken",
        "auth_token", "authorization", "authtoken", "key", "token",
    }
)  # fmt: skip
# The second part of a session token begins with `.eyJ`.
_TOKEN_STARTS = (b"apd_", b"apd%5", b".eyJ")
# Bytes. No token is longer, nor what else a search of a stream looks for.
_LONGEST = 1024
# Bytes. A body that is larger when it is decompressed is not searched.
_LARGEST_PLAIN = 16 << 20


def find_body_tokens(
    headers: Sequence[tuple[str, str]], data: bytes, is_complete: bool
) -> list[FoundToken]:
    """Return the tokens in the fields of a form or JSON body. `data` is its start, or all of it."""
    if not _may_hold_token(data):
        return []
    body = read_body(headers, data, is_complete)
    if body is None:
        return []
    location: Literal["json", "form"] = "json" if body.kind == "json" else "form"
    return [
        FoundToken(token, location, field.name)
        for field, _ in body.pieces()
        for token in tokens_in(field.value)
    ]


def has_body_locations(locations: Sequence[str]) -> bool:
    """Return whether an API accepts a credential in a body."""
    return any(location.startswith(("form:", "json:")) for location in locations)


def clean_body(
    headers: Sequence[tuple[str, str]],
    data: bytes,
    is_complete: bool,
    auth: AuthScheme,
    locations: Sequence[str],
    found: FoundToken,
) -> bytes:
    """Return the start of a body without the fields in which the API accepts a credential.

    Where the API accepts none, only a field with a usual name and a token is removed. Raises
    Problem(invalid_request) for a body from which a credential cannot be removed.
    """
    accepts = has_body_locations(locations)
    in_body = found.location in ("form", "json")
    if not data or not (accepts or in_body or _may_hold_token(data)):
        return data
    plain = _decompressed(headers, data, is_complete) if accepts else data
    body = read_body(headers, plain, is_complete)
    if body is None:
        if accepts and _holds_token(data):
            raise _elsewhere()
        return data
    kind = "json:" if body.kind == "json" else "form:"
    credential = {folded(place[5:]) for place in locations if place.startswith(kind)}
    if in_body:
        credential.add(found.name.partition("[")[0])
    usual = set(_USUAL_NAMES)
    if auth.scheme == "query" and auth.name is not None:
        usual.add(folded(auth.name))

    def is_credential(field: BodyField) -> bool:
        return is_among(field.name, credential) or (
            is_among(field.name, usual) and holds_credential(field.value)
        )

    pieces = body.pieces()
    kept = [(field, piece) for field, piece in pieces if not is_credential(field)]
    if accepts and any(map(_holds_token, [piece for _, piece in kept] if pieces else [plain])):
        raise _elsewhere()
    if len(kept) == len(pieces):
        return data
    if plain is not data:
        raise _compressed()
    if any(is_credential(field) and not field.is_complete for field, _ in pieces):
        raise _too_late()
    return body.join(kept)


def _may_hold_token(data: bytes) -> bool:
    return any(start in data for start in _TOKEN_STARTS)


def _holds_token(data: bytes) -> bool:
    return _may_hold_token(data) and holds_credential(data.decode("latin-1"))


class _CheckedReader:
    """Reads the rest of a body and checks it. `held` was read before and is not sent yet."""

    def __init__(
        self, held: bytes, read_more: Callable[[int], bytes], check: Callable[[bytes], None]
    ) -> None:
        self._held = held
        self._read_more = read_more
        self._check = check
        self._ended = False

    def read(self, size: int) -> bytes:
        """Return more of the body, b"" at its end. Raises what the check raises."""
        while not self._ended:
            piece = self._read_more(size)
            data = self._held + piece
            self._check(data)
            self._ended = not piece
            ready = data if self._ended else data[:-_LONGEST]
            self._held = data[len(ready) :]
            if ready:
                return ready
        return b""


def check_rest(
    headers: Sequence[tuple[str, str]],
    data: bytes,
    read_more: Callable[[int], bytes],
    *,
    tokens: bool,
    overrides: bool,
) -> tuple[bytes, Callable[[int], bytes]]:
    """Return the start of a long body and the reader of the rest, which refuses what it checks.

    `tokens` refuses a token of the dashboard, `overrides` a field that replaces the method, in
    forms and JSON.
    """
    if not (tokens or overrides) or not has_readable_type(headers):
        return data, read_more

    def check(piece: bytes) -> None:
        if tokens and _holds_token(piece):
            raise _too_late()
        if overrides:
            refuse_late_override(piece)

    sent = data[:-_LONGEST]
    return sent, _CheckedReader(data[len(sent) :], read_more, check).read


def _decompressed(headers: Sequence[tuple[str, str]], data: bytes, is_complete: bool) -> bytes:
    """Return a form or JSON body without its Content-Encoding, `data` if it has none.

    Raises Problem(invalid_request) for a body that cannot be searched as a whole.
    """
    coding = next((value for name, value in headers if name.lower() == "content-encoding"), "")
    coding = coding.strip().lower()
    if coding in ("", "identity") or not has_readable_type(headers):
        return data
    if coding not in ("gzip", "x-gzip", "deflate") or not is_complete:
        raise _compressed()
    try:
        # 32 more than the largest window: the format is zlib or gzip, by its header.
        decompressor = zlib.decompressobj(zlib.MAX_WBITS + 32)
        plain = decompressor.decompress(data, _LARGEST_PLAIN)
    except zlib.error:
        raise _compressed() from None
    if not decompressor.eof or decompressor.unused_data:
        raise _compressed()
    return plain


def _elsewhere() -> Problem:
    return Problem(
        "invalid_request",
        "A token of the dashboard is in the body, and not in a field from which the proxy can "
        "remove it. Remove the token, or send it in a header.",
    )


def _compressed() -> Problem:
    return Problem(
        "invalid_request",
        "This API accepts its credential in the body, and the proxy cannot find or remove a token "
        "in this compressed body. Send it without Content-Encoding.",
    )


def _too_late() -> Problem:
    return Problem(
        "invalid_request",
        "A token of the dashboard is in the body after its first MiB, where it cannot be removed. "
        "Send the token in a header.",
    )
