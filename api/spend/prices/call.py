"""A call that ended, as prices need it beside its usage."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

FAILED = 400
"""The lowest status of a failed response."""


class PricedCall(msgspec.Struct, frozen=True):
    """A call that was sent to an upstream.

    `path` is below the API's base URL, without query. `status` is the upstream's, 0 if no response
    came. `at` is when the call began, in epoch seconds. `header_values` are those of
    PriceSource.wanted_headers that the response has, with names in lower case. `json_values` are
    those of PriceSource.wanted_fields.
    """

    method: str
    path: str
    status: int
    at: float
    header_values: Mapping[str, str] = {}
    json_values: Mapping[str, object] = {}
