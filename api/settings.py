"""Read the server's settings from the environment. No other module reads it.

Every value is checked here, so that an invalid or missing setting is reported by name before
anything starts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import msgspec

from api.aws.sigv4 import Credentials
from api.errors import SettingError
from api.schemas.fields import API_NAME, SignUp
from api.secret import Secret
from api.setting_reader import SettingReader

REPOSITORY = Path(__file__).resolve().parent.parent
_MIN_SECRET_BYTES = 32
_FERNET_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
_TABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings. Durations are in seconds, sizes in bytes."""

    host: str = "127.0.0.1"
    port: int = 8420
    api_ports: dict[str, int] = {}
    data: Path = REPOSITORY / "data"
    workers: int = 2
    threads: int = 64
    public_url: str | None = None
    allowed_upstreams: frozenset[str] = frozenset()
    certificate_authorities: str | None = None
    providers_file: str | None = None
    pages: Path | None = None
    sign_up: SignUp = "open"
    invite_code: Secret | None = None
    table_name: str = "api-dashboard"
    dynamodb_endpoint: str | None = None
    region: str = "us-east-2"
    credentials: Credentials | None = None
    jwt_secret_key: Secret | None = None
    fernet_keys: tuple[Secret, ...] = ()
    jwt_secret_parameter: str | None = None
    fernet_keys_parameter: str | None = None
    invite_code_parameter: str | None = None
    cdn_secret: Secret | None = None
    cdn_secret_parameter: str | None = None
    ssm_endpoint: str | None = None
    request_log_days: int = 14
    upstream_timeout: float = 60.0
    stream_timeout: float = 3600.0
    max_request_bytes: int = 100 * 1024 * 1024
    max_response_bytes: int | None = None
    scheduled_checks: bool = True


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in `environ`, by default the process's environment.

    Raises SettingError, which names the setting.
    """
    source = os.environ if environ is None else environ
    deployed = on_lambda(source)
    read = SettingReader(source)
    jwt_secret, fernet_keys = read.stripped("JWT_SECRET_KEY"), read.stripped("FERNET_KEYS")
    settings = Settings(
        host=read.text("API_DASHBOARD_HOST", "127.0.0.1"),
        port=read.integer("API_DASHBOARD_PORT", 8420, 1, 65535),
        api_ports=_api_ports(read, deployed),
        data=Path(read.text("API_DASHBOARD_DATA", str(REPOSITORY / "data"))).expanduser(),
        workers=read.integer("API_DASHBOARD_WORKERS", max(2, min(4, os.cpu_count() or 2)), 1, 64),
        threads=read.integer("API_DASHBOARD_THREADS", 64, 2, 1000),
        public_url=read.url("API_DASHBOARD_PUBLIC_URL"),
        allowed_upstreams=_allowed_upstreams(read, deployed),
        certificate_authorities=read.file("API_DASHBOARD_CA_FILE"),
        providers_file=read.file("API_DASHBOARD_PROVIDERS"),
        pages=_pages(read, deployed),
        sign_up=_sign_up(read),
        invite_code=read.secret("API_DASHBOARD_INVITE_CODE", 8),
        table_name=_table_name(read),
        dynamodb_endpoint=read.url("AWS_ENDPOINT_URL_DYNAMODB"),
        region=read.text("AWS_REGION", read.optional("AWS_DEFAULT_REGION") or "us-east-2"),
        credentials=_credentials(read),
        jwt_secret_key=parse_random_secret(jwt_secret) if jwt_secret else None,
        fernet_keys=parse_fernet_keys(fernet_keys) if fernet_keys else (),
        jwt_secret_parameter=read.optional("JWT_SECRET_PARAMETER"),
        fernet_keys_parameter=read.optional("FERNET_KEYS_PARAMETER"),
        invite_code_parameter=read.optional("INVITE_CODE_PARAMETER"),
        cdn_secret_parameter=read.optional("CDN_SECRET_PARAMETER"),
        ssm_endpoint=read.url("AWS_ENDPOINT_URL_SSM"),
        request_log_days=read.integer("API_DASHBOARD_REQUEST_LOG_DAYS", 14, 1, 365),
        upstream_timeout=read.number("API_DASHBOARD_UPSTREAM_TIMEOUT", 60.0, 1.0, 3600.0),
        stream_timeout=read.number("API_DASHBOARD_STREAM_TIMEOUT", 3600.0, 1.0, 86_400.0),
        max_request_bytes=read.integer(
            "API_DASHBOARD_MAX_REQUEST_BYTES",
            100 * 1024 * 1024,
            1024,
            1 << 40,
        ),
        # On AWS, checks run only if the stack has a schedule for them.
        scheduled_checks=read.switch("API_DASHBOARD_SCHEDULED_CHECKS", not deployed),
    )
    if settings.port in settings.api_ports.values():
        raise SettingError("API_DASHBOARD_API_PORTS contains the port of API_DASHBOARD_PORT.")
    if settings.sign_up == "invite" and not (
        settings.invite_code or settings.invite_code_parameter
    ):
        raise SettingError("API_DASHBOARD_INVITE_CODE must be set for sign-up by invite.")
    return settings


def on_lambda(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether this process is a Lambda function."""
    return "AWS_LAMBDA_FUNCTION_NAME" in (os.environ if environ is None else environ)


def require_secrets(settings: Settings) -> tuple[Secret, tuple[Secret, ...]]:
    """Return the signing secret and the encryption keys; neither has a default (S18)."""
    if settings.jwt_secret_key is None:
        raise SettingError("JWT_SECRET_KEY is missing: set it to at least 32 random bytes.")
    if not settings.fernet_keys:
        raise SettingError("FERNET_KEYS is missing: set it to one or more Fernet keys.")
    return settings.jwt_secret_key, settings.fernet_keys


def parse_random_secret(text: str, name: str = "JWT_SECRET_KEY") -> Secret:
    """Parse a random secret of at least 256 bits. Raises SettingError."""
    if len(text.encode()) < _MIN_SECRET_BYTES or len(set(text)) < 10:
        raise SettingError(
            f"{name} is too weak: it must be at least {_MIN_SECRET_BYTES} random bytes "
            "(for example, the output of `openssl rand -hex 32`)."
        )
    return Secret(text)


def parse_fernet_keys(text: str, name: str = "FERNET_KEYS") -> tuple[Secret, ...]:
    """Parse Fernet keys, separated by commas, newest first. Raises SettingError."""
    keys = []
    for position, part in enumerate(text.split(","), start=1):
        candidate = part.strip()
        if not _FERNET_KEY.fullmatch(candidate):
            raise SettingError(
                f"{name} is not valid at position {position}: a key is 32 bytes in URL-safe base64 "
                "(44 characters); the newest comes first, and commas separate them."
            )
        keys.append(Secret(candidate))
    if len({key.reveal() for key in keys}) != len(keys):
        raise SettingError(f"{name} contains the same key twice.")
    return tuple(keys)


def _pages(read: SettingReader, deployed: bool) -> Path | None:
    value = read.text("API_DASHBOARD_PAGES", "")
    if not value:
        return None
    if deployed:
        raise SettingError(
            "API_DASHBOARD_PAGES is for one machine only and must not be set in a deployed "
            "configuration, where the bucket contains the pages."
        )
    folder = Path(value).expanduser()
    if not (folder / "index.html").is_file():
        raise SettingError(
            "API_DASHBOARD_PAGES must be the folder of the built dashboard: it has no index.html."
        )
    return folder


def _sign_up(read: SettingReader) -> SignUp:
    value = read.stripped("API_DASHBOARD_SIGN_UP") or "open"
    for mode in get_args(SignUp):
        if value == mode:
            return mode  # type: ignore[no-any-return]
    raise SettingError("API_DASHBOARD_SIGN_UP must be open, invite or closed.")


def _table_name(read: SettingReader) -> str:
    value = read.text("DYNAMODB_TABLE", "api-dashboard")
    if not _TABLE_NAME.fullmatch(value):
        raise SettingError("DYNAMODB_TABLE must be 3 to 255 letters, digits, '_', '.' or '-'.")
    return value


def _api_ports(read: SettingReader, deployed: bool) -> dict[str, int]:
    name = "API_DASHBOARD_API_PORTS"
    value = read.stripped(name)
    if not value:
        return {}
    if deployed:
        raise SettingError(
            f"{name} is for one machine only and must not be set in a deployed configuration."
        )
    ports: dict[str, int] = {}
    for entry in value.split(","):
        api_name, _, port = entry.strip().partition(":")
        if not (re.fullmatch(API_NAME, api_name) and re.fullmatch("[1-9][0-9]{0,4}", port)):
            raise SettingError(f"{name} must contain API names with ports, such as stripe:8421.")
        if int(port) > 65535 or api_name in ports or int(port) in ports.values():
            raise SettingError(f"{name} contains a port above 65535, or an API or a port twice.")
        ports[api_name] = int(port)
    return ports


def _allowed_upstreams(read: SettingReader, deployed: bool) -> frozenset[str]:
    value = read.stripped("API_DASHBOARD_ALLOWED_UPSTREAMS")
    if not value:
        return frozenset()
    if deployed:
        raise SettingError(
            "API_DASHBOARD_ALLOWED_UPSTREAMS is for development on one machine only and must "
            "not be set in a deployed configuration."
        )
    from api.upstream.base_url import InvalidBaseUrl, parse_allowed

    try:
        return parse_allowed(value)
    except InvalidBaseUrl as error:
        raise SettingError(f"API_DASHBOARD_ALLOWED_UPSTREAMS is not valid: {error}") from error


def _credentials(read: SettingReader) -> Credentials | None:
    key_id = read.optional("AWS_ACCESS_KEY_ID")
    secret = read.optional("AWS_SECRET_ACCESS_KEY")
    if not key_id or not secret:
        return None
    token = read.optional("AWS_SESSION_TOKEN")
    return Credentials(key_id, Secret(secret), Secret(token) if token else None)
