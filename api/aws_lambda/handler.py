"""The API function's entry point: API Gateway HTTP API events and the schedule.

A proxied call goes from the event to the proxy and back without WSGI. serverless-wsgi adapts the
calls under `/api` and is imported at the first of them.
"""

from __future__ import annotations

import binascii
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from api.aws_lambda.client_ip import with_client_ip
from api.aws_lambda.event import to_gateway
from api.aws_lambda.parameters import load_parameters, within_platform_limits
from api.aws_lambda.unknown_event import refuse_event, unknown_reason
from api.logs import set_up_logging
from api.raw_request import from_event
from api.settings import Settings, on_lambda, read_settings
from api.wiring import build_app, build_shared
from api.wsgi import App

if TYPE_CHECKING:
    from api.aws_lambda.scheduled import Run


def handle(app: App, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API event (payload format 2.0)."""
    request = from_event(event)
    if request.is_proxied:
        return to_gateway(app.proxy(request))
    import serverless_wsgi

    response: dict[str, Any] = serverless_wsgi.handle_request(app, event, context)
    return response


def make_handler(settings: Settings) -> Any:
    """Return the function `handler(event, context)` for these settings."""
    complete = within_platform_limits(load_parameters(settings))
    app = build_app(complete, verify_keys=True)

    @lru_cache(maxsize=1)
    def scheduled() -> tuple[Run | None, Run, Run]:
        from api.struct_types import build_struct_types
        from api.wiring.api import build_scheduled_checks
        from api.wiring.detection import build_event_scan
        from api.wiring.notifications import build_notification_run

        shared = build_shared(complete)
        build_struct_types()  # They run in several threads.
        checks = build_scheduled_checks(shared).run if complete.scheduled_checks else None
        scan = build_event_scan(shared.storage, shared.clock)
        return checks, scan.run, build_notification_run(shared).run

    def handler(event: Any, context: Any) -> dict[str, Any]:
        # The gateway creates its events, so no caller can set this member.
        if isinstance(event, dict) and event.get("task") == "scheduled_checks":
            from api.aws_lambda.scheduled import run_scheduled

            return {} if complete.closed else run_scheduled(*scheduled())
        if (reason := unknown_reason(event)) is not None:
            return refuse_event(reason)
        try:
            return handle(app, with_client_ip(event, complete.cdn_secret), context)
        except (binascii.Error, UnicodeEncodeError) as error:
            # The proxy and the API handle their own exceptions, so it is the event's.
            return refuse_event(f"Its text cannot be decoded: {type(error).__name__}")

    return handler


_handler: Any = None


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer an event of the gateway or the schedule. Any other event gets status 400."""
    global _handler
    if _handler is None:
        set_up_logging()
        _handler = make_handler(read_settings())
    return _handler(event, context)  # type: ignore[no-any-return]


if on_lambda():
    # Built during initialisation, when the function has the full processor.
    set_up_logging()
    _handler = make_handler(read_settings())
