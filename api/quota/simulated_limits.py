"""Simulate rate limiting: the error that a provider sends when a limit is exhausted.

Status, header fields and body are those that the provider documents. The limits in them are
examples. The proxy imports this module only when a token simulates rate limiting.
"""

from api.error_shapes import ErrorFacts, ErrorShape, error_body, find_shape, shaped_headers
from api.provider_errors import ERROR_SHAPES
from api.quota.dialects import get_dialect
from api.quota.rate_limit_dialect import JSON, WAIT, SimulatedResponse, json_response


def simulated_response(
    dialect: str, host: str, now: float, provider: str = "", api_name: str = ""
) -> SimulatedResponse:
    """Return the rate-limit error of the API at `host` (without port), which uses `dialect`.

    `provider` is a slug of the catalogue. An API with the generic dialect gets the provider's error
    shape, if there is one.
    """
    own = get_dialect(dialect)
    generic = get_dialect("generic")
    if own.simulated_response is None or own.name == generic.name:
        shape = find_shape(ERROR_SHAPES, provider, host, api_name)
        if shape is not None:
            return _shaped(shape, now)
    make = own.simulated_response or generic.simulated_response
    assert make is not None
    return make(int(now))


def _shaped(shape: ErrorShape, now: float) -> SimulatedResponse:
    facts = ErrorFacts(429, "rate_limited", "Too Many Requests", "0000000000000000", WAIT, now)
    headers = [("Retry-After", str(WAIT)), *shaped_headers(shape, facts)]
    media_type = JSON if shape.json_only else f"{JSON}; charset=utf-8"
    return json_response(429, headers, error_body(shape, facts), media_type)
