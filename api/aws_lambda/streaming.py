"""The streaming function: serves `/proxy/` at a function URL, with a Lambda runtime of its own.

Lambda's Python runtime buffers each response. `streaming_wrapper` starts this module in its place
(`python -m`). It takes events from the Runtime API and sends the pieces of each response as they
arrive. Flask is never loaded. docs/decisions/own-lambda-runtime.md gives the reasons.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from time import monotonic
from typing import NoReturn

import msgspec

from api.aws_lambda.event import joined_fields
from api.aws_lambda.parameters import load_parameters, within_streaming_limits
from api.aws_lambda.response_stream import ResponseStream
from api.aws_lambda.runtime_api import Invocation, RuntimeApi, RuntimeApiFailed
from api.aws_lambda.url_event import UnknownEvent, from_url_event
from api.errors import Problem, SettingError
from api.http.errors import CallerGone, TransportError
from api.logs import log_event, log_failure, set_up_logging
from api.proxy.exchange import to_problem
from api.proxy.response import ProxyResponse
from api.raw_request import RawRequest
from api.secret import Secret
from api.settings import read_settings, runtime_api_address, set_trace_id
from api.wiring import build_app
from api.wsgi import App

# Seconds before the invocation's deadline at which a call must end. They are for its record, for
# which the database may need its whole time limit twice (4 s each), and for the end of the stream.
# A function with a short timeout reserves a quarter of it.
RESERVE = 8.0
# Seconds: the default of the time limits of an upstream call. The deadline is sooner.
UPSTREAM_TIMEOUT = 900.0


def main() -> NoReturn:
    """Start the function and serve its invocations. Exits with status 1 after a failure."""
    set_up_logging()
    try:
        api = RuntimeApi(runtime_api_address())
    except SettingError as error:
        sys.exit(str(error))
    try:
        settings = read_settings(upstream_timeout=UPSTREAM_TIMEOUT)
        settings = within_streaming_limits(load_parameters(settings))
        app = build_app(settings)
    except SettingError as error:
        _fail_start(api, "SettingError", str(error))
    except Exception as error:
        log_failure("start_failed")
        kind = type(error).__name__
        _fail_start(api, kind, f"The function could not start: {kind}. Its log says more.")
    try:
        serve_invocations(api, app, settings.cdn_secret)
    except RuntimeApiFailed as error:
        log_event("runtime_api_failed", level="error", reason=str(error))
        sys.exit(1)


def serve_invocations(api: RuntimeApi, app: App, cdn_secret: Secret | None) -> NoReturn:
    """Serve invocations one after another. Raises RuntimeApiFailed."""
    while True:
        invocation = api.next()
        set_trace_id(invocation.trace_id)
        _serve_one(api, invocation, app, cdn_secret)


def _serve_one(
    api: RuntimeApi, invocation: Invocation, app: App, cdn_secret: Secret | None
) -> None:
    """Serve one invocation. Raises RuntimeApiFailed."""
    end = invocation.deadline - min(RESERVE, (invocation.deadline - monotonic()) / 4)
    stream = ResponseStream(api, invocation, end)
    try:
        request = from_url_event(invocation.event, cdn_secret, end, stream)
    except UnknownEvent as error:
        log_event("unknown_event", level="warning", reason=str(error))
        api.fail(invocation.request_id, "UnknownEvent", str(error))
        return
    if request.is_proxied:
        response = app.proxy(request)
    else:
        response = app.refuse(request, _not_found(request))
    _deliver(response, stream)


def _deliver(response: ProxyResponse, stream: ResponseStream) -> None:
    """Send a response. Its body records the call when it ends or fails."""
    body = response.body
    whole = body if isinstance(body, bytes) else b""
    pieces: Iterable[bytes] = () if isinstance(body, bytes) else body
    try:
        stream.begin(_prelude(response))
        for piece in pieces:
            if piece:  # An empty chunk would be the last one.
                stream.write(piece)
        stream.end(whole)
    except OSError as error:
        # Inside `except`, because the record takes its reason from the exception being handled.
        _close(body)
        stream.abort()
        log_event("response_not_taken", level="warning", reason=str(error))
    except CallerGone:
        stream.abort()
    except TransportError as error:
        _fail(stream, to_problem(error))
    except Problem as problem:
        _fail(stream, problem)
    except RuntimeApiFailed:
        raise
    except Exception:
        log_failure("failure")
        _close(body)
        _fail(stream, Problem("internal_error", "Something went wrong on the server."))


def _fail(stream: ResponseStream, problem: Problem) -> None:
    """End a response that is not complete, with a problem in its trailers."""
    try:
        stream.fail(problem.code, problem.detail)
    except OSError as error:
        stream.abort()
        log_event("response_not_taken", level="warning", reason=str(error))


def _close(body: object) -> None:
    """Let a stream record its call. A failure to record it is already in the log."""
    if hasattr(body, "close"):
        try:
            body.close()
        except Problem:
            return


def _prelude(response: ProxyResponse) -> bytes:
    """Return status, fields and cookies in JSON.

    Content-Length is left out: the function URL sets the length itself, and renames ours to
    `x-amzn-remapped-content-length`. A field that already has such a name, as from an upstream
    behind API Gateway, makes the URL answer 500 (https://zenn.dev/ashphy/scraps/5d70402729657f).
    """
    headers, cookies = joined_fields(response.headers)
    headers = {
        name: value
        for name, value in headers.items()
        if name != "content-length" and not name.startswith("x-amzn-remapped-")
    }
    return msgspec.json.encode(
        {"statusCode": response.status, "headers": headers, "cookies": cookies}
    )


def _not_found(request: RawRequest) -> Problem:
    return Problem(
        "not_found",
        f"Only https://{request.host}/proxy/ is served here, followed by the API's name and path. "
        "Call /api at the stack's output DASHBOARD_URL or API_GATEWAY_URL.",
    )


def _fail_start(api: RuntimeApi, kind: str, message: str) -> NoReturn:
    """Report that the function cannot start, and end the process."""
    log_event("start_refused", level="error", reason=message)
    try:
        api.fail_start(kind, message)
    except RuntimeApiFailed as error:
        log_event("runtime_api_failed", level="error", reason=str(error))
    sys.exit(1)


if __name__ == "__main__":
    main()
