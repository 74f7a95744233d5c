"""`/api/auth/*`, `/api/me` and `/api/sessions`."""

from __future__ import annotations

from api.endpoint import Answer, Call, Group
from api.errors import Problem
from api.routes.cookies import clear_cookie, cookie_token, set_cookie
from api.routes.paging import PageQuery, page_answer, position
from api.schemas.accounts import (
    ChangePassword,
    ChangeProfile,
    ConfirmPassword,
    Login,
    Profile,
    Refresh,
    Register,
    SessionTokens,
    SessionView,
)
from api.schemas.fields import listing
from api.secret import Secret
from api.services.accounts.sessions import IssuedSession
from api.storage.sessions import Session
from api.storage.users import User

group = Group("Accounts")


@group.endpoint(
    "POST", "/api/auth/register", "Sign up", body=Register, status=201, answer=Profile,
    problems=("username_taken", "invite_required", "sign_up_closed", "too_many_attempts"),
    signed_in=False,
)  # fmt: skip
def register(call: Call, body: Register) -> Profile:
    """A new account."""
    invite = Secret(body.invite_code) if body.invite_code is not None else None
    return _profile(
        call.services.accounts.register(
            body.username, body.email, Secret(body.password), invite, call.wire.source
        )
    )


@group.endpoint(
    "POST", "/api/auth/login", "Sign in", body=Login, answer=SessionTokens,
    problems=("invalid_credentials", "too_many_attempts"), signed_in=False,
)  # fmt: skip
def login(call: Call, body: Login) -> Answer:
    """A session, as two tokens or as an access token and a cookie."""
    issued = call.services.accounts.sign_in(
        body.username,
        Secret(body.password),
        body.session,
        call.wire.source,
        call.wire.header("user-agent") or "",
    )
    return _tokens(call, issued)


@group.endpoint(
    "POST", "/api/auth/refresh", "Get a new access token", body=Refresh, body_optional=True,
    answer=SessionTokens, problems=("invalid_refresh_token", "cross_origin_refused"),
    signed_in=False,
)  # fmt: skip
def refresh(call: Call, body: Refresh) -> Answer:
    """A new pair; the refresh token given is used up."""
    return _tokens(call, call.services.sessions.rotate(_refresh_token(call, body)))


@group.endpoint(
    "POST", "/api/auth/logout", "Sign out", body=Refresh, body_optional=True, status=204,
    problems=("invalid_refresh_token", "cross_origin_refused"), signed_in=False,
)  # fmt: skip
def logout(call: Call, body: Refresh) -> Answer:
    """End the session; its access tokens end with it."""
    call.services.sessions.end(_refresh_token(call, body))
    return Answer(None, (clear_cookie(call.wire),))


@group.endpoint("GET", "/api/me", "Read the profile", answer=Profile)
def read_profile(call: Call) -> Profile:
    """The signed-in user."""
    return _profile(call.signed_in)


@group.endpoint(
    "PATCH", "/api/me", "Change the profile", body=ChangeProfile, answer=Profile,
    problems=("conflict",),
)  # fmt: skip
def change_profile(call: Call, body: ChangeProfile) -> Profile:
    """A new e-mail address."""
    return _profile(call.services.accounts.set_email(call.signed_in, body.email))


@group.endpoint(
    "DELETE", "/api/me", "Delete the account and everything in it", body=ConfirmPassword,
    status=204, problems=("wrong_password", "too_many_attempts"),
)  # fmt: skip
def delete_account(call: Call, body: ConfirmPassword) -> Answer:
    """The end of the account."""
    call.services.accounts.delete(call.signed_in, Secret(body.password), call.wire.source)
    return Answer(None, (clear_cookie(call.wire),))


@group.endpoint(
    "POST", "/api/me/password", "Change the password", body=ChangePassword, status=204,
    problems=("wrong_password", "too_many_attempts", "conflict"),
)  # fmt: skip
def change_password(call: Call, body: ChangePassword) -> Answer:
    """A new password; every session ends."""
    call.services.accounts.set_password(
        call.signed_in,
        Secret(body.current_password),
        Secret(body.new_password),
        call.wire.source,
    )
    return Answer(None, (clear_cookie(call.wire),))


@group.endpoint(
    "GET", "/api/sessions", "List the sessions", query=PageQuery, answer=listing(SessionView),
    problems=("invalid_cursor",),
)  # fmt: skip
def list_sessions(call: Call, query: PageQuery) -> dict[str, object]:
    """Where the user is signed in."""
    after = position(call, "sessions", query.cursor)
    page = call.services.session_storage.page(call.username, query.limit, after)
    views = [
        _session_view(call, session)
        for session in page.items
        if call.services.sessions.holds(call.user, session)
    ]
    return page_answer(call, "sessions", views, page.next)


@group.endpoint(
    "DELETE", "/api/sessions/{session_id}", "End a session", status=204,
    problems=("session_not_found",),
)  # fmt: skip
def end_session(call: Call, session_id: str) -> None:
    """Sign out elsewhere."""
    if not call.services.session_storage.delete(call.username, session_id):
        raise Problem("session_not_found", "There is no such session.")


def _session_view(call: Call, session: Session) -> SessionView:
    return SessionView(
        session_id=session.session_id,
        kind=session.kind,
        created_at=session.created_at,
        refreshed_at=session.refreshed_at,
        expires_at=session.expires_at,
        source=session.source,
        user_agent=session.user_agent,
        current=call.session is not None and session.session_id == call.session.session_id,
    )


def _profile(user: User) -> Profile:
    return Profile(username=user.username, email=user.email, created_at=user.created_at)


def _tokens(call: Call, issued: IssuedSession) -> Answer:
    access = issued.access_token.reveal()
    if issued.kind == "cookie":
        return Answer(
            SessionTokens(access_token=access, expires_in=issued.expires_in),
            (set_cookie(call.wire, issued.refresh_token, issued.refresh_expires_in),),
        )
    return Answer(
        SessionTokens(
            access_token=access,
            expires_in=issued.expires_in,
            refresh_token=issued.refresh_token.reveal(),
        )
    )


def _refresh_token(call: Call, body: Refresh) -> str:
    if body.refresh_token is not None:
        return body.refresh_token
    return cookie_token(call.wire, call.services.public_url)
