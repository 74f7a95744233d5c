"""The AWS entry: API Gateway HTTP API events (payload 2.0) to the application, by
serverless-wsgi; and the stack's schedule, which says when to look for checks that are due.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import msgspec

from api.aws_lambda.client_ip import with_client_ip
from api.cold_start import light_werkzeug
from api.errors import SettingError
from api.http.pool import ConnectionPool, TlsContexts
from api.logs import set_up_logging
from api.secret import Secret
from api.settings import Settings, parse_fernet_keys, parse_random_secret, read_settings
from api.wiring import build_app, build_shared
from api.wiring.shared import ssm_client

if TYPE_CHECKING:
    from api.key_checks.scheduler import ScheduledChecks

_LONGEST_TEXT = 500_000
# Seconds after which no check is begun: one may take 20 more, and the function has 29.
_CHECKS_SECONDS = 7.0

with light_werkzeug():
    import serverless_wsgi


class _Captured:
    """Runs the application and keeps its answer to itself: serverless-wsgi decodes a body that says
    it is text even where it is not, and renames duplicate header fields."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self.headers: list[tuple[str, str]] = []
        self.body = b""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            self.headers = list(headers)
            return start_response(status, [], exc_info)

        pieces = self._app(environ, start)
        try:
            self.body = b"".join(pieces)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        return []


def handle(app: WSGIApplication, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The answer to one event, in the gateway's format 2.0."""
    captured = _Captured(app)
    # The adapter joins cookies only where there are some, and takes a missing body for none.
    prepared = {**event, "cookies": event.get("cookies") or [], "body": event.get("body") or ""}
    answer: dict[str, Any] = serverless_wsgi.handle_request(captured, prepared, context)
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in captured.headers:
        lower = name.lower()
        if lower == "set-cookie":
            cookies.append(value)
        elif lower in headers:
            headers[lower] = f"{headers[lower]}, {value}"
        else:
            headers[lower] = value
    answer["headers"] = headers
    answer.pop("multiValueHeaders", None)
    if cookies:
        answer["cookies"] = cookies
    answer.update(_body(captured.body, headers))
    return answer


def _body(body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    # In JSON a text can grow sixfold, base64 only by a third: near the limit of 6 MB that decides.
    if "content-encoding" not in headers and len(body) <= _LONGEST_TEXT:
        try:
            return {"body": body.decode("utf-8"), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode("ascii"), "isBase64Encoded": True}


def with_parameters(settings: Settings) -> Settings:
    """The settings with the secrets that SSM keeps, read once at cold start (S38).

    Raises SettingError naming the parameter that is missing.
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
    answer = client.call("GetParameters", {"Names": names, "WithDecryption": True})
    values = {entry["Name"]: entry["Value"] for entry in answer.get("Parameters", [])}
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


def within_the_platform(settings: Settings) -> Settings:
    """The settings within what a function and its gateway bear: an answer before the gateway's 30
    seconds, 6 MB in, 6 MB out (of which base64 leaves a binary body 4.4 MB).

    Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
    """
    return msgspec.structs.replace(
        settings,
        upstream_timeout=min(settings.upstream_timeout, 26.0),
        max_request_bytes=min(settings.max_request_bytes, 6 * 1024 * 1024),
        max_response_bytes=4_400_000,
    )


def make_handler(settings: Settings) -> Any:
    """The function `handler(event, context)` for these settings."""
    complete = within_the_platform(with_parameters(settings))
    app = build_app(complete)

    @lru_cache(maxsize=1)
    def checks() -> ScheduledChecks:
        from api.wiring.api import build_scheduled_checks

        return build_scheduled_checks(build_shared(complete))

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        # What comes by the gateway never has this member: the gateway alone writes the event.
        if event.get("task") == "scheduled_checks":
            return {"checks": checks().run(_CHECKS_SECONDS)}
        return handle(app, with_client_ip(event, complete.cdn_secret), context)

    return handler


_handler: Any = None


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The function's entry point."""
    global _handler
    if _handler is None:
        set_up_logging()
        _handler = make_handler(read_settings())
    return _handler(event, context)  # type: ignore[no-any-return]


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Built while the function is initialised: that time has the full processor.
    set_up_logging()
    _handler = make_handler(read_settings())
