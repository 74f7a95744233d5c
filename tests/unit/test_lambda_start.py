"""The function's start: what SSM Parameter Store can do wrong is named in one line."""

from __future__ import annotations

from typing import Any, cast

import pytest

from api.aws.json_client import AwsError, JsonClient, ServiceUnavailable
from api.aws_lambda.parameters import load_parameters
from api.errors import SettingError
from api.settings import Settings

SETTINGS = Settings(
    region="eu-central-1",
    jwt_secret_parameter="/stack/jwt-secret",
    fernet_keys_parameter="/stack/fernet-keys",
)
DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/stack/stack is not authorized to perform: "
    "ssm:GetParameters on resource: "
    "arn:aws:ssm:eu-central-1:123456789012:parameter/stack/jwt-secret"
)


class Ssm:
    """An SSM that answers every call in one way."""

    def __init__(self, answer: Exception | dict[str, Any]) -> None:
        self._answer = answer

    def call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Return or raise the answer."""
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            ServiceUnavailable("ConnectTimeout"),
            ["did not return", "ConnectTimeout", "reaches ssm."],
        ),
        (
            ServiceUnavailable("ThrottlingException: Rate exceeded"),
            ["did not return", "ThrottlingException: Rate exceeded", "throttle"],
        ),
        (AwsError("AccessDeniedException", DENIED, {}), ["refused", DENIED, "function's role"]),
        (
            AwsError("InvalidKeyId", "the key\nis disabled", {}),
            ["refused", "InvalidKeyId: the key is disabled", "pulumi up"],
        ),
    ],
)
def test_s38_an_ssm_that_returns_nothing_is_named_with_the_parameters_and_what_to_check(
    answer: Exception, said: list[str]
) -> None:
    with pytest.raises(SettingError) as refused:
        load_parameters(SETTINGS, cast(JsonClient, Ssm(answer)))
    message = str(refused.value)
    assert "\n" not in message and message.endswith(".")
    for part in ["SSM Parameter Store", "/stack/jwt-secret, /stack/fernet-keys", *said]:
        assert part in message
    # Lambda logs the whole chain of exceptions.
    assert refused.value.__suppress_context__


def test_s38_a_missing_parameter_is_named_with_its_region() -> None:
    found = {"Parameters": [{"Name": "/stack/jwt-secret", "Value": "0" * 64}]}
    with pytest.raises(SettingError, match=r"/stack/fernet-keys is missing in eu-central-1\. Run"):
        load_parameters(SETTINGS, cast(JsonClient, Ssm(found)))
