"""The Lambda function: its secrets in SSM, and what a cold start loads."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest
from cryptography.fernet import Fernet

from api.aws_lambda.handler import make_handler
from api.aws_lambda.parameters import load_parameters
from api.errors import SettingError
from api.settings import read_settings
from tests.support.accounts import Account, problem
from tests.support.clients import LambdaClient, event
from tests.support.engines import moto, new_table, patient_client
from tests.support.logged import logged
from tests.support.products import keep
from tests.support.upstream import Place

JWT_SECRET = secrets.token_hex(32)
CDN_SECRET = secrets.token_hex(32)
FERNET_KEYS = f"{Fernet.generate_key().decode()},{Fernet.generate_key().decode()}"
PARAMETERS = ("JWT_SECRET_PARAMETER", "FERNET_KEYS_PARAMETER", "CDN_SECRET_PARAMETER")


@pytest.fixture(scope="module")
def deployed(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment of a deployed function: names of SSM parameters instead of secrets."""
    plain = {
        name: value
        for name, value in environment.items()
        if name not in ("JWT_SECRET_KEY", "FERNET_KEYS")
    }
    table = f"function-{secrets.token_hex(4)}"
    keep(new_table(environment["AWS_ENDPOINT_URL_DYNAMODB"], table))
    with moto() as endpoint:
        made = {
            **plain,
            "DYNAMODB_TABLE": table,
            "AWS_ENDPOINT_URL_SSM": endpoint,
            "JWT_SECRET_PARAMETER": "/stack/jwt-secret",
            "FERNET_KEYS_PARAMETER": "/stack/fernet-keys",
            "CDN_SECRET_PARAMETER": "/stack/cdn-secret",
        }
        client = patient_client(endpoint, "ssm", "AmazonSSM", "1.1")
        keep(client)
        for name, value in (
            ("jwt-secret", JWT_SECRET),
            ("fernet-keys", FERNET_KEYS),
            ("cdn-secret", CDN_SECRET),
        ):
            client.call(
                "PutParameter",
                {"Name": f"/stack/{name}", "Value": value, "Type": "SecureString"},
            )
        client.call(
            "PutParameter", {"Name": "/stack/weak", "Value": "short", "Type": "SecureString"}
        )
        yield made


def test_s38_the_secrets_are_read_from_ssm_at_run_time(deployed: dict[str, str]) -> None:
    settings = load_parameters(read_settings(deployed))
    assert settings.jwt_secret_key is not None
    assert settings.jwt_secret_key.reveal() == JWT_SECRET
    assert ",".join(key.reveal() for key in settings.fernet_keys) == FERNET_KEYS
    assert settings.cdn_secret is not None
    assert settings.cdn_secret.reveal() == CDN_SECRET


def test_a_handler_with_secrets_from_ssm_serves_events(deployed: dict[str, str]) -> None:
    handler = make_handler(read_settings(deployed))
    keep(handler)
    account = Account(LambdaClient(handler))
    assert account.call("GET", "/api/me").json["username"] == account.username


def test_a_handler_with_wrong_encryption_keys_refuses_the_api(deployed: dict[str, str]) -> None:
    right = make_handler(read_settings(deployed))
    assert LambdaClient(right).call("GET", "/api/status").status == 200
    others = {**deployed, "FERNET_KEYS": Fernet.generate_key().decode()}
    del others["FERNET_KEYS_PARAMETER"]
    with logged() as events:
        wrong = make_handler(read_settings(others))
        keep(right, wrong)
        for method in ("GET", "POST"):
            answer = LambdaClient(wrong).call(method, "/api/keys")
            assert "FERNET_KEYS" in problem(answer, 500, "encryption_keys_wrong")["detail"]
    (event,) = [event for event in events() if event["event"] == "encryption_keys_wrong"]
    assert event["level"] == "error" and "FERNET_KEYS" in event["reason"]


COLD_START = """
import json, sys
from api.aws_lambda.handler import handler
statuses = [handler(event, None)["statusCode"] for event in json.load(sys.stdin)]
watched = {
    "api.operations", "boto3", "flask", "flask_jwt_extended", "jwt",
    "OpenSSL", "api.notifications", "api.services.second_factor", "cbor2", "pyotp", "segno",
    "webauthn",
}
loaded = sorted(watched & set(sys.modules))
print(json.dumps({"statuses": statuses, "loaded": loaded}))
"""


@pytest.mark.parametrize(("kind", "loaded"), [("token", []), ("session", ["jwt"])])
def test_a_proxied_call_does_not_load_flask(
    environment: dict[str, str],
    function: LambdaClient,
    place: Place,
    kind: str,
    loaded: list[str],
) -> None:
    account = Account(function)
    account.key(place)
    credential = account.token() if kind == "token" else account.access
    headers = [("Authorization", f"Bearer {credential}")]
    run = subprocess.run(
        [sys.executable, "-c", COLD_START],
        input=json.dumps([event("GET", "/proxy/test/v1/x", headers, None)]),
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(run.stdout) == {"statuses": [200], "loaded": loaded}


@pytest.mark.parametrize("setting", PARAMETERS)
def test_s18_a_missing_parameter_is_rejected_by_name(
    deployed: dict[str, str], setting: str
) -> None:
    with pytest.raises(SettingError, match=r"The SSM parameter /stack/nowhere is missing"):
        load_parameters(read_settings({**deployed, setting: "/stack/nowhere"}))


@pytest.mark.parametrize("setting", PARAMETERS)
def test_s18_a_weak_parameter_is_rejected_by_name(deployed: dict[str, str], setting: str) -> None:
    with pytest.raises(SettingError, match=r"^/stack/weak "):
        load_parameters(read_settings({**deployed, setting: "/stack/weak"}))


def test_s18_without_a_secret_no_handler_is_built(deployed: dict[str, str]) -> None:
    settings = read_settings(deployed)
    bare = msgspec.structs.replace(settings, jwt_secret_parameter=None)
    with pytest.raises(SettingError, match="JWT_SECRET_KEY is missing"):
        make_handler(bare)
