"""The function's entry point: API Gateway HTTP API events and the schedule of key checks.

A proxied call goes from the event to the proxy and back without WSGI. serverless-wsgi adapts the
calls under `/api` and is imported at the first of them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from api.aws_lambda.client_ip import with_client_ip
from api.aws_lambda.event import to_gateway
from api.aws_lambda.parameters import load_parameters, within_platform_limits
from api.logs import set_up_logging
from api.raw_request import from_event
from api.settings import Settings, on_lambda, read_settings
from api.wiring import build_app, build_shared
from api.wsgi import App

if TYPE_CHECKING:
    from api.key_checks.scheduler import ScheduledChecks

# Seconds after which no check is started. A check may take 20 more, and the function has 29.
_CHECKS_SECONDS = 7.0


def handle(app: App, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API event (payload format 2.0)."""
    request = from_event(event)
    if unquote(request.raw_path).startswith("/proxy/"):
        return to_gateway(app.proxy(request))
    import serverless_wsgi

    response: dict[str, Any] = serverless_wsgi.handle_request(app, event, context)
    return response


def make_handler(settings: Settings) -> Any:
    """Return the function `handler(event, context)` for these settings."""
    complete = within_platform_limits(load_parameters(settings))
    app = build_app(complete)

    @lru_cache(maxsize=1)
    def checks() -> ScheduledChecks:
        from api.wiring.api import build_scheduled_checks

        return build_scheduled_checks(build_shared(complete))

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        # The gateway creates its events, so no caller can set this member.
        if event.get("task") == "scheduled_checks":
            return {"checks": checks().run(_CHECKS_SECONDS)}
        return handle(app, with_client_ip(event, complete.cdn_secret), context)

    return handler


_handler: Any = None


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an event of the gateway or the schedule."""
    global _handler
    if _handler is None:
        set_up_logging()
        _handler = make_handler(read_settings())
    return _handler(event, context)  # type: ignore[no-any-return]


if on_lambda():
    # Built during initialisation, when the function has the full processor.
    set_up_logging()
    _handler = make_handler(read_settings())
