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
from urllib.parse import urlsplit

import msgspec

from api.aws.sigv4 import Credentials, CredentialSource
from api.errors import SettingError
from api.mail_settings import MailSettings, read_mail_settings
from api.schemas.fields import API_NAME, SignUp
from api.secret import Secret
from api.setting_reader import SettingReader

REPOSITORY = Path(__file__).resolve().parent.parent
_MIN_SECRET_BYTES = 32
# The last character has only four bits of the key. Other characters with the same four bits are a
# typing error.
_FERNET_KEY = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]=")
_RECIPIENT = r"apdp_[a-z2-7]{58}"
_TABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")


class BackupSchedule(msgspec.Struct, frozen=True):
    """Backups that the server of one machine makes: to `folder`, every `hours`, the newest `keep`
    of them, encrypted to `recipient`, the public part of a recovery key.
    """

    folder: Path
    hours: int
    keep: int
    recipient: str


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings. Durations are in seconds, sizes in bytes.

    `call_timeout` is the time for a whole upstream call, None for no limit. `closed` says why the
    installation is closed for writes, empty if it is open.
    """

    host: str = "127.0.0.1"
    port: int = 8420
    api_ports: dict[str, int] = {}
    hosts: frozenset[str] = frozenset()
    data: Path = REPOSITORY / "data"
    workers: int = 2
    threads: int = 64
    public_url: str | None = None
    proxy_url: str | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None
    allowed_upstreams: frozenset[str] = frozenset()
    certificate_authorities: str | None = None
    providers_file: str | None = None
    pages: Path | None = None
    sign_up: SignUp = "open"
    invite_code: Secret | None = None
    table_name: str = "api-dashboard"
    dynamodb_endpoint: str | None = None
    region: str = "us-east-2"
    credentials: Credentials | CredentialSource | None = None
    jwt_secret_key: Secret | None = None
    fernet_keys: tuple[Secret, ...] = ()
    jwt_secret_parameter: str | None = None
    fernet_keys_parameter: str | None = None
    invite_code_parameter: str | None = None
    cdn_secret: Secret | None = None
    cdn_secret_parameter: str | None = None
    ssm_endpoint: str | None = None
    mail: MailSettings | None = None
    request_log_days: int = 14
    audit_days: int = 365
    require_second_factor: bool = False
    upstream_timeout: float = 600.0
    connect_timeout: float = 10.0
    send_timeout: float = 600.0
    first_byte_timeout: float = 600.0
    idle_timeout: float = 600.0
    stream_timeout: float = 3600.0
    call_timeout: float | None = None
    max_calls_per_api: int = 5000
    max_calls_per_token: int = 5000
    websocket_timeout: float = 86_400.0
    websocket_idle_timeout: float = 600.0
    stop_timeout: int = 30
    max_request_bytes: int = 100 * 1024 * 1024
    max_response_bytes: int | None = None
    scheduled_checks: bool = True
    backups: BackupSchedule | None = None
    proxy_memory: int | None = None
    max_keys: int = 1000
    max_tokens: int = 1000
    max_sessions: int = 200
    max_accounts_per_day: int = 1000
    closed: str = ""

    @property
    def has_local_database(self) -> bool:
        """Whether the database is on this machine. It carries out writes one after another."""
        host = urlsplit(self.dynamodb_endpoint or "").hostname
        return host in ("127.0.0.1", "::1", "localhost")


def read_settings(
    environ: Mapping[str, str] | None = None, *, upstream_timeout: float = 600.0
) -> Settings:
    """Return the settings in `environ`, by default the process's environment.

    `upstream_timeout` is the default of that setting, in seconds. 600 is as long as the official
    SDKs of OpenAI and Anthropic wait, for the response and within it.

    Raises SettingError, which names the setting.
    """
    source = os.environ if environ is None else environ
    deployed = on_lambda(source)
    read = SettingReader(source)
    jwt_secret, fernet_keys = read.stripped("JWT_SECRET_KEY"), read.stripped("FERNET_KEYS")
    upstream_timeout = _seconds(read, "API_DASHBOARD_UPSTREAM_TIMEOUT", upstream_timeout)
    settings = Settings(
        host=read.text("API_DASHBOARD_HOST", "127.0.0.1"),
        port=read.integer("API_DASHBOARD_PORT", 8420, 1, 65535),
        api_ports=_api_ports(read, deployed),
        hosts=read.host_names("API_DASHBOARD_HOSTS"),
        data=Path(read.text("API_DASHBOARD_DATA", str(REPOSITORY / "data"))).expanduser(),
        workers=read.integer("API_DASHBOARD_WORKERS", max(2, min(4, os.cpu_count() or 2)), 1, 64),
        threads=read.integer("API_DASHBOARD_THREADS", 64, 2, 1000),  # no longer used
        public_url=read.url("API_DASHBOARD_PUBLIC_URL"),
        proxy_url=read.url("API_DASHBOARD_PROXY_URL"),
        tls_certificate=read.file("API_DASHBOARD_TLS_CERTIFICATE"),
        tls_key=read.file("API_DASHBOARD_TLS_KEY"),
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
        mail=read_mail_settings(read, deployed),
        request_log_days=read.integer("API_DASHBOARD_REQUEST_LOG_DAYS", 14, 1, 365),
        audit_days=read.integer("API_DASHBOARD_AUDIT_DAYS", 365, 1, 3650),
        require_second_factor=read.switch("API_DASHBOARD_REQUIRE_SECOND_FACTOR", False),
        upstream_timeout=upstream_timeout,
        connect_timeout=_seconds(
            read, "API_DASHBOARD_CONNECT_TIMEOUT", min(10.0, upstream_timeout)
        ),
        send_timeout=_seconds(read, "API_DASHBOARD_SEND_TIMEOUT", upstream_timeout),
        first_byte_timeout=_seconds(read, "API_DASHBOARD_FIRST_BYTE_TIMEOUT", upstream_timeout),
        idle_timeout=_seconds(read, "API_DASHBOARD_IDLE_TIMEOUT", upstream_timeout),
        stream_timeout=_seconds(read, "API_DASHBOARD_STREAM_TIMEOUT", 3600.0, 86_400.0),
        max_calls_per_api=read.integer("API_DASHBOARD_MAX_CALLS_PER_API", 5000, 0, 1_000_000),
        max_calls_per_token=read.integer("API_DASHBOARD_MAX_CALLS_PER_TOKEN", 5000, 0, 1_000_000),
        websocket_timeout=read.number(
            "API_DASHBOARD_WEBSOCKET_TIMEOUT", 86_400.0, 1.0, 30 * 86_400.0
        ),
        websocket_idle_timeout=read.number(
            "API_DASHBOARD_WEBSOCKET_IDLE_TIMEOUT", 600.0, 1.0, 86_400.0
        ),
        stop_timeout=read.integer("API_DASHBOARD_STOP_TIMEOUT", 30, 1, 3600),
        max_request_bytes=read.integer(
            "API_DASHBOARD_MAX_REQUEST_BYTES",
            100 * 1024 * 1024,
            1024,
            1 << 40,
        ),
        max_keys=read.integer("API_DASHBOARD_MAX_KEYS", 1000, 0, 1_000_000),
        max_tokens=read.integer("API_DASHBOARD_MAX_TOKENS", 1000, 0, 1_000_000),
        max_sessions=read.integer("API_DASHBOARD_MAX_SESSIONS", 200, 0, 10_000),
        max_accounts_per_day=read.integer("API_DASHBOARD_MAX_ACCOUNTS_PER_DAY", 1000, 0, 1_000_000),
        # On AWS, checks run only if the stack has a schedule for them.
        scheduled_checks=read.switch("API_DASHBOARD_SCHEDULED_CHECKS", not deployed),
        proxy_memory=_proxy_memory(read, deployed),
        backups=_backups(read, deployed),
        closed=read.text("API_DASHBOARD_CLOSED", ""),
    )
    if settings.port in settings.api_ports.values():
        raise SettingError("API_DASHBOARD_API_PORTS contains the port of API_DASHBOARD_PORT.")
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise SettingError(
            "API_DASHBOARD_TLS_CERTIFICATE and API_DASHBOARD_TLS_KEY must be set together."
        )
    if settings.sign_up == "invite" and not (
        settings.invite_code or settings.invite_code_parameter
    ):
        raise SettingError("API_DASHBOARD_INVITE_CODE must be set for sign-up by invite.")
    return settings


def _proxy_memory(read: SettingReader, deployed: bool) -> int | None:
    """Return the memory of the stack's streaming function in MB, None on one machine."""
    memory = read.integer("API_DASHBOARD_PROXY_MEMORY", 256, 128, 10_240)
    return memory if deployed else None


def _backups(read: SettingReader, deployed: bool) -> BackupSchedule | None:
    folder = read.text("API_DASHBOARD_BACKUP_FOLDER", "")
    hours = read.integer("API_DASHBOARD_BACKUP_HOURS", 24, 1, 8760)
    keep = read.integer("API_DASHBOARD_BACKUP_KEEP", 7, 1, 10_000)
    recipient = read.stripped("API_DASHBOARD_BACKUP_RECIPIENT")
    if recipient and not re.fullmatch(_RECIPIENT, recipient):
        raise SettingError(
            "API_DASHBOARD_BACKUP_RECIPIENT must be the public part of a recovery key (apdp_…), "
            "which `api-dashboard recovery-key` prints."
        )
    if not folder:
        return None
    if deployed or read.optional("AWS_ENDPOINT_URL_DYNAMODB"):
        raise SettingError(
            "API_DASHBOARD_BACKUP_FOLDER is for the database on this machine and must not be set "
            "with one of DynamoDB: run `api-dashboard backup --table` by your own schedule."
        )
    if not recipient:
        raise SettingError(
            "API_DASHBOARD_BACKUP_RECIPIENT is missing, to which backups are encrypted: create a "
            "recovery key with `api-dashboard recovery-key`, and set it to the public part "
            "(apdp_…)."
        )
    return BackupSchedule(Path(folder).expanduser(), hours, keep, recipient)


def on_lambda(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether this process is a Lambda function."""
    return "AWS_LAMBDA_FUNCTION_NAME" in (os.environ if environ is None else environ)


def runtime_api_address(environ: Mapping[str, str] | None = None) -> str:
    """Return host and port of Lambda's Runtime API, which Lambda sets. Raises SettingError."""
    address = (os.environ if environ is None else environ).get("AWS_LAMBDA_RUNTIME_API", "")
    if not re.fullmatch(r"[^:/\s]+:[0-9]{1,5}", address):
        raise SettingError("AWS_LAMBDA_RUNTIME_API is missing: only Lambda can start this module.")
    return address


def set_trace_id(trace_id: str | None) -> None:
    """Set the trace id of an invocation, which AWS X-Ray reads from the environment."""
    if trace_id is None:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    else:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id


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


def _seconds(read: SettingReader, name: str, default: float, most: float = 3600.0) -> float:
    return read.number(name, default, 0.1, most)


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
