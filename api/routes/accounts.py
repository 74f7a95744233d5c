"""The endpoints of sign-up, tokens of a session, `/api/me` and `/api/sessions`."""

from __future__ import annotations

from api.client_family import client_family
from api.endpoint import (
    EndpointGroup,
    RequestContext,
    ViewResponse,
    always,
    with_second_factor,
)
from api.logs import log_event
from api.routes.cookies import (
    clear_cookie,
    clear_device_cookie,
    cookie_token,
)
from api.routes.paging import PageQuery, page_body, position
from api.routes.sign_in import token_response
from api.schemas.accounts import (
    ChangePassword,
    ChangeProfile,
    ConfirmPassword,
    Profile,
    Refresh,
    Register,
    SessionView,
    TokenPair,
)
from api.schemas.fields import listing
from api.secret import Secret
from api.services.accounts.throttling import network
from api.session_auth import read_refresh_token
from api.storage.sessions import Session
from api.storage.users import User

group = EndpointGroup("Accounts")


@group.endpoint(
    "POST", "/api/auth/register", "Sign up", body=Register, status=201, response=Profile,
    problems=("username_taken", "invite_required", "sign_up_closed", "too_many_attempts",
              "too_many_accounts"),
    signed_in=False, audit="account.create",
)  # fmt: skip
def register(context: RequestContext, body: Register) -> Profile:
    """Create an account."""
    invite = Secret(body.invite_code) if body.invite_code is not None else None
    user = context.services.accounts.register(
        body.username,
        body.email,
        Secret(body.password),
        invite,
        context.raw_request.source,
        context.audit,
    )
    return _profile(context, user)


@group.endpoint(
    "POST", "/api/auth/refresh", "Get a new access token", body=Refresh, body_optional=True,
    response=TokenPair, problems=("invalid_refresh_token", "cross_origin_refused"),
    signed_in=False, audit="session.reuse",
)  # fmt: skip
def refresh(context: RequestContext, body: Refresh) -> ViewResponse:
    """Replace both tokens of a session. The refresh token that was sent stops working."""
    claims = read_refresh_token(_sent_refresh_token(context, body))
    return token_response(context, context.services.sessions.rotate(claims, context.audit))


@group.endpoint(
    "POST", "/api/auth/logout", "Sign out", body=Refresh, body_optional=True, status=204,
    problems=("invalid_refresh_token", "cross_origin_refused"), signed_in=False,
    audit="session.end",
)  # fmt: skip
def logout(context: RequestContext, body: Refresh) -> ViewResponse:
    """End a session and its access tokens."""
    claims = read_refresh_token(_sent_refresh_token(context, body))
    context.services.sessions.end(claims, context.audit)
    return ViewResponse(None, (clear_cookie(context.raw_request),))


@group.endpoint("GET", "/api/me", "Read the profile", response=Profile, in_set_up=True)
def read_profile(context: RequestContext) -> Profile:
    """Return the signed-in user."""
    return _profile(context, context.current_user)


@group.endpoint(
    "PATCH", "/api/me", "Change the profile", body=ChangeProfile, response=Profile,
    problems=("conflict",), step_up=always, audit="account.update",
)  # fmt: skip
def change_profile(context: RequestContext, body: ChangeProfile) -> Profile:
    """Change the email address."""
    context.audit.before(context.current_user)
    return _profile(context, context.services.accounts.set_email(context.current_user, body.email))


@group.endpoint(
    "DELETE", "/api/me", "Delete the account and everything in it", body=ConfirmPassword,
    status=204, problems=("wrong_password", "too_many_attempts"), step_up=with_second_factor,
    audit="account.delete",
)  # fmt: skip
def delete_account(context: RequestContext, body: ConfirmPassword) -> ViewResponse:
    """Delete the account and everything in it."""
    context.services.accounts.delete(
        context.current_user,
        Secret(body.password),
        context.current_session.session_id,
        context.raw_request.source,
    )
    cleared = (
        clear_cookie(context.raw_request),
        clear_device_cookie(context.raw_request, context.username),
    )
    return ViewResponse(None, cleared)


@group.endpoint(
    "POST", "/api/me/password", "Change the password", body=ChangePassword, status=204,
    problems=("wrong_password", "too_many_attempts", "conflict"), step_up=with_second_factor,
    audit="account.password",
)  # fmt: skip
def change_password(context: RequestContext, body: ChangePassword) -> ViewResponse:
    """Change the password and end every session."""
    current, new = Secret(body.current_password), Secret(body.new_password)
    context.services.accounts.set_password(
        context.current_user,
        current,
        new,
        context.current_session.session_id,
        context.raw_request.source,
    )
    return ViewResponse(None, (clear_cookie(context.raw_request),))


@group.endpoint(
    "POST", "/api/me/exports", "Confirm an export of the account's data", status=204,
    step_up=always, audit="account.export",
)  # fmt: skip
def start_export(context: RequestContext) -> None:
    """Require a step-up and record the export. The page then reads the data with other requests."""
    log_event("account_exported", user=context.username, source=context.raw_request.source)


@group.endpoint(
    "GET", "/api/sessions", "List the sessions", query=PageQuery, response=listing(SessionView),
    problems=("invalid_cursor",),
)  # fmt: skip
def list_sessions(context: RequestContext, query: PageQuery) -> dict[str, object]:
    """List the active sessions of the user."""
    after = position(context, "sessions", query.cursor)
    page = context.services.session_storage.page(context.username, query.limit, after)
    views = [
        _session_view(session, context.session)
        for session in page.items
        if context.services.sessions.is_active(context.current_user, session)
    ]
    return page_body(context, "sessions", views, page.next)


@group.endpoint(
    "DELETE", "/api/sessions/{session_id}", "End a session", status=204,
    problems=("session_not_found",), audit="session.end",
)  # fmt: skip
def end_session(context: RequestContext, session_id: str) -> None:
    """End one of the user's sessions."""
    context.services.sessions.end_by_id(context.username, session_id)


def _profile(context: RequestContext, user: User) -> Profile:
    is_required = context.services.second_factors.is_required
    return Profile(
        username=user.username,
        email=user.email,
        created_at=user.created_at,
        second_factor=user.second_factor,
        second_factor_required=is_required,
        second_factor_setup_required=is_required and not user.second_factor,
    )


def _session_view(session: Session, current: Session | None) -> SessionView:
    return SessionView(
        session_id=session.session_id,
        kind=session.kind,
        created_at=session.created_at,
        refreshed_at=session.refreshed_at,
        expires_at=session.expires_at,
        source=session.source,
        user_agent=session.user_agent,
        network=network(session.source),
        client=client_family([("User-Agent", session.user_agent)]),
        verified_at=session.verified_at,
        current=current is not None and session.session_id == current.session_id,
    )


def _sent_refresh_token(context: RequestContext, body: Refresh) -> str:
    if body.refresh_token is not None:
        return body.refresh_token
    return cookie_token(context.raw_request, context.services.public_url)
