"""The server's settings: the only module that reads the environment.

Every value is checked here; a wrong or missing one is refused by name before anything starts.
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

REPOSITORY = Path(__file__).resolve().parent.parent
_MIN_SECRET_BYTES = 32
_FERNET_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
_SLUG = re.compile(r"[A-Za-z0-9_.-]{3,255}")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, typed. Durations are in seconds, sizes in bytes."""

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
    """The settings in `environ` (default: the process's). Raises SettingError naming the
    setting.
    """
    source = os.environ if environ is None else environ
    deployed = on_lambda(source)
    read = _Reader(source)
    settings = Settings(
        host=read.text("API_DASHBOARD_HOST", "127.0.0.1"),
        port=read.integer("API_DASHBOARD_PORT", 8420, 1, 65535),
        api_ports=read.api_ports(deployed),
        data=Path(read.text("API_DASHBOARD_DATA", str(REPOSITORY / "data"))).expanduser(),
        workers=read.integer("API_DASHBOARD_WORKERS", max(2, min(4, os.cpu_count() or 2)), 1, 64),
        threads=read.integer("API_DASHBOARD_THREADS", 64, 2, 1000),
        public_url=read.url("API_DASHBOARD_PUBLIC_URL"),
        allowed_upstreams=read.allowed_upstreams(deployed),
        certificate_authorities=read.file("API_DASHBOARD_CA_FILE"),
        providers_file=read.file("API_DASHBOARD_PROVIDERS"),
        pages=read.pages(deployed),
        sign_up=read.sign_up(),
        invite_code=read.secret("API_DASHBOARD_INVITE_CODE", 8),
        table_name=read.table_name(),
        dynamodb_endpoint=read.url("AWS_ENDPOINT_URL_DYNAMODB"),
        region=read.text("AWS_REGION", source.get("AWS_DEFAULT_REGION") or "us-east-2"),
        credentials=read.credentials(),
        jwt_secret_key=read.jwt_secret(),
        fernet_keys=read.fernet_keys(),
        jwt_secret_parameter=source.get("JWT_SECRET_PARAMETER") or None,
        fernet_keys_parameter=source.get("FERNET_KEYS_PARAMETER") or None,
        invite_code_parameter=source.get("INVITE_CODE_PARAMETER") or None,
        cdn_secret_parameter=source.get("CDN_SECRET_PARAMETER") or None,
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
        # On AWS nothing runs between calls unless the stack has something that says to look.
        scheduled_checks=read.switch("API_DASHBOARD_SCHEDULED_CHECKS", not deployed),
    )
    if settings.port in settings.api_ports.values():
        raise SettingError("API_DASHBOARD_API_PORTS names the port of API_DASHBOARD_PORT.")
    if settings.sign_up == "invite" and not (
        settings.invite_code or settings.invite_code_parameter
    ):
        raise SettingError("API_DASHBOARD_INVITE_CODE must be set when sign-up is by invite.")
    return settings


def on_lambda(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether this process is a Lambda function."""
    return "AWS_LAMBDA_FUNCTION_NAME" in (os.environ if environ is None else environ)


def require_secrets(settings: Settings) -> tuple[Secret, tuple[Secret, ...]]:
    """The signing secret and the encryption keys; there is no default for either (S18)."""
    if settings.jwt_secret_key is None:
        raise SettingError("JWT_SECRET_KEY is missing: set it to at least 32 random bytes.")
    if not settings.fernet_keys:
        raise SettingError("FERNET_KEYS is missing: set it to one or more Fernet keys.")
    return settings.jwt_secret_key, settings.fernet_keys


def parse_random_secret(text: str, name: str = "JWT_SECRET_KEY") -> Secret:
    """A random secret of at least 256 bits. Raises SettingError."""
    if len(text.encode()) < _MIN_SECRET_BYTES or len(set(text)) < 10:
        raise SettingError(
            f"{name} is too weak: it must be at least {_MIN_SECRET_BYTES} random bytes "
            "(for instance the output of `openssl rand -hex 32`)."
        )
    return Secret(text)


def parse_fernet_keys(text: str, name: str = "FERNET_KEYS") -> tuple[Secret, ...]:
    """Comma-separated Fernet keys, newest first. Raises SettingError."""
    keys = []
    for position, part in enumerate(text.split(","), start=1):
        candidate = part.strip()
        if not _FERNET_KEY.fullmatch(candidate):
            raise SettingError(
                f"{name} is wrong at position {position}: each key is 32 bytes in URL-safe base64 "
                "(44 characters), the newest first, separated by commas."
            )
        keys.append(Secret(candidate))
    if len({key.reveal() for key in keys}) != len(keys):
        raise SettingError(f"{name} names the same key twice.")
    return tuple(keys)


class _Reader:
    def __init__(self, source: Mapping[str, str]) -> None:
        self._source = source

    def text(self, name: str, default: str) -> str:
        value = self._source.get(name, "").strip()
        if any(ord(character) < 32 for character in value):
            raise SettingError(f"{name} must not hold control characters.")
        return value or default

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self._source.get(name, "").strip()
        if not value:
            return default
        if not (value.isascii() and value.isdigit()) or not low <= int(value) <= high:
            raise SettingError(f"{name} must be a whole number from {low} to {high}.")
        return int(value)

    def switch(self, name: str, default: bool) -> bool:
        value = self.text(name, "true" if default else "false")
        if value not in ("true", "false"):
            raise SettingError(f"{name} must be true or false.")
        return value == "true"

    def number(self, name: str, default: float, low: float, high: float) -> float:
        value = self._source.get(name, "").strip()
        if not value:
            return default
        try:
            parsed = float(value)
        except ValueError:
            parsed = -1.0
        if not low <= parsed <= high:
            raise SettingError(f"{name} must be a number from {low:g} to {high:g}.")
        return parsed

    def url(self, name: str) -> str | None:
        value = self._source.get(name, "").strip().rstrip("/")
        if not value:
            return None
        if not re.fullmatch(r"https?://[A-Za-z0-9._\[\]:-]+(/[A-Za-z0-9._~/-]*)?", value):
            raise SettingError(f"{name} must be an address such as http://127.0.0.1:8000.")
        return value

    def file(self, name: str) -> str | None:
        value = self._source.get(name, "").strip()
        if value and not os.path.isfile(value):
            raise SettingError(f"{name} names a file that is not there.")
        return value or None

    def pages(self, deployed: bool) -> Path | None:
        value = self.text("API_DASHBOARD_PAGES", "")
        if not value:
            return None
        if deployed:
            raise SettingError(
                "API_DASHBOARD_PAGES is for one machine only and must not be set in a deployed "
                "configuration: there the bucket holds the pages."
            )
        folder = Path(value).expanduser()
        if not (folder / "index.html").is_file():
            raise SettingError(
                "API_DASHBOARD_PAGES must name the folder of the built dashboard: it has no "
                "index.html."
            )
        return folder

    def secret(self, name: str, minimum: int) -> Secret | None:
        value = self._source.get(name, "").strip()
        if value and len(value) < minimum:
            raise SettingError(f"{name} must have at least {minimum} characters.")
        return Secret(value) if value else None

    def sign_up(self) -> SignUp:
        value = self._source.get("API_DASHBOARD_SIGN_UP", "").strip() or "open"
        for mode in get_args(SignUp):
            if value == mode:
                return mode  # type: ignore[no-any-return]
        raise SettingError("API_DASHBOARD_SIGN_UP must be open, invite or closed.")

    def table_name(self) -> str:
        value = self.text("DYNAMODB_TABLE", "api-dashboard")
        if not _SLUG.fullmatch(value):
            raise SettingError("DYNAMODB_TABLE must be 3 to 255 letters, digits, '_', '.' or '-'.")
        return value

    def api_ports(self, deployed: bool) -> dict[str, int]:
        name = "API_DASHBOARD_API_PORTS"
        value = self._source.get(name, "").strip()
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
                raise SettingError(f"{name} must be API names with ports, such as stripe:8421.")
            if int(port) > 65535 or api_name in ports or int(port) in ports.values():
                raise SettingError(f"{name} names a port above 65535, or an API or port twice.")
            ports[api_name] = int(port)
        return ports

    def allowed_upstreams(self, deployed: bool) -> frozenset[str]:
        value = self._source.get("API_DASHBOARD_ALLOWED_UPSTREAMS", "").strip()
        if not value:
            return frozenset()
        if deployed:
            raise SettingError(
                "API_DASHBOARD_ALLOWED_UPSTREAMS is for development on one machine only and must "
                "not be set in a deployed configuration."
            )
        from api.upstream.target import InvalidBaseUrl, parse_allowed

        try:
            return parse_allowed(value)
        except InvalidBaseUrl as error:
            raise SettingError(f"API_DASHBOARD_ALLOWED_UPSTREAMS is wrong: {error}") from error

    def credentials(self) -> Credentials | None:
        key_id = self._source.get("AWS_ACCESS_KEY_ID", "")
        secret = self._source.get("AWS_SECRET_ACCESS_KEY", "")
        if not key_id or not secret:
            return None
        token = self._source.get("AWS_SESSION_TOKEN", "")
        return Credentials(key_id, Secret(secret), Secret(token) if token else None)

    def jwt_secret(self) -> Secret | None:
        value = self._source.get("JWT_SECRET_KEY", "").strip()
        return parse_random_secret(value) if value else None

    def fernet_keys(self) -> tuple[Secret, ...]:
        value = self._source.get("FERNET_KEYS", "").strip()
        return parse_fernet_keys(value) if value else ()
