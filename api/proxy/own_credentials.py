"""Recognises the dashboard's own tokens in a text, in every encoding that clients use.

Personal access tokens are known by their format, session tokens by their issuer. A token of another
dashboard, or one that has expired, is a token too: no token may reach an upstream (S8).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import msgspec

from api.proxy.decoding import decoded_forms, percent_decode
from api.services.accounts.claims import ISSUER
from api.services.token_codec import contains_token, mask_tokens

SHORTEST_TOKEN = 64
"""No token of a dashboard has fewer characters."""

_PAYLOAD = re.compile(r"eyJ[A-Za-z0-9_-]*\.(eyJ[A-Za-z0-9_-]+)")
# The shortest token has 71 characters, which are 95 in Base64.
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{90,}")
# `apd_` and `eyJ` in Base64, at each of the three positions in a group of bytes.
_ENCODED = ("YXBkX", "FwZF", "hcGRf", "ZXlK", "V5S", "leU")


class _Issuer(msgspec.Struct):
    iss: str = ""


_issuer = msgspec.json.Decoder(_Issuer)


def holds_credential(text: str) -> bool:
    """Return whether a text contains a token of a dashboard.

    Finds it as it is, percent-encoded up to four times, and in Base64, as in Basic credentials.
    """
    if "%" in text:
        return any(_holds(form) for form in decoded_forms(text, percent_decode))
    return _holds(text)


def without_tokens(path: str) -> str:
    """Return a path with `***` instead of each token, or of the segment that encodes one."""
    if len(path) < SHORTEST_TOKEN:
        return path
    masked = mask_tokens(path)
    if not holds_credential(masked):
        return masked
    return "/".join("***" if holds_credential(part) else part for part in masked.split("/"))


def _holds(text: str) -> bool:
    if contains_token(text) or ("eyJ" in text and _holds_session_token(text)):
        return True
    if len(text) < 90 or not any(piece in text for piece in _ENCODED):
        return False
    return any(
        contains_token(decoded) or _holds_session_token(decoded)
        for run in _BASE64.findall(text)
        for decoded in _base64_decoded(run)
    )


def _holds_session_token(text: str) -> bool:
    for payload in _PAYLOAD.findall(text):
        try:
            data = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
            issuer = _issuer.decode(data).iss
        except (ValueError, RecursionError):
            continue
        if issuer == ISSUER:
            return True
    return False


def _base64_decoded(run: str) -> Iterator[str]:
    """Yield what a run of Base64 may encode; text in front may shift the start of a group."""
    standard = run.replace("-", "+").replace("_", "/")
    for shift in range(4):
        part = standard[shift:]
        yield base64.b64decode(part[: len(part) - len(part) % 4]).decode("latin-1")
