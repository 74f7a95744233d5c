"""The endpoints that open a session: by password, with a second factor, or by passkey."""

from __future__ import annotations

from functools import partial

import msgspec
from msgspec import UNSET

from api.endpoint import EndpointGroup, RequestContext, ViewResponse
from api.routes.cookies import device_value, set_cookie, set_device_cookie
from api.schemas.accounts import Login, TokenPair
from api.schemas.second_factor import (
    PasskeyOptions,
    PasskeySignIn,
    SecondFactorSignIn,
)
from api.secret import Secret
from api.services.accounts.caller import Caller
from api.services.accounts.claims import ACCESS_SECONDS
from api.services.accounts.sessions import IssuedSession
from api.services.accounts.sign_in import SignedIn
from api.session_auth import access_token, refresh_token

group = EndpointGroup("Accounts")


@group.endpoint(
    "POST", "/api/auth/login", "Sign in", body=Login, response=TokenPair,
    problems=("invalid_credentials", "second_factor_required", "invalid_second_factor",
              "secret_unreadable", "too_many_attempts"),
    signed_in=False, audit="session.create",
)  # fmt: skip
def login(context: RequestContext, body: Login) -> ViewResponse:
    """Open a session. Returns two tokens, or an access token and a cookie."""
    code = Secret(body.code) if body.code is not None else None
    signed_in = context.services.sign_in.with_password(
        body.username, Secret(body.password), code, body.session, caller_of(context), context.audit
    )
    return _opened(context, signed_in)


@group.endpoint(
    "POST", "/api/auth/second-factor", "Complete a sign-in with a second factor",
    body=SecondFactorSignIn, response=TokenPair,
    problems=("invalid_second_factor", "challenge_expired", "passkeys_unavailable",
              "secret_unreadable", "too_many_attempts"),
    signed_in=False, audit="session.create",
)  # fmt: skip
def complete_sign_in(context: RequestContext, body: SecondFactorSignIn) -> ViewResponse:
    """Open the session of a sign-in that was answered with `second_factor_required`."""
    signed_in = context.services.sign_in.with_second_factor(
        body.pending,
        Secret(body.code) if body.code is not None else None,
        msgspec.to_builtins(body.passkey),
        caller_of(context),
        context.audit,
    )
    return _opened(context, signed_in)


@group.endpoint(
    "POST", "/api/auth/passkey/options", "Start a sign-in by passkey", response=PasskeyOptions,
    problems=("passkeys_unavailable",), signed_in=False,
)  # fmt: skip
def start_passkey_sign_in(context: RequestContext) -> PasskeyOptions:
    """Return a challenge for any passkey of this dashboard."""
    pending, options = context.services.sign_in.passkey_options(caller_of(context))
    return PasskeyOptions(pending=pending, options=options)


@group.endpoint(
    "POST", "/api/auth/passkey", "Sign in by passkey", body=PasskeySignIn, response=TokenPair,
    problems=("invalid_passkey", "challenge_expired", "passkeys_unavailable",
              "too_many_attempts"),
    signed_in=False, audit="session.create",
)  # fmt: skip
def sign_in_with_passkey(context: RequestContext, body: PasskeySignIn) -> ViewResponse:
    """Open a session. The passkey replaces the password and the second factor."""
    signed_in = context.services.sign_in.with_passkey(
        body.pending,
        msgspec.to_builtins(body.credential),
        body.session,
        caller_of(context),
        context.audit,
    )
    return _opened(context, signed_in)


def caller_of(context: RequestContext) -> Caller:
    """Return the facts of a request that sign-in and second factors need."""
    return Caller(
        context.raw_request,
        context.services.public_url,
        partial(device_value, context.raw_request),
    )


def token_response(
    context: RequestContext, session: IssuedSession, codes_left: int | None = None
) -> ViewResponse:
    """Return the tokens of a session, the refresh token in the body or as a cookie."""
    access, refresh = access_token(session), refresh_token(session)
    is_cookie = session.kind == "cookie"
    tokens = TokenPair(
        access_token=access,
        expires_in=ACCESS_SECONDS,
        refresh_token=UNSET if is_cookie else refresh.reveal(),
        recovery_codes_left=UNSET if codes_left is None else codes_left,
    )
    return ViewResponse(tokens, (set_cookie(context.raw_request, refresh),) if is_cookie else ())


def _opened(context: RequestContext, signed_in: SignedIn) -> ViewResponse:
    """Return the tokens of a new session; a browser also gets a cookie that makes it known."""
    session = signed_in.session
    response = token_response(context, session, signed_in.codes_left)
    if session.kind != "cookie":
        return response
    value = context.services.devices.issue(session.username)
    field = set_device_cookie(context.raw_request, session.username, value)
    return msgspec.structs.replace(response, headers=(*response.headers, field))
