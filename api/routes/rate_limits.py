"""`/api/rate-limits`."""

from __future__ import annotations

import re

from api.endpoint import Call, Group
from api.errors import Problem
from api.routes.paging import PageQuery, page_answer, position, slice_page
from api.schemas.fields import API_NAME, listing
from api.schemas.limits import RateLimitView, SetRateLimit, SetReservation

group = Group("Rate limits")


@group.endpoint(
    "GET", "/api/rate-limits", "List the rate limits", query=PageQuery,
    answer=listing(RateLimitView), problems=("invalid_cursor",),
)  # fmt: skip
def list_rate_limits(call: Call, query: PageQuery) -> dict[str, object]:
    """Of every API that has a limit, set or observed."""
    after = position(call, "rate-limits", query.cursor)
    views = call.services.rate_limits.all(call.username)
    page = slice_page(views, lambda view: view.api_name, query.limit, after)
    return page_answer(call, "rate-limits", page.items, page.next)


@group.endpoint(
    "GET", "/api/rate-limits/{api_name}", "Read a rate limit", answer=RateLimitView,
    problems=("rate_limit_not_found",),
)  # fmt: skip
def read_rate_limit(call: Call, api_name: str) -> RateLimitView:
    """The user's own policy, or what the upstream last said."""
    return call.services.rate_limits.get(call.username, api_name)


@group.endpoint(
    "PUT", "/api/rate-limits/{api_name}", "Set the user's own policy", body=SetRateLimit,
    answer=RateLimitView, problems=("reservation_exceeds_limit", "conflict"),
)  # fmt: skip
def set_rate_limit(call: Call, api_name: str, body: SetRateLimit) -> RateLimitView:
    """The policy holds from the next request on; what is reserved of it stays."""
    if not re.fullmatch(API_NAME, api_name):
        raise Problem("invalid_field", "Not a name for an API.", field="api_name")
    return call.services.rate_limits.set(call.username, api_name, body)


@group.endpoint(
    "DELETE", "/api/rate-limits/{api_name}", "Remove a rate limit", status=204,
    problems=("rate_limit_not_found", "conflict"),
)  # fmt: skip
def delete_rate_limit(call: Call, api_name: str) -> None:
    """No policy and no reservations any more; what was observed is forgotten until the next
    answer.
    """
    call.services.rate_limits.delete(call.username, api_name)


@group.endpoint(
    "PUT", "/api/rate-limits/{api_name}/reservations/{token_id}", "Reserve a share for a token",
    body=SetReservation, answer=RateLimitView,
    problems=("policy_required", "token_not_found", "reservation_exceeds_limit",
              "too_many_reservations", "conflict"),
)  # fmt: skip
def set_reservation(
    call: Call, api_name: str, token_id: str, body: SetReservation
) -> RateLimitView:
    """In each window of the policy the token gets so many requests, whatever others ask for. What
    it does not use of them nobody else can; beyond them it shares the rest with everybody.
    """
    call.services.reservations.set(call.username, api_name, token_id, body)
    return call.services.rate_limits.get(call.username, api_name)


@group.endpoint(
    "DELETE", "/api/rate-limits/{api_name}/reservations/{token_id}", "Remove a reservation",
    status=204, problems=("reservation_not_found", "conflict"),
)  # fmt: skip
def delete_reservation(call: Call, api_name: str, token_id: str) -> None:
    """What was reserved can be used by anybody from the next request on."""
    call.services.reservations.remove(call.username, api_name, token_id)
