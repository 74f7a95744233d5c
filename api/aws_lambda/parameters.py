"""The function's settings: its secrets from SSM Parameter Store, and the limits of the platform."""

from __future__ import annotations

from typing import Any

import msgspec

from api.errors import SettingError
from api.http.pool import ConnectionPool, TlsContexts
from api.secret import Secret
from api.settings import Settings, parse_fernet_keys, parse_random_secret
from api.wiring.shared import ssm_client


def load_parameters(settings: Settings) -> Settings:
    """Return the settings with the secrets from SSM, which are read once at cold start (S38).

    Raises SettingError, which names a missing parameter.
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
    pool = ConnectionPool(TlsContexts(settings.certificate_authorities))
    client = ssm_client(settings, pool)
    response = client.call("GetParameters", {"Names": names, "WithDecryption": True})
    values = {entry["Name"]: entry["Value"] for entry in response.get("Parameters", [])}
    missing = [name for name in names if name not in values]
    if missing:
        raise SettingError(f"The SSM parameter {missing[0]} is missing.")
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


def within_platform_limits(settings: Settings) -> Settings:
    """Return the settings, reduced to the limits of Lambda and its gateway.

    The gateway waits at most 30 seconds for a response. Requests and responses have at most 6 MB,
    which is 4.4 MB of a binary response in base64.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
    """
    return msgspec.structs.replace(
        settings,
        upstream_timeout=min(settings.upstream_timeout, 26.0),
        max_request_bytes=min(settings.max_request_bytes, 6 * 1024 * 1024),
        max_response_bytes=4_400_000,
    )
