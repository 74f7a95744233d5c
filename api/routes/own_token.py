"""`GET /api/token`: the one call outside `/proxy` that a personal access token may make."""

from __future__ import annotations

import math

import msgspec

from api.endpoint import EndpointGroup, RequestContext
from api.errors import Problem
from api.proxy.token_extraction import FoundToken, find_tokens
from api.routes.paging import PageQuery
from api.routes.tokens import token_description
from api.schemas.own_token import OwnToken
from api.services.token_codec import PREFIX, TokenPayload
from api.services.token_validity import unknown_token

group = EndpointGroup("Tokens")

_FIELDS = frozenset({"authorization", "x-api-key", "api-key"})


@group.endpoint(
    "GET", "/api/token", "Describe the token of the call", query=PageQuery, response=OwnToken,
    problems=("authentication_required", "token_required", "address_not_allowed", "invalid_cursor"),
    signed_in=False, with_token=True,
)  # fmt: skip
def read_own_token(context: RequestContext, query: PageQuery) -> OwnToken:
    """Return what the token may do, and what is left of its limits.

    Send the personal access token itself, as `Authorization: Bearer`, `token` or `Basic`, or in
    `X-Api-Key`. The call does not count in any limit. A page has at most 50 of the APIs that the
    token may call.
    """
    services = context.services
    payload = _sent_token(context)
    token = services.own_token.load(payload, context.raw_request.source)
    listing = f"token:{token.token_id}:{'*' in token.apis}"
    after = services.cursors.unwrap(payload.username, listing, query.cursor)
    state = services.own_token.state(payload, token, query.limit, after)
    now, limit = state.now, state.limit
    view = token_description(state.token, state.reservations, now)
    return OwnToken(
        **msgspec.structs.asdict(view),
        remaining=None if limit is None else limit.remaining,
        reset_at=None if limit is None else math.ceil(limit.reset_at),
        reset_in=None if limit is None else math.ceil(limit.reset_at - now),
        time=int(now),
        allowed_apis=state.apis,
        next_cursor=services.cursors.wrap(payload.username, listing, state.next),
    )


def _sent_token(context: RequestContext) -> TokenPayload:
    """Return the data of the first token that this server issued.

    Raises Problem(authentication_required) if there is none, and Problem(token_required) for an
    access token.
    """
    found = find_tokens(context.raw_request, "")
    accepted = [token for token in found if _is_accepted(token)]
    for token in accepted:
        payload = context.services.tokens.payload(token.text)
        if payload is not None:
            return payload
    if any(context.services.sessions.read_access(token.text) for token in accepted):
        raise Problem(
            "token_required",
            "GET /api/token describes the personal access token that is sent with the call, but "
            "this call has an access token. Call GET /api/tokens to list your tokens.",
        )
    if any(
        PREFIX in value for name, value in context.raw_request.headers if name.lower() in _FIELDS
    ):
        raise unknown_token()
    raise Problem(
        "authentication_required",
        "The call has no personal access token (apd_...). Send one as a Bearer token or in "
        "X-Api-Key.",
    )


def _is_accepted(token: FoundToken) -> bool:
    return token.location == "header" and token.name in _FIELDS
