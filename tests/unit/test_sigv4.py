"""The SigV4 signer against botocore's signer, and against a signing key that AWS publishes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from api.aws.json_client import JsonClient
from api.aws.sigv4 import Credentials, Signer
from api.http.connection import Connection
from api.http.pool import ConnectionPool, TlsContexts
from api.secret import Secret

KEY_ID = "AKIDEXAMPLE"
# The secret of AWS's own examples. It has "/" and "+", which no step may encode.
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "FwoGZXIvYXdzEHIaDExample//////////wEaDK+6cV=="
NOON = 1_440_938_160  # 2015-08-30T12:36:00Z
MIDNIGHT = 1_440_979_200  # the second in which 2015-08-31 begins


def signer(
    token: str | None = None,
    region: str = "us-east-2",
    service: str = "dynamodb",
    host: str = "dynamodb.us-east-2.amazonaws.com",
) -> Signer:
    return Signer(credentials(token), region, service, host)


def credentials(token: str | None = None) -> Credentials:
    return Credentials(KEY_ID, Secret(SECRET), Secret(token) if token else None)


def botocore_authorization(
    headers: Sequence[tuple[str, str]],
    body: bytes,
    *,
    region: str = "us-east-2",
    service: str = "dynamodb",
    url: str = "https://dynamodb.us-east-2.amazonaws.com/",
    token: str | None = None,
) -> str:
    """Return the Authorization field that botocore computes for these header fields."""
    signed_fields = {name: value for name, value in headers if name != "Authorization"}
    request = AWSRequest("POST", url, signed_fields, body)
    request.context["timestamp"] = request.headers["X-Amz-Date"]
    auth = SigV4Auth(BotocoreCredentials(KEY_ID, SECRET, token), service, region)
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    signed = auth.signed_headers(auth.headers_to_sign(request))
    return (
        f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, "
        f"SignedHeaders={signed}, Signature={signature}"
    )


def by_name(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    fields = {name.lower(): value for name, value in headers}
    assert len(fields) == len(headers)
    return fields


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("dynamodb", "DynamoDB_20120810.TransactWriteItems"),
        ("ssm", "AmazonSSM.GetParametersByPath"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [b"{}", b"", '{"S": "caf\N{LATIN SMALL LETTER E WITH ACUTE}"}'.encode(), bytes(range(256))],
)
def test_the_signature_is_botocore_s(
    service: str, target: str, body: bytes, token: str | None
) -> None:
    headers = signer(token, service=service).headers(target, body, NOON)
    expected = botocore_authorization(headers, body, service=service, token=token)
    assert by_name(headers)["authorization"] == expected


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-2", "localhost:8000"),
        ("cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "vpce-0a1b-x.dynamodb.us-gov-west-1.vpce.amazonaws.com"),
        ("eu-central-1", "[::1]:8000"),
        ("eu-central-1", "127.0.0.1:4566"),
    ],
)
def test_the_signature_is_botocore_s_for_other_regions_and_hosts(region: str, host: str) -> None:
    target = "DynamoDB_20120810.GetItem"
    headers = signer(region=region, host=host).headers(target, b"{}", NOON)
    expected = botocore_authorization(headers, b"{}", region=region, url=f"http://{host}/")
    assert by_name(headers)["host"] == host
    assert by_name(headers)["authorization"] == expected


def test_the_signature_changes_with_the_body_the_target_the_second_and_the_secret() -> None:
    one = signer()
    calls = [("A.B", b"{}", NOON), ("A.B", b"[]", NOON), ("A.C", b"{}", NOON), ("A.B", b"{}", 1)]
    made = {by_name(one.headers(*call))["authorization"] for call in calls}
    other = Signer(Credentials(KEY_ID, Secret("other")), "us-east-2", "dynamodb", "localhost")
    made.add(by_name(other.headers(*calls[0]))["authorization"])
    assert len(made) == 5


@pytest.mark.parametrize("seconds", [0, 0.9, 1, 1.5, 59, 86_400])
def test_a_reused_signer_signs_like_a_new_one(seconds: float) -> None:
    used = signer(TOKEN)
    used.headers("DynamoDB_20120810.PutItem", b"[1]", NOON)
    target, body = "DynamoDB_20120810.GetItem", b"[2]"
    headers = used.headers(target, body, NOON + seconds)
    assert headers == signer(TOKEN).headers(target, body, NOON + seconds)
    assert by_name(headers)["authorization"] == botocore_authorization(headers, body, token=TOKEN)


def test_the_signing_key_changes_at_midnight_utc() -> None:
    one = signer()
    for moment, day in ((MIDNIGHT - 0.001, "20150830"), (MIDNIGHT, "20150831")):
        headers = one.headers("DynamoDB_20120810.GetItem", b"{}", moment)
        assert by_name(headers)["x-amz-date"].startswith(f"{day}T")
        assert f"/{day}/us-east-2/" in by_name(headers)["authorization"]
        assert by_name(headers)["authorization"] == botocore_authorization(headers, b"{}")


def test_the_key_is_the_one_that_aws_publishes() -> None:
    # "Example signing key" of https://docs.aws.amazon.com/general/latest/gr/signature-v4-examples.html
    # for SECRET, 2012-02-15, us-east-1 and iam.
    key = bytes.fromhex("f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d")
    now = datetime(2012, 2, 15, tzinfo=UTC).timestamp()
    headers = signer(region="us-east-1", service="iam", host="iam.amazonaws.com").headers(
        "A.B", b"{}", now
    )
    canonical = (
        "POST\n/\n\nhost:iam.amazonaws.com\nx-amz-date:20120215T000000Z\nx-amz-target:A.B\n\n"
        f"host;x-amz-date;x-amz-target\n{hashlib.sha256(b'{}').hexdigest()}"
    )
    to_sign = (
        "AWS4-HMAC-SHA256\n20120215T000000Z\n20120215/us-east-1/iam/aws4_request\n"
        f"{hashlib.sha256(canonical.encode()).hexdigest()}"
    )
    signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    assert by_name(headers)["authorization"].endswith(f"Signature={signature}")


class Sent(Exception):
    """Raised to end a call when its request is recorded."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data


class CapturingConnection(Connection):
    """A connection whose request is not sent."""

    def __init__(self) -> None:
        self.idle_since = 0.0

    def close(self) -> None:
        """Do nothing: no socket is open."""

    def expect(self, method: str, *, upgrades: bool = False) -> None:
        """Do nothing: there is no response."""

    def send(self, data: bytes, *_: object) -> bool:
        raise Sent(data)


class CapturingPool(ConnectionPool):
    """A pool of these connections."""

    def acquire(self, *_: object, **__: object) -> tuple[Connection, bool]:
        return CapturingConnection(), False


@pytest.mark.parametrize("token", [None, "token"])
@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8000/",
        "http://127.0.0.1:8000/shell/../a%2Fb//c?x=1&a=%20b&a=+#part",
        "https://127.0.0.1",
        "https://127.0.0.1:443/",
    ],
)
def test_a_sent_request_has_botocores_signature(endpoint: str, token: str | None) -> None:
    client = JsonClient(
        CapturingPool(TlsContexts()),
        credentials(token),
        service="dynamodb",
        region="us-east-2",
        endpoint=endpoint,
        target="DynamoDB_20120810",
        content_type="application/x-amz-json-1.0",
        patience=1.0,
    )
    with pytest.raises(Sent) as captured:
        client.call("GetItem", {"TableName": "t", "Key": {"PK": {"S": "a  b/?&="}}})
    head, _, body = captured.value.data.partition(b"\r\n\r\n")
    request_line, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = request_line.split(" ")
    fields = by_name([(name, value) for name, _, value in (line.partition(": ") for line in lines)])
    signed = fields["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    expected = botocore_authorization(
        [(name, fields[name]) for name in signed],
        body,
        url=f"{urlsplit(endpoint).scheme}://{fields['host']}{path}",
        token=token,
    )
    assert method == "POST"
    assert {"host", "x-amz-date", "x-amz-target"} <= set(signed)
    assert ("x-amz-security-token" in signed) == (token is not None)
    assert fields["authorization"] == expected
