"""Recognises requests that are signed with a secret instead of carrying it.

The proxy cannot sign them again: the caller has no secret to sign with, and the signature covers
what the proxy changes. AWS SigV4 is the usual one
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
"""

from __future__ import annotations

import re

from api.credentials import AuthScheme
from api.errors import Problem
from api.proxy.token_extraction import FoundToken
from api.raw_request import RawRequest

_AWS = "AWS Signature Version 4 (SigV4)"
_FIELDS = (
    ("aws4-", _AWS),
    ("aws ", "an AWS signature"),
    ("goog4-", "a Google Cloud Storage signature"),
    ("oss4-", "an Alibaba Cloud signature"),
    ("oss ", "an Alibaba Cloud signature"),
    ("tc3-", "a Tencent Cloud signature"),
    ("sharedkey", "an Azure Storage signature"),
)
_QUERY = re.compile(r"(?:^|[&;])(x-amz-(?:algorithm|signature|credential)|awsaccesskeyid)=", re.I)
_AWS_HOST = re.compile(r"(?:^|\.)(?:amazonaws\.com(?:\.cn)?|api\.aws)$")


def signature_problem(
    request: RawRequest,
    found: FoundToken | None = None,
    auth: AuthScheme | None = None,
    host: str = "",
) -> Problem | None:
    """Return the problem of a signed request, or None.

    `found` is the caller's token and `auth` the API's scheme, None if there is no token. If the
    request has a token as well, a signature in a field that the API's scheme does not use is
    forwarded, unless the API is one of AWS.
    """
    field = _signed_field(request)
    signature = field or _signed_query(request)
    if signature is None:
        return None
    if found is not None and auth is not None:
        in_signature = field is not None and found.name == "authorization"
        authorizes = auth.scheme in ("bearer", "basic") or (auth.name or "").lower() == (
            "authorization"
        )
        if not (in_signature or authorizes or _AWS_HOST.search(host)):
            return None
    return Problem(
        "signature_not_supported",
        f"The request is signed with {signature}, which the proxy does not support: it replaces a "
        "token with the stored secret and cannot sign requests. For Amazon Bedrock, store a "
        "Bedrock API key and give the SDK the dashboard's token in AWS_BEARER_TOKEN_BEDROCK. Other "
        "services need a key that is sent with each request.",
    )


def _signed_field(request: RawRequest) -> str | None:
    for name, value in request.headers:
        if len(name) == 13 and name.lower() == "authorization":
            start = value[:10].lower()
            for prefix, signature in _FIELDS:
                if start.startswith(prefix):
                    return signature
    return None


def _signed_query(request: RawRequest) -> str | None:
    return _AWS if request.raw_query and _QUERY.search(request.raw_query) else None
