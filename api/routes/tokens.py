"""`/api/tokens`."""

from __future__ import annotations

import msgspec

from api.endpoint import Call, Group
from api.routes.paging import PageQuery, page_answer, position
from api.schemas.fields import listing
from api.schemas.limits import ReservationView
from api.schemas.tokens import ChangeToken, CreatedToken, CreateToken, RehearsalView, TokenView
from api.storage.tokens import Token

group = Group("Tokens")


@group.endpoint(
    "GET", "/api/tokens", "List the tokens", query=PageQuery, answer=listing(TokenView),
    problems=("invalid_cursor",),
)  # fmt: skip
def list_tokens(call: Call, query: PageQuery) -> dict[str, object]:
    """The personal access tokens, without the tokens themselves."""
    after = position(call, "tokens", query.cursor)
    page = call.services.tokens.page(call.username, query.limit, after)
    now = call.services.clock()
    reservations = call.services.reservations.all(call.username)
    views = [_view(token, reservations.get(token.token_id, []), now) for token in page.items]
    return page_answer(call, "tokens", views, page.next)


@group.endpoint(
    "POST", "/api/tokens", "Make a token", body=CreateToken, status=201, answer=CreatedToken,
    problems=("conflict",),
)  # fmt: skip
def create_token(call: Call, body: CreateToken) -> CreatedToken:
    """A new token, shown this once."""
    token, text = call.services.tokens.create(call.username, body)
    view = _view(token, [], call.services.clock())
    return CreatedToken(token=text, **msgspec.structs.asdict(view))


@group.endpoint(
    "PATCH", "/api/tokens/{token_id}", "Change a token", body=ChangeToken, answer=TokenView,
    problems=("token_not_found", "conflict"),
)  # fmt: skip
def change_token(call: Call, token_id: str, body: ChangeToken) -> TokenView:
    """It holds from the next call on; the token itself stays the same."""
    token = call.services.tokens.change(call.username, token_id, body)
    reservations = call.services.reservations.all(call.username)
    return _view(token, reservations.get(token_id, []), call.services.clock())


@group.endpoint(
    "DELETE", "/api/tokens/{token_id}", "Revoke a token", status=204,
    problems=("token_not_found",),
)  # fmt: skip
def revoke_token(call: Call, token_id: str) -> None:
    """The token ends at once, and its reservations with it."""
    call.services.tokens.revoke(call.username, token_id)


def _view(token: Token, reservations: list[ReservationView], now: float) -> TokenView:
    return TokenView(
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
        expired=token.expires_at is not None and token.expires_at <= now,
        rehearsal=(
            RehearsalView(share=token.simulated_limits.share) if token.simulated_limits else None
        ),
        reservations=reservations,
    )
