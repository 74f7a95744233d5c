"""Signed requests, such as AWS SigV4, get a problem that says what to do instead."""

from __future__ import annotations

import pytest

from api.credentials import AuthScheme
from api.proxy.signed_requests import signature_problem
from api.proxy.token_extraction import FoundToken
from tests.unit.proxy.credentials import TOKEN, USER_TOKEN, request

SCOPE = "AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/bedrock/aws4_request"
SIGV4 = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-date, Signature=abc"
SIGV4A = f"AWS4-ECDSA-P256-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=abc"
PRESIGNED = [
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb&X-Amz-Date=1&X-Amz-Signature=c",
    "a=1&x-amz-signature=abc", "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256",
    "AWSAccessKeyId=AKIA&Expires=1&Signature=a",
]  # fmt: skip
IN_FIELD = FoundToken(TOKEN, "header", "x-api-key")
USES_AUTHORIZATION = [
    AuthScheme("bearer"), AuthScheme("basic", username="a"),
    AuthScheme("header", name="Authorization", prefix="Key "),
]  # fmt: skip
OTHER_SCHEMES = [AuthScheme("query", name="k"), AuthScheme("header", name="apikey")]


@pytest.mark.parametrize(
    "value",
    [SIGV4, SIGV4A, SIGV4.lower(), "AWS4-HMAC-SHA256", "AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLC",
     "GOOG4-HMAC-SHA256 Credential=a", "OSS4-HMAC-SHA256 Credential=a", "TC3-HMAC-SHA256 C=a",
     "SharedKey myaccount:sig"],
)  # fmt: skip
def test_a_signed_request_without_a_token_is_explained(value: str) -> None:
    problem = signature_problem(request([("authorization", value)]))

    assert problem is not None
    assert problem.code == "signature_not_supported"
    assert "Bedrock API key" in problem.detail
    assert "Credential" not in problem.detail


@pytest.mark.parametrize("query", PRESIGNED)
def test_a_presigned_request_without_a_token_is_explained(query: str) -> None:
    problem = signature_problem(request(query=query))

    assert problem is not None
    assert "SigV4" in problem.detail


@pytest.mark.parametrize("auth", USES_AUTHORIZATION, ids=str)
@pytest.mark.parametrize(
    ("headers", "query"), [([("Authorization", SIGV4)], ""), ([], PRESIGNED[0])]
)
def test_a_signature_in_the_credential_field_is_explained(
    auth: AuthScheme, headers: list[tuple[str, str]], query: str
) -> None:
    assert signature_problem(request(headers, query), IN_FIELD, auth, "api.example.com")


@pytest.mark.parametrize("auth", OTHER_SCHEMES, ids=str)
def test_a_signature_in_another_field_is_forwarded(auth: AuthScheme) -> None:
    signed = request([("Authorization", SIGV4)], PRESIGNED[0])

    assert signature_problem(signed, IN_FIELD, auth, "api.example.com") is None
    for host in ("bedrock-runtime.us-east-1.amazonaws.com", "s3.cn-north-1.amazonaws.com.cn"):
        assert signature_problem(signed, IN_FIELD, auth, host)
    assert signature_problem(signed, IN_FIELD, auth, "amazonaws.com.example.com") is None


@pytest.mark.parametrize("auth", [*USES_AUTHORIZATION, *OTHER_SCHEMES], ids=str)
def test_a_signature_with_the_token_as_access_key_is_explained(auth: AuthScheme) -> None:
    value = SIGV4.replace("AKIAIOSFODNN7EXAMPLE", TOKEN)
    found = FoundToken(TOKEN, "header", "authorization")

    problem = signature_problem(request([("Authorization", value)]), found, auth, "a.example.com")

    assert problem is not None
    assert TOKEN not in problem.detail


@pytest.mark.parametrize(
    ("headers", "query"),
    [([], ""), ([("Authorization", f"Bearer {USER_TOKEN}")], ""), ([], "Signature=a"),
     ([("Authorization", "awsome")], ""), ([], "url=https%3A%2F%2Fa%2F%3FX-Amz-Signature%3Da"),
     ([("X-Amz-Date", "1"), ("X-Amz-Content-Sha256", "a")], "")],
)  # fmt: skip
def test_other_requests_are_not_signed(headers: list[tuple[str, str]], query: str) -> None:
    assert signature_problem(request(headers, query)) is None
    assert signature_problem(request(headers, query), IN_FIELD, USES_AUTHORIZATION[0]) is None
