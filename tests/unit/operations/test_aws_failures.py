"""Failures of boto3 are one sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore import exceptions

from api.operations.aws.session import client, explained, open_session
from api.operations.errors import OperationError


def refused(code: str, message: str = "because") -> exceptions.ClientError:
    return exceptions.ClientError({"Error": {"Code": code, "Message": message}}, "Scan")


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (refused("AccessDeniedException", "no dynamodb:Scan"), r"may not call Scan.*no dynamodb"),
        (refused("UnrecognizedClientException"), "does not accept these credentials"),
        (refused("ExpiredTokenException"), "have expired. Sign in to AWS again"),
        (refused("RequestTimeTooSkewed"), "the clock of this machine is wrong"),
        (refused("ThrottlingException"), "throttles Scan and did not stop"),
        (refused("ResourceNotFoundException", "no table"), "Check the name and the region"),
        (refused("ValidationException", "what"), r"Scan was refused \(ValidationException: what"),
        (exceptions.NoCredentialsError(), "there are no AWS credentials"),
        (exceptions.NoRegionError(), "Add --region"),
        (exceptions.ProfileNotFound(profile="x"), "one of the profiles"),
        (exceptions.UnauthorizedSSOTokenError(), "Run aws sso login"),
        (exceptions.CredentialRetrievalError(provider="p", error_msg="e"), "Check the profile"),
        (exceptions.EndpointConnectionError(endpoint_url="http://x"), "Check the network"),
        (exceptions.ReadTimeoutError(endpoint_url="http://x"), "Check the network"),
    ],
)
def test_a_failure_is_one_sentence(error: Exception, meaning: str) -> None:
    with pytest.raises(OperationError, match=meaning) as raised, explained("Reading it"):
        raise error
    text = str(raised.value)
    assert text.startswith("Reading it failed: ") and text.endswith(".") and "\n" not in text


def test_other_exceptions_pass() -> None:
    with pytest.raises(KeyError), explained("Reading it"):
        raise KeyError("x")


def test_without_credentials_and_region_the_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    with pytest.raises(OperationError, match="Add --region"):
        client(open_session(), "dynamodb")
    with pytest.raises(OperationError, match="one of the profiles"):
        open_session("nobody")
    dynamodb = client(open_session(region="us-east-2"), "dynamodb")
    with pytest.raises(OperationError, match="no AWS credentials"), explained("Reading it"):
        dynamodb.list_tables()
