"""`/api/rate-limits`."""

from __future__ import annotations

import re

from api.endpoint import Call, Group
from api.errors import Problem
from api.models import API_NAME, RateLimitView, SetRateLimit, listing
from api.routes.accounts import PageQuery

group = Group("Rate limits")


@group.endpoint(
    "GET", "/api/rate-limits", "List the rate limits", query=PageQuery,
    answer=listing(RateLimitView), problems=("invalid_cursor",),
)  # fmt: skip
def list_rate_limits(call: Call, query: PageQuery) -> dict[str, object]:
    """Of every API that has a limit, set or observed."""
    cursors = call.services.cursors
    after = cursors.unwrap(call.username, "rate-limits", query.cursor) or ""
    rest = [view for view in call.services.rate_limits.all(call.username) if view.api_name > after]
    page = rest[: query.limit]
    last = {"SK": page[-1].api_name} if len(rest) > len(page) else None
    return {
        "items": page,
        "next_cursor": cursors.wrap(call.username, "rate-limits", last),
    }


@group.endpoint(
    "GET", "/api/rate-limits/{api_name}", "Read a rate limit", answer=RateLimitView,
    problems=("rate_limit_not_found",),
)  # fmt: skip
def read_rate_limit(call: Call, api_name: str) -> RateLimitView:
    """The user's own policy, or what the upstream last said."""
    return call.services.rate_limits.get(call.username, api_name)


@group.endpoint(
    "PUT", "/api/rate-limits/{api_name}", "Set the user's own policy", body=SetRateLimit,
    answer=RateLimitView,
)  # fmt: skip
def set_rate_limit(call: Call, api_name: str, body: SetRateLimit) -> RateLimitView:
    """The policy holds from the next request on."""
    if not re.fullmatch(API_NAME, api_name):
        raise Problem("invalid_field", "Not a name for an API.", field="api_name")
    return call.services.rate_limits.set(call.username, api_name, body)


@group.endpoint(
    "DELETE", "/api/rate-limits/{api_name}", "Remove a rate limit", status=204,
    problems=("rate_limit_not_found",),
)  # fmt: skip
def delete_rate_limit(call: Call, api_name: str) -> None:
    """No policy any more; what was observed is forgotten until the next answer."""
    call.services.rate_limits.delete(call.username, api_name)
