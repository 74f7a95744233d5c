"""The endpoints of personal access tokens (`/api/tokens`)."""

from __future__ import annotations

import msgspec

from api.endpoint import EndpointGroup, RequestContext
from api.routes.paging import PageQuery, page_body, position
from api.schemas.fields import listing
from api.schemas.limits import ReservationView
from api.schemas.tokens import (
    ChangeToken,
    ClientUse,
    CreatedToken,
    CreateToken,
    NetworkUse,
    PreviousText,
    RotateToken,
    SimulatedLimitView,
    TokenDescription,
    TokenView,
)
from api.storage.tokens import Token

group = EndpointGroup("Tokens")


@group.endpoint(
    "GET", "/api/tokens", "List the tokens", query=PageQuery, response=listing(TokenView),
    problems=("invalid_cursor",),
)  # fmt: skip
def list_tokens(context: RequestContext, query: PageQuery) -> dict[str, object]:
    """Return the personal access tokens, without the tokens themselves."""
    after = position(context, "tokens", query.cursor)
    page = context.services.tokens.page(context.username, query.limit, after)
    now = context.services.clock()
    reservations = context.services.reservations.all(context.username)
    views = [token_view(token, reservations.get(token.token_id, []), now) for token in page.items]
    return page_body(context, "tokens", views, page.next)


@group.endpoint(
    "POST", "/api/tokens", "Create a token", body=CreateToken, status=201, response=CreatedToken,
    problems=("conflict", "too_many_tokens"), audit="token.create",
)  # fmt: skip
def create_token(context: RequestContext, body: CreateToken) -> CreatedToken:
    """Create a token and return it. The token itself is shown only in this response."""
    token, text = context.services.tokens.create(context.username, body)
    context.audit.subject(token.token_id, token.name)
    view = token_view(token, [], context.services.clock())
    return CreatedToken(token=text, **msgspec.structs.asdict(view))


@group.endpoint(
    "GET", "/api/tokens/{token_id}", "Read a token", response=TokenView,
    problems=("token_not_found",),
)  # fmt: skip
def read_token(context: RequestContext, token_id: str) -> TokenView:
    """Return one token, without the token itself."""
    token = context.services.tokens.read(context.username, token_id)
    reservations = context.services.reservations.all(context.username)
    return token_view(token, reservations.get(token_id, []), context.services.clock())


@group.endpoint(
    "PATCH", "/api/tokens/{token_id}", "Change a token", body=ChangeToken, response=TokenView,
    problems=("token_not_found", "conflict"), audit="token.update",
)  # fmt: skip
def change_token(context: RequestContext, token_id: str, body: ChangeToken) -> TokenView:
    """Change the given fields from the next call on. The token itself stays the same."""
    token = context.services.tokens.change(context.username, token_id, body, context.audit)
    reservations = context.services.reservations.all(context.username)
    return token_view(token, reservations.get(token_id, []), context.services.clock())


@group.endpoint(
    "DELETE", "/api/tokens/{token_id}", "Revoke a token", status=204,
    problems=("token_not_found",), audit="token.delete",
)  # fmt: skip
def revoke_token(context: RequestContext, token_id: str) -> None:
    """Revoke the token at once and delete its reservations."""
    context.services.tokens.revoke(context.username, token_id, context.audit)


@group.endpoint(
    "POST", "/api/tokens/{token_id}/rotate", "Give a token a new text", body=RotateToken,
    body_optional=True, response=CreatedToken,
    problems=("token_not_found", "token_expired", "conflict"), audit="token.rotate",
)  # fmt: skip
def rotate_token(context: RequestContext, token_id: str, body: RotateToken) -> CreatedToken:
    """Give the token a new text, which is shown only in this response. The present one stays valid
    for `overlap` seconds, an older one ends at once. Everything else about the token stays.
    """
    token, text = context.services.token_rotation.rotate(context.username, token_id, body.overlap)
    context.audit.subject(token_id, token.name)
    reservations = context.services.reservations.all(context.username)
    view = token_view(token, reservations.get(token_id, []), context.services.clock())
    return CreatedToken(token=text, **msgspec.structs.asdict(view))


@group.endpoint(
    "DELETE", "/api/tokens/{token_id}/previous", "End the overlap of a rotation", status=204,
    problems=("token_not_found", "conflict"), audit="token.end_previous",
)  # fmt: skip
def end_previous_text(context: RequestContext, token_id: str) -> None:
    """End the previous text of a token now. Idempotent."""
    context.services.token_rotation.end_previous(context.username, token_id)


def token_view(token: Token, reservations: list[ReservationView], now: float) -> TokenView:
    """Return a token as its owner sees it. `now` is epoch seconds."""
    return TokenView(
        **msgspec.structs.asdict(token_description(token, reservations, now)),
        networks=[
            NetworkUse(network=network, first_used_at=at) for network, at in token.networks.items()
        ],
    )


def token_description(
    token: Token, reservations: list[ReservationView], now: float
) -> TokenDescription:
    """Return what both the owner and the holder of a token see. `now` is epoch seconds."""
    return TokenDescription(
        token_id=token.token_id,
        name=token.name,
        hint=token.hint,
        apis=list(token.apis),
        methods=list(token.methods),
        path_prefixes=list(token.path_prefixes),
        created_at=token.created_at,
        expires_at=token.expires_at,
        expires_in=None if token.expires_at is None else token.expires_at - token.created_at,
        limit=token.limit,
        window=token.window,
        last_used_at=token.last_used_at,
        clients=[ClientUse(client=client, last_used_at=at) for client, at in token.clients.items()],
        expired=token.expires_at is not None and token.expires_at <= now,
        rehearsal=(
            SimulatedLimitView(share=token.simulated_limits.share)
            if token.simulated_limits
            else None
        ),
        reservations=reservations,
        allowed_ips=list(token.allowed_ips),
        previous=_previous(token, now),
    )


def _previous(token: Token, now: float) -> PreviousText | None:
    if token.previous_until is None or not token.has_previous(now):
        return None
    return PreviousText(expires_at=token.previous_until, last_used_at=token.previous_used_at)
