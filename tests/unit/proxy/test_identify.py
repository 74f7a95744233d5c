"""Who a caller is, from a token in the head or, without one, in the body (S19)."""

from __future__ import annotations

from typing import Any

import pytest

from api.errors import Problem
from api.proxy.authorization import Authorizer
from tests.unit.proxy.credentials import CODEC, OTHER_TOKEN, TOKEN, USER_TOKEN, reader, request

FORM = ("Content-Type", "application/x-www-form-urlencoded")
SIGNED = ("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request")
BODY = f"a=1&token={TOKEN}".encode()


class NoSessions:
    """Sessions of which none is valid."""

    def read_access(self, text: str) -> None:
        return None


def identify(headers: list[tuple[str, str]], body: bytes) -> tuple[str, str, int]:
    """Return the caller, the token's location, and how many bytes of the body were read."""
    unused: Any = None
    sessions: Any = NoSessions()
    authorizer = Authorizer(unused, unused, CODEC, sessions, unused, lambda: 0.0)
    raw = request(headers, body=body)
    body_reader = reader(raw)
    identity = authorizer.identify(raw, "/x", body_reader)
    return identity.username, identity.found.location, body_reader.bytes_read


@pytest.mark.parametrize("others", [[], [("Authorization", f"Bearer {USER_TOKEN}")], [SIGNED]])
def test_a_caller_is_known_by_a_token_in_the_body(others: list[tuple[str, str]]) -> None:
    assert identify([FORM, *others], BODY) == ("ada", "form", len(BODY))


def test_the_body_is_not_read_if_a_token_is_in_the_head() -> None:
    assert identify([FORM, ("apikey", TOKEN)], BODY) == ("ada", "header", 0)


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        ([FORM], b"", "authentication_required"),
        ([FORM], b"token=apd_x", "authentication_required"),
        ([FORM], f"token={OTHER_TOKEN}".encode(), "authentication_required"),
        ([("Content-Type", "text/plain")], BODY, "authentication_required"),
        ([FORM, ("apikey", OTHER_TOKEN)], BODY, "authentication_required"),
        ([FORM, SIGNED], b"a=1", "signature_not_supported"),
        ([SIGNED], b"", "signature_not_supported"),
        ([FORM], b"a" * 9_000_000, "authentication_required"),
    ],
)
def test_a_caller_without_a_valid_token_is_refused(
    headers: list[tuple[str, str]], body: bytes, code: str
) -> None:
    with pytest.raises(Problem) as caught:
        identify(headers, body)

    assert caught.value.code == code
