"""`/api/rate-limits`."""

from __future__ import annotations

import re

from api.endpoint import EndpointGroup, RequestContext
from api.errors import Problem
from api.routes.accounts import PageQuery
from api.schemas.fields import API_NAME, listing
from api.schemas.limits import RateLimitView, SetRateLimit, SetReservation

group = EndpointGroup("Rate limits")


@group.endpoint(
    "GET", "/api/rate-limits", "List the rate limits", query=PageQuery,
    response=listing(RateLimitView), problems=("invalid_cursor",),
)  # fmt: skip
def list_rate_limits(context: RequestContext, query: PageQuery) -> dict[str, object]:
    """Of every API that has a limit, set or observed."""
    cursors = context.services.cursors
    after = cursors.unwrap(context.username, "rate-limits", query.cursor) or ""
    rest = [
        view for view in context.services.rate_limits.all(context.username) if view.api_name > after
    ]
    page = rest[: query.limit]
    last = {"SK": page[-1].api_name} if len(rest) > len(page) else None
    return {
        "items": page,
        "next_cursor": cursors.wrap(context.username, "rate-limits", last),
    }


@group.endpoint(
    "GET", "/api/rate-limits/{api_name}", "Read a rate limit", response=RateLimitView,
    problems=("rate_limit_not_found",),
)  # fmt: skip
def read_rate_limit(context: RequestContext, api_name: str) -> RateLimitView:
    """The user's own policy, or what the upstream last said."""
    return context.services.rate_limits.get(context.username, api_name)


@group.endpoint(
    "PUT", "/api/rate-limits/{api_name}", "Set the user's own policy", body=SetRateLimit,
    response=RateLimitView, problems=("reservation_exceeds_limit", "conflict"),
)  # fmt: skip
def set_rate_limit(context: RequestContext, api_name: str, body: SetRateLimit) -> RateLimitView:
    """The policy holds from the next request on; what is reserved of it stays."""
    if not re.fullmatch(API_NAME, api_name):
        raise Problem("invalid_field", "Not a name for an API.", field="api_name")
    return context.services.rate_limits.set(context.username, api_name, body)


@group.endpoint(
    "DELETE", "/api/rate-limits/{api_name}", "Remove a rate limit", status=204,
    problems=("rate_limit_not_found", "conflict"),
)  # fmt: skip
def delete_rate_limit(context: RequestContext, api_name: str) -> None:
    """No policy and no reservations any more; what was observed is forgotten until the next
    answer.
    """
    context.services.rate_limits.delete(context.username, api_name)


@group.endpoint(
    "PUT", "/api/rate-limits/{api_name}/reservations/{token_id}", "Reserve a share for a token",
    body=SetReservation, response=RateLimitView,
    problems=("policy_required", "token_not_found", "reservation_exceeds_limit",
              "too_many_reservations", "conflict"),
)  # fmt: skip
def set_reservation(
    context: RequestContext, api_name: str, token_id: str, body: SetReservation
) -> RateLimitView:
    """In each window of the policy the token gets so many requests, whatever others ask for. What
    it does not use of them nobody else can; beyond them it shares the rest with everybody.
    """
    context.services.reservations.set(context.username, api_name, token_id, body)
    return context.services.rate_limits.get(context.username, api_name)


@group.endpoint(
    "DELETE", "/api/rate-limits/{api_name}/reservations/{token_id}", "Remove a reservation",
    status=204, problems=("reservation_not_found", "conflict"),
)  # fmt: skip
def delete_reservation(context: RequestContext, api_name: str, token_id: str) -> None:
    """What was reserved can be used by anybody from the next request on."""
    context.services.reservations.remove(context.username, api_name, token_id)
