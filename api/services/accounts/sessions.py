"""Sessions: open at sign-in, check at every call, rotate at refresh, end at sign-out."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import msgspec

from api.errors import Problem
from api.logs import log_event
from api.secret import Secret
from api.services.accounts.claims import REFRESH_SECONDS, Claims, verify_token
from api.services.accounts.passwords import constant_time_equal
from api.services.accounts.throttling import network
from api.services.audit.trail import AuditTrail
from api.storage.sessions import Session, Sessions
from api.storage.users import User


class IssuedSession(msgspec.Struct, frozen=True):
    """A session that needs new tokens. `refresh_id` becomes the refresh token's `jti`."""

    username: str
    session_id: str
    refresh_id: str
    kind: str


class SessionService:
    """Opens, checks, rotates and ends sessions.

    `secret` signs session tokens. `clock` returns epoch seconds. With `needs_second_factor`, a
    session of a user who has none is good only for setting one up.
    """

    def __init__(
        self,
        storage: Sessions,
        secret: Secret,
        clock: Callable[[], float],
        needs_second_factor: bool = False,
    ) -> None:
        self._storage = storage
        self.needs_second_factor = needs_second_factor
        self._secret = secret
        self._clock = clock

    def open(self, user: User, kind: str, source: str, user_agent: str) -> IssuedSession:
        """Store a new session for a user who has proved who they are. `kind` is token or cookie.

        If the account then has more sessions than it may, those used longest ago end (S44).
        """
        now = int(self._clock())
        issued = IssuedSession(user.username, secrets.token_hex(16), secrets.token_hex(16), kind)
        number = self._storage.create(
            user.username,
            Session(
                session_id=issued.session_id,
                refresh_id=issued.refresh_id,
                kind=kind,
                auth_version=user.auth_version,
                created_at=now,
                refreshed_at=now,
                expires_at=now + REFRESH_SECONDS,
                source=source,
                user_agent=user_agent[:200],
                verified_at=now,
            ),
            network(source),
        )
        # An account of an older version can have sessions that were never counted.
        if number == 1 or self._storage.is_over_cap(number):
            ended = self._storage.end_oldest(user.username, now, issued.session_id)
            if ended:
                log_event("sessions_ended", user=user.username, number=ended)
        return issued

    def read_access(self, text: str) -> Claims | None:
        """Return the claims of a valid access token, or None.

        Does not read the database: the token's session may have ended, see `is_active`.
        """
        return verify_token(text, self._secret, "access")

    def load(self, claims: Claims) -> tuple[User, Session] | None:
        """Return the user and the session of a token, or None if the session is not active.

        One database trip.
        """
        user, session = self._storage.with_user(claims.username, claims.session_id)
        if user is None or session is None or not self.is_active(user, session):
            return None
        return user, session

    def is_active(self, user: User | None, session: Session | None) -> bool:
        """Return whether a session can still be used.

        A session ends at sign-out, when it expires, when the user's password changes and when the
        account is deleted (S17).
        """
        return (
            user is not None
            and session is not None
            and not user.deleting
            and session.auth_version == user.auth_version
            and session.expires_at > self._clock()
        )

    def require_second_factor(self, user: User) -> None:
        """Raise Problem(second_factor_setup_required) for a user who must first set up a factor."""
        if self.needs_second_factor and not user.second_factor:
            raise Problem(
                "second_factor_setup_required",
                "This dashboard requires a second factor. Sign in to the dashboard and set up a "
                "passkey or an authenticator app.",
            )

    def rotate(self, claims: Claims, audit: AuditTrail) -> IssuedSession:
        """Replace a session's refresh token. `claims` are from a valid refresh token.

        A refresh token that was used before ends the whole session (RFC 9700 4.14.2).
        Raises Problem(invalid_refresh_token).
        """
        loaded = self.load(claims)
        if loaded is None:
            raise invalid_refresh_token()
        _, session = loaded
        if not constant_time_equal(session.refresh_id, claims.token_id):
            raise self._reused(claims, audit)
        username, refresh_id, now = claims.username, secrets.token_hex(16), int(self._clock())
        if not self._storage.rotate(username, session, refresh_id, now, now + REFRESH_SECONDS):
            raise self._reused(claims, audit)
        return IssuedSession(username, session.session_id, refresh_id, session.kind)

    def end(self, claims: Claims, audit: AuditTrail) -> None:
        """Sign out: end the session of a valid refresh token. Idempotent.

        The session's access tokens end with it.
        """
        # Nothing is recorded for an account or session that is gone.
        if self.load(claims) is not None:
            audit.opened(claims.session_id)
            audit.begin(claims.username)
        self._storage.delete(claims.username, claims.session_id)
        log_event("signed_out", user=claims.username)

    def end_by_id(self, username: str, session_id: str) -> None:
        """End any session of a user. Raises Problem(session_not_found)."""
        if not self._storage.delete(username, session_id):
            raise Problem(
                "session_not_found", "There is no session with this id. It may have ended already."
            )

    def _reused(self, claims: Claims, audit: AuditTrail) -> Problem:
        audit.opened(claims.session_id)
        audit.begin(claims.username)
        log_event("refresh_token_reused", level="warning", user=claims.username)
        self._storage.delete(claims.username, claims.session_id)
        audit.succeeded()
        return invalid_refresh_token()


def authentication_required() -> Problem:
    """Return the problem for a call without a valid credential."""
    return Problem(
        "authentication_required",
        "The call has no valid access token or personal access token (apd_...). Send one as a "
        "Bearer token; at /proxy you can also send it where the API expects its own key.",
    )


def invalid_refresh_token() -> Problem:
    """Return the problem for a refresh token that is malformed, expired, used or revoked."""
    return Problem("invalid_refresh_token", "This refresh token is not valid. Sign in again.")
