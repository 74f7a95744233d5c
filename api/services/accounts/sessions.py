"""Sessions: sign-in, rotation of refresh tokens, and the check that every call with a JWT
passes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import msgspec

from api.errors import Problem
from api.logs import log_event
from api.secret import Secret
from api.services.accounts.claims import ACCESS_SECONDS, REFRESH_SECONDS, Claims, SessionTokens
from api.services.accounts.passwords import same
from api.storage.sessions import Session, Sessions
from api.storage.users import User


class IssuedSession(msgspec.Struct, frozen=True):
    """What a sign-in or a refresh gives. Lifetimes in seconds."""

    access_token: Secret
    refresh_token: Secret
    kind: str
    expires_in: int = ACCESS_SECONDS
    refresh_expires_in: int = REFRESH_SECONDS


class SessionService:
    """Opens, checks, rotates and ends sessions. `clock` gives epoch seconds."""

    def __init__(
        self, storage: Sessions, tokens: Callable[[], SessionTokens], clock: Callable[[], float]
    ) -> None:
        self._storage = storage
        self._tokens = tokens
        self._clock = clock

    def open(self, user: User, kind: str, source: str, user_agent: str) -> IssuedSession:
        """A new session of a user whose password was right. `kind`: token or cookie."""
        now = int(self._clock())
        session_id = secrets.token_hex(16)
        refresh, refresh_id = self._tokens().refresh(user.username, session_id)
        self._storage.create(
            user.username,
            Session(
                session_id=session_id,
                refresh_id=refresh_id,
                kind=kind,
                auth_version=user.auth_version,
                created_at=now,
                refreshed_at=now,
                expires_at=now + REFRESH_SECONDS,
                source=source,
                user_agent=user_agent[:200],
            ),
        )
        return self._issue(user.username, session_id, refresh, kind)

    def read_access(self, text: str) -> Claims | None:
        """The claims of an access token that is good by itself; `holds` checks its session."""
        return self._tokens().read(text, "access")

    def authenticate(self, text: str) -> tuple[User, Session]:
        """The user and session of an access token. Raises Problem(authentication_required)."""
        claims = self.read_access(text)
        if claims is not None:
            user, session = self._storage.with_user(claims.username, claims.session_id)
            if user is not None and session is not None and self.holds(user, session):
                return user, session
        raise authentication_required()

    def holds(self, user: User | None, session: Session | None) -> bool:
        """Whether a session still stands: not ended, not outlived, not from before a new
        password.
        """
        return (
            user is not None
            and session is not None
            and not user.deleting
            and session.auth_version == user.auth_version
            and session.expires_at > self._clock()
        )

    def rotate(self, text: str) -> IssuedSession:
        """A new pair for a refresh token, which is used up by it.

        One that was used before ends the whole session (RFC 9700 4.14.2).
        Raises Problem(invalid_refresh_token).
        """
        username, session = self._of_refresh(text)
        refresh, refresh_id = self._tokens().refresh(username, session.session_id)
        now = int(self._clock())
        if not self._storage.rotate(username, session, refresh_id, now, now + REFRESH_SECONDS):
            self._end_reused(username, session.session_id)
            raise _invalid_refresh()
        return self._issue(username, session.session_id, refresh, session.kind)

    def end(self, text: str) -> None:
        """Sign out by refresh token: the session's access tokens end with it. Again is no error."""
        claims = self._tokens().read(text, "refresh")
        if claims is None:
            raise _invalid_refresh()
        self._storage.delete(claims.username, claims.session_id)
        log_event("signed_out", user=claims.username)

    def _of_refresh(self, text: str) -> tuple[str, Session]:
        claims = self._tokens().read(text, "refresh")
        if claims is None:
            raise _invalid_refresh()
        user, session = self._storage.with_user(claims.username, claims.session_id)
        if user is None or session is None or not self.holds(user, session):
            raise _invalid_refresh()
        if not same(session.refresh_id, claims.token_id):
            self._end_reused(claims.username, claims.session_id)
            raise _invalid_refresh()
        return claims.username, session

    def _end_reused(self, username: str, session_id: str) -> None:
        log_event("refresh_token_reused", level="warning", user=username)
        self._storage.delete(username, session_id)

    def _issue(self, username: str, session_id: str, refresh: str, kind: str) -> IssuedSession:
        access = self._tokens().access(username, session_id)
        return IssuedSession(Secret(access), Secret(refresh), kind)


def authentication_required() -> Problem:
    """The answer to a call without a good credential."""
    return Problem(
        "authentication_required",
        "Send a valid access token or personal access token (apd_...). At /proxy it stands where "
        "the API's own key would.",
    )


def _invalid_refresh() -> Problem:
    return Problem("invalid_refresh_token", "Sign in again: this refresh token is not valid.")
