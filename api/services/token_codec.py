"""Encode and decode personal access tokens, which can be verified without a database read.

    apd_ <base 36 of: flags, id (8 bytes), secret (20 bytes), [limit, window, window_start],
                      username, MAC>
         <CRC-32 of all before it, 7 base-36 digits>

The MAC rejects forged tokens without a database trip. Because the token contains its limit, the
call is counted in the same trip that checks whether the token is revoked. With the checksum, secret
scanners can recognise a token offline, as with GitHub's tokens
(https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import struct
import zlib

import msgspec

from api.bounded_cache import BoundedCache
from api.secret import Secret

PREFIX = "apd_"
TOKEN_PATTERN = re.compile(r"apd_[0-9a-z]{67,300}(?![0-9A-Za-z])")
"""Matches text in the format of a token, also inside other text."""
_OWN = re.compile(r"\s*(?:[0-9]{1,20}:)?apd_")

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PATTERN = re.compile(r"apd_([1-9a-z][0-9a-z]{59,239})([0-9a-z]{7})")
_ID_BYTES = 8
_SECRET_BYTES = 20
_MAC_BYTES = 16
_LIMIT = struct.Struct(">IIQ")
_HAS_LIMIT = 1
_VERSION = 0x10
# A token is used for many calls, and decoding it takes as long as reading the request.
_MAX_DECODED = 1024


def begins_as_token(text: str) -> bool:
    """Return whether a text begins like a token, also after the digits that Telegram's SDKs
    need."""
    return _OWN.match(text) is not None


class TokenPayload(msgspec.Struct, frozen=True):
    """The signed data of a token.

    The token may make `limit` requests in each window of `window` seconds. The first window begins
    at `window_start` (epoch seconds). `token_hash` is the stored hash of the token's text.
    """

    token_id: str
    username: str
    limit: int | None = None
    window: int | None = None
    window_start: float = 0.0
    token_hash: str = ""


class TokenCodec:
    """Encodes and decodes tokens. A new `signing_secret` invalidates all tokens."""

    def __init__(self, signing_secret: Secret) -> None:
        self._key = hmac.digest(
            signing_secret.reveal().encode(), b"api-dashboard personal access token v1", "sha256"
        )
        # By the token's hash.
        self._decoded: BoundedCache[str, TokenPayload] = BoundedCache(_MAX_DECODED)

    def encode(
        self,
        username: str,
        window_start: float,
        limit: int | None,
        window: int | None,
        token_id: str | None = None,
    ) -> tuple[TokenPayload, str]:
        """Create a token's text with 160 random bits. Return its data and the text.

        Without `token_id` the token is a new one. `window_start` (epoch seconds) counts in whole
        milliseconds.
        """
        identity = secrets.token_bytes(_ID_BYTES)
        if token_id is not None:
            identity = int(token_id, 36).to_bytes(_ID_BYTES, "big")
        flags = _VERSION
        # A float is too imprecise for some whole milliseconds.
        milliseconds = int(round(window_start * 1000, 3))
        limit_bytes = b""
        if limit is not None and window is not None:
            flags |= _HAS_LIMIT
            limit_bytes = _LIMIT.pack(limit, window, milliseconds)
        body = (
            bytes([flags])
            + identity
            + secrets.token_bytes(_SECRET_BYTES)
            + limit_bytes
            + username.encode("ascii")
        )
        body += hmac.digest(self._key, body, "sha256")[:_MAC_BYTES]
        text = PREFIX + _base36(int.from_bytes(body, "big"), 0)
        text += _checksum(text)
        start = milliseconds / 1000
        return (
            TokenPayload(_token_id(identity), username, limit, window, start, token_hash(text)),
            text,
        )

    def decode(self, text: str) -> TokenPayload | None:
        """Return the data of a token, or None if this server did not create it."""
        if not text.isascii():
            return None
        key = token_hash(text)
        payload = self._decoded.get(key)
        if payload is None:
            payload = self._decode(text)
            if payload is not None:
                payload = msgspec.structs.replace(payload, token_hash=key)
                self._decoded.set(key, payload)
        return payload

    def _decode(self, text: str) -> TokenPayload | None:
        match = _PATTERN.fullmatch(text)
        if match is None or _checksum(text[:-7]) != match[2]:
            return None
        number = int(match[1], 36)
        body = number.to_bytes((number.bit_length() + 7) // 8, "big")
        signed, mac = body[:-_MAC_BYTES], body[-_MAC_BYTES:]
        if not hmac.compare_digest(hmac.digest(self._key, signed, "sha256")[:_MAC_BYTES], mac):
            return None
        identity = signed[1 : 1 + _ID_BYTES]
        rest = signed[1 + _ID_BYTES + _SECRET_BYTES :]
        if signed[0] & _HAS_LIMIT:
            limit, window, window_start = _LIMIT.unpack(rest[: _LIMIT.size])
            username = rest[_LIMIT.size :].decode("ascii")
            return TokenPayload(_token_id(identity), username, limit, window, window_start / 1000)
        return TokenPayload(_token_id(identity), rest.decode("ascii"))


def token_hash(text: str) -> str:
    """Return the stored hash of a token: SHA-256 is enough for 160 random bits."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _token_id(identity: bytes) -> str:
    return _base36(int.from_bytes(identity, "big"), 13)


def _checksum(text: str) -> str:
    return _base36(zlib.crc32(text.encode("ascii")), 7)


def _base36(number: int, width: int) -> str:
    digits = []
    while number:
        number, rest = divmod(number, 36)
        digits.append(_DIGITS[rest])
    return "".join(reversed(digits)).rjust(width, "0")


def contains_token(text: str) -> bool:
    """Return whether a text contains anything in a dashboard token's format."""
    return PREFIX in text and TOKEN_PATTERN.search(text) is not None


def mask_tokens(text: str) -> str:
    """Return a text with every dashboard token replaced by `***`."""
    return TOKEN_PATTERN.sub("***", text) if PREFIX in text else text
