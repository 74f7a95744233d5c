"""S11: an upstream's challenge never makes a browser ask for a password on the dashboard."""

from __future__ import annotations

import pytest

from api.proxy.challenges import without_prompts
from api.proxy.response_headers import clean_response_headers
from tests.unit.proxy.test_url_rewriting import mapping

CHALLENGES = [
    ('Basic realm="x"', ""),
    ("Basic", ""),
    ("bAsIc realm=x, charset=UTF-8", ""),
    ('Basic realm="a, Bearer b"', ""),
    ('Bearer realm="x"', 'Bearer realm="x"'),
    ("Bearer", "Bearer"),
    ('Bearer realm="Basic"', 'Bearer realm="Basic"'),
    ('Bearer realm="see, Basic auth", scope="a b"', 'Bearer realm="see, Basic auth", scope="a b"'),
    ('Bearer realm="x",Basic realm="y"', 'Bearer realm="x"'),
    ('Basic realm="y", Bearer realm="x", error="invalid_token"',
     'Bearer realm="x", error="invalid_token"'),
    ('Bearer a="1", b="2", Basic realm="y", charset="UTF-8", DPoP algs="ES256"',
     'Bearer a="1", b="2", DPoP algs="ES256"'),
    ('Digest realm="x", nonce="y", qop="auth,auth-int"', ""),
    ("Negotiate, NTLM, Bearer", "Bearer"),
    ("Negotiate YII=, Bearer x", "Bearer x"),
    ("NTLM TlRMTVNTUAAC==", ""),
    (', Basic realm="x" ,, Bearer', "Bearer"),
    (r'Bearer realm="a\"b, Basic ", Basic realm="\\"', r'Bearer realm="a\"b, Basic "'),
    ('Bearer realm="x, Basic realm="y"', ""),
    ('Basic realm="x', ""),
    ("Token", "Token"),
    ("BasicX realm=x", "BasicX realm=x"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), CHALLENGES)
def test_s11_only_challenges_that_prompt_are_removed(value: str, expected: str) -> None:
    assert without_prompts(value) == expected
    fields = [("www-AUTHENTICATE", value), ("X-A", "Basic"), ("WWW-Authenticate", "Basic")]
    kept = [("www-AUTHENTICATE", expected)] if expected else []
    assert clean_response_headers(fields, mapping()) == [*kept, ("X-A", "Basic")]
