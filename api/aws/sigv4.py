"""AWS Signature Version 4 for services with a JSON protocol (DynamoDB, SSM).

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html. botocore's
client takes half a millisecond for a call and 100 ms to import (docs/performance.md), so this
module is a signer without botocore. tests/unit/test_sigv4.py compares it with botocore's.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from api.secret import Secret


class Credentials(msgspec.Struct, frozen=True):
    """AWS credentials. `session_token` is set for temporary ones, such as a Lambda function's."""

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret | None = None


CredentialSource = Callable[[], Credentials]
"""Returns the credentials of now. It is called at most once a second, and must not block."""


class _Moment(msgspec.Struct, frozen=True):
    """The parts that all signatures of one second share."""

    second: int
    stamp: str
    key: bytes
    canonical: str
    signed: str
    to_sign: str
    authorization: str
    token: str | None

    def __repr__(self) -> str:
        return f"_Moment({self.stamp!r})"  # keep the key and a session token out of logs


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


class Signer:
    """Signs POST requests to `/` of one service in one region. Thread-safe.

    The parts that depend only on the time are computed once a second, the signing key once a UTC
    day. Credentials that are renewed come from a CredentialSource.
    """

    def __init__(
        self, credentials: Credentials | CredentialSource, region: str, service: str, host: str
    ) -> None:
        self._credentials = credentials
        self._region = region
        self._service = service
        self._host = host
        self._derived = ("", "", b"")
        self._moment: _Moment | None = None

    def headers(self, target: str, body: bytes, now: float) -> list[tuple[str, str]]:
        """Return the header fields to send with `body`. `now` is in epoch seconds."""
        moment = self._moment
        if moment is None or moment.second != int(now):
            self._moment = moment = self._moment_of(int(now))
        payload = hashlib.sha256(body).hexdigest()
        canonical = f"{moment.canonical}x-amz-target:{target}\n\n{moment.signed}\n{payload}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signature = _mac(moment.key, moment.to_sign + digest).hex()
        headers = [
            ("Host", self._host),
            ("X-Amz-Date", moment.stamp),
            ("X-Amz-Target", target),
            ("Authorization", moment.authorization + signature),
        ]
        if moment.token is not None:
            headers.append(("X-Amz-Security-Token", moment.token))
        return headers

    def _moment_of(self, second: int) -> _Moment:
        source = self._credentials
        credentials = source if isinstance(source, Credentials) else source()
        stamp = datetime.fromtimestamp(second, UTC).strftime("%Y%m%dT%H%M%SZ")
        day = stamp[:8]
        canonical = f"POST\n/\n\nhost:{self._host}\nx-amz-date:{stamp}\n"
        signed = "host;x-amz-date"
        secret_token = credentials.session_token
        token = secret_token.reveal() if secret_token is not None else None
        if token is not None:
            canonical += f"x-amz-security-token:{token}\n"
            signed += ";x-amz-security-token"
        signed += ";x-amz-target"
        scope = f"{day}/{self._region}/{self._service}/aws4_request"
        return _Moment(
            second=second,
            stamp=stamp,
            key=self._key_of(day, credentials.secret_access_key.reveal()),
            canonical=canonical,
            signed=signed,
            to_sign=f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n",
            authorization=f"AWS4-HMAC-SHA256 Credential={credentials.access_key_id}/{scope}, "
            f"SignedHeaders={signed}, Signature=",
            token=token,
        )

    def _key_of(self, day: str, secret: str) -> bytes:
        *known, key = self._derived
        if known != [day, secret]:
            start = b"AWS4" + secret.encode()
            key = _mac(_mac(_mac(_mac(start, day), self._region), self._service), "aws4_request")
            self._derived = (day, secret, key)
        return key
