"""Tokens of a dashboard and requests for the unit tests of the proxy."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence

from api.proxy.request_body import BodyReader
from api.raw_request import RawRequest
from api.secret import Secret
from api.services.token_codec import TokenCodec

CODEC = TokenCodec(Secret("s" * 32))
# Tokens of "ada" and, of another dashboard, of "bob". Fixed, because they are part of test ids.
TOKEN = "apd_6dzniwe4qjss0u17k5ubgtos4iwm0t2ihqjsxyreha3b7kk8qg5o8ycaq3gl1vy7gqesciaokh06r83iu"
OTHER_TOKEN = (
    "apd_2u4uobe45oxjjhs2naqwv5elg55t5zz7srxz4mrspv9bfs"
    "sbqcjcpy0j0n57mgz5e5h7ijfnktifvdm8dbomi8res5alc6uy38h1apx2xs"
)


def jwt(payload: dict[str, object]) -> str:
    """Return a token in JWT form with an invalid signature."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    head = part(b'{"alg":"HS256","typ":"JWT"}')
    return (
        f"{head}.{part(json.dumps(payload).encode())}.{part(b'signature of 32 bytes, or so ...')}"
    )


SESSION_TOKEN = jwt({"fresh": False, "iss": "api-dashboard", "sub": "ada", "exp": 1})
USER_TOKEN = jwt({"iss": "https://x.supabase.co/auth/v1", "sub": "u1", "role": "authenticated"})


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def request(
    headers: Sequence[tuple[str, str]] = (),
    query: str = "",
    body: bytes = b"",
    method: str = "POST",
    underscored: Sequence[tuple[str, str]] = (),
) -> RawRequest:
    """Return a request to `/proxy/test/x`."""
    return RawRequest(
        method=method,
        raw_path="/proxy/test/x",
        raw_query=query,
        headers=list(headers),
        body=io.BytesIO(body),
        length=len(body),
        source="127.0.0.1",
        scheme="http",
        host="localhost",
        caller=None,
        streaming=True,
        underscored=underscored,
    )


def reader(raw: RawRequest) -> BodyReader:
    return BodyReader(raw, 8_000_000)
