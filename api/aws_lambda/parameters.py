"""The functions' settings: secrets from SSM Parameter Store, and the limits of the platform."""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import AwsError, JsonClient, ServiceUnavailable
from api.errors import SettingError
from api.http.pool import ConnectionPool, TlsContexts
from api.secret import Secret
from api.settings import Settings, parse_fernet_keys, parse_random_secret
from api.wiring.shared import ssm_client


def load_parameters(settings: Settings, client: JsonClient | None = None) -> Settings:
    """Return the settings with the secrets from SSM, which are read once at cold start (S38).

    Raises SettingError, which names a missing parameter, or why SSM did not return them.
    """
    names = [
        name
        for name in (
            settings.jwt_secret_parameter,
            settings.fernet_keys_parameter,
            settings.invite_code_parameter,
            settings.cdn_secret_parameter,
        )
        if name is not None
    ]
    if not names:
        return settings
    if client is None:
        pool = ConnectionPool(TlsContexts(settings.certificate_authorities))
        client = ssm_client(settings, pool)
    try:
        response = client.call("GetParameters", {"Names": names, "WithDecryption": True})
    except (AwsError, ServiceUnavailable) as error:
        raise _not_read(names, error, settings.region) from None
    values = {entry["Name"]: entry["Value"] for entry in response.get("Parameters", [])}
    missing = [name for name in names if name not in values]
    if missing:
        raise SettingError(
            f"The SSM parameter {missing[0]} is missing in {settings.region}. Run pulumi up "
            "--refresh, which creates it again."
        )
    changes: dict[str, Any] = {}
    if settings.jwt_secret_parameter is not None:
        name = settings.jwt_secret_parameter
        changes["jwt_secret_key"] = parse_random_secret(values[name], name)
    if settings.fernet_keys_parameter is not None:
        name = settings.fernet_keys_parameter
        changes["fernet_keys"] = parse_fernet_keys(values[name], name)
    if settings.invite_code_parameter is not None:
        changes["invite_code"] = Secret(values[settings.invite_code_parameter])
    if settings.cdn_secret_parameter is not None:
        name = settings.cdn_secret_parameter
        changes["cdn_secret"] = parse_random_secret(values[name], name)
    return msgspec.structs.replace(settings, **changes)


def within_streaming_limits(settings: Settings) -> Settings:
    """Return the settings, reduced to the limits of a function URL that streams responses.

    Requests have at most 6 MB, responses 200 MB. Each invocation's deadline limits the
    time of its call.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html.
    """
    return msgspec.structs.replace(
        settings,
        max_request_bytes=min(settings.max_request_bytes, 6 * 1024 * 1024),
        max_response_bytes=200 * 1024 * 1024,
    )


def _not_read(names: list[str], error: AwsError | ServiceUnavailable, region: str) -> SettingError:
    """Return an error that says what happened and what to check, in one line."""
    parameters = ", ".join(names)
    reason = " ".join(str(error).split())
    if isinstance(error, AwsError):
        return SettingError(
            f"SSM Parameter Store refused to return {parameters} ({reason}). Check that the "
            "function's role may call ssm:GetParameters on them: pulumi up --refresh restores its "
            "policy."
        )
    return SettingError(
        f"SSM Parameter Store did not return {parameters} in time ({reason}). Check that the "
        f"function reaches ssm.{region}.amazonaws.com, and that AWS does not throttle the "
        "account's calls of SSM."
    )


def within_platform_limits(settings: Settings) -> Settings:
    """Return the settings, reduced to the limits of Lambda and its gateway.

    The gateway waits at most 30 seconds for a response. Requests and responses have at most 6 MB,
    which is 4.4 MB of a binary response in base64.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
    """
    seconds = min(settings.upstream_timeout, 26.0)
    return msgspec.structs.replace(
        settings,
        upstream_timeout=seconds,
        call_timeout=seconds,
        max_request_bytes=min(settings.max_request_bytes, 6 * 1024 * 1024),
        max_response_bytes=4_400_000,
    )
