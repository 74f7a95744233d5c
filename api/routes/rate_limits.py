"""The endpoints of rate limits and reservations (`/api/rate-limits`)."""

from __future__ import annotations

import re

from api.endpoint import EndpointGroup, RequestContext
from api.errors import Problem
from api.routes.paging import PageQuery, page_body, position, slice_page
from api.schemas.fields import API_NAME, listing
from api.schemas.limits import RateLimitView, SetRateLimit, SetReservation

group = EndpointGroup("Rate limits")


@group.endpoint(
    "GET", "/api/rate-limits", "List the rate limits", query=PageQuery,
    response=listing(RateLimitView), problems=("invalid_cursor",),
)  # fmt: skip
def list_rate_limits(context: RequestContext, query: PageQuery) -> dict[str, object]:
    """Return the rate limits of every API with a policy or an observed quota."""
    after = position(context, "rate-limits", query.cursor)
    views = context.services.rate_limits.all(context.username)
    page = slice_page(views, lambda view: view.api_name, query.limit, after)
    return page_body(context, "rate-limits", page.items, page.next)


@group.endpoint(
    "GET", "/api/rate-limits/{api_name}", "Read a rate limit", response=RateLimitView,
    problems=("rate_limit_not_found",),
)  # fmt: skip
def read_rate_limit(context: RequestContext, api_name: str) -> RateLimitView:
    """Return the user's policy or, without one, the quota that the upstream last reported."""
    return context.services.rate_limits.get(context.username, api_name)


@group.endpoint(
    "PUT", "/api/rate-limits/{api_name}", "Set the rate-limit policy of an API", body=SetRateLimit,
    response=RateLimitView, problems=("reservation_exceeds_limit", "conflict"),
    audit="rate_limit.update",
)  # fmt: skip
def set_rate_limit(context: RequestContext, api_name: str, body: SetRateLimit) -> RateLimitView:
    """Set the policy from the next request on. Its reservations stay."""
    if not re.fullmatch(API_NAME, api_name):
        raise Problem("invalid_field", "This is not a valid API name.", field="api_name")
    return context.services.rate_limits.set(context.username, api_name, body, context.audit)


@group.endpoint(
    "DELETE", "/api/rate-limits/{api_name}", "Remove a rate limit", status=204,
    problems=("rate_limit_not_found", "conflict"), audit="rate_limit.delete",
)  # fmt: skip
def delete_rate_limit(context: RequestContext, api_name: str) -> None:
    """Delete the policy, its reservations and the observed quota.

    The next response of the upstream adds the quota again.
    """
    context.services.rate_limits.delete(context.username, api_name)


@group.endpoint(
    "PUT", "/api/rate-limits/{api_name}/reservations/{token_id}", "Reserve requests for a token",
    body=SetReservation, response=RateLimitView,
    problems=("policy_required", "token_not_found", "reservation_exceeds_limit",
              "too_many_reservations", "conflict"),
    audit="reservation.update",
)  # fmt: skip
def set_reservation(
    context: RequestContext, api_name: str, token_id: str, body: SetReservation
) -> RateLimitView:
    """Reserve a number of requests in each window of the policy for one token.

    No other token can use them, even if this token does not. Beyond them the token shares the
    remaining requests with all others.
    """
    context.services.reservations.set(context.username, api_name, token_id, body, context.audit)
    return context.services.rate_limits.get(context.username, api_name)


@group.endpoint(
    "DELETE", "/api/rate-limits/{api_name}/reservations/{token_id}", "Remove a reservation",
    status=204, problems=("reservation_not_found", "conflict"), audit="reservation.delete",
)  # fmt: skip
def delete_reservation(context: RequestContext, api_name: str, token_id: str) -> None:
    """Delete the reservation. From the next request on, all tokens can use its requests."""
    context.services.reservations.remove(context.username, api_name, token_id)
