"""Accounts: sign-up, sign-in, the profile, the password, and the end of an account."""

from __future__ import annotations

import re
from collections.abc import Callable

from api.errors import Problem
from api.logs import log_event
from api.schemas.fields import SignUp
from api.secret import Secret
from api.services.accounts import usernames
from api.services.accounts.passwords import hash_password, same, verify_password, weakness
from api.services.accounts.sessions import IssuedSession, SessionService
from api.services.accounts.throttling import Throttling
from api.storage.sessions import Sessions
from api.storage.table import ConditionFailed
from api.storage.users import NameTaken, User, Users

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f.]+(?:\.[^@\s\x00-\x1f\x7f.]+)+")


class AccountService:
    """The rules of accounts. `sign_up` is open, invite or closed; `clock` gives epoch seconds."""

    def __init__(
        self,
        users: Users,
        session_storage: Sessions,
        sessions: SessionService,
        throttling: Throttling,
        clock: Callable[[], float],
        sign_up: SignUp,
        invite_code: Secret | None,
    ) -> None:
        self._users = users
        self._session_storage = session_storage
        self._sessions = sessions
        self._throttling = throttling
        self._clock = clock
        self.sign_up = sign_up
        self._invite_code = invite_code

    def register(
        self, username: str, email: str, password: Secret, invite_code: Secret | None, source: str
    ) -> User:
        """A new account. Of two at once for one name (or look-alikes) exactly one succeeds."""
        now = int(self._clock())
        if self.sign_up == "closed":
            raise Problem("sign_up_closed", "This dashboard takes no new accounts.")
        name = usernames.canonical(username)
        if name is None:
            raise Problem("invalid_field", usernames.RULE, field="username")
        _require_email(email)
        _require_strength(password, name, "password")
        self._throttling.attempt_sign_up(source, now)
        if self.sign_up == "invite":
            self._throttling.attempt_invite(source, now)
            self._require_invite(invite_code)
            self._throttling.invited(source, now)
        user = User(name, hash_password(password.reveal()), email, now)
        for _ in range(2):
            try:
                self._users.create(user, usernames.skeleton(name))
            except NameTaken as taken:
                if taken.deleting is None:
                    break
                self._users.remove(name, usernames.skeleton(name))
            else:
                log_event("signed_up", user=name, source=source)
                return user
        raise Problem(
            "username_taken",
            "That username, or one that looks like it, is taken. Choose another.",
            field="username",
        )

    def sign_in(
        self, username: str, password: Secret, kind: str, source: str, user_agent: str
    ) -> IssuedSession:
        """A session. A wrong name and a wrong password get the same answer after the same work."""
        now = int(self._clock())
        name = usernames.canonical(username)
        self._throttling.attempt_sign_in(name or username[:256].casefold(), source, now)
        user = self._users.get(name) if name is not None else None
        right = verify_password(password.reveal(), user.password if user else None)
        if user is None or not right:
            # A name that nobody has is not logged: it may be a password in the wrong field.
            known = user.username if user is not None else None
            log_event("sign_in_failed", level="warning", user=known, source=source)
            raise Problem("invalid_credentials", "The username or the password is wrong.")
        if user.deleting:
            self._users.remove(user.username, usernames.skeleton(user.username))
            raise Problem("invalid_credentials", "The username or the password is wrong.")
        self._throttling.succeeded(user.username, source, now)
        log_event("signed_in", user=user.username, source=source, kind=kind)
        return self._sessions.open(user, kind, source, user_agent)

    def set_email(self, user: User, email: str) -> User:
        """Change the address."""
        _require_email(email)
        try:
            self._users.set_email(user.username, email)
        except ConditionFailed as error:
            raise Problem("conflict", "The account was deleted meanwhile.") from error
        return User(user.username, user.password, email, user.created_at, user.auth_version)

    def set_password(self, user: User, current: Secret, new: Secret, source: str) -> None:
        """A new password; every session ends at once, this one too."""
        self._confirm(user, current, source)
        _require_strength(new, user.username, "new_password")
        try:
            self._users.set_password(user, hash_password(new.reveal()))
        except ConditionFailed as error:
            raise Problem("conflict", "The password was changed meanwhile.") from error
        self._session_storage.delete_all(user.username)
        log_event("password_changed", user=user.username, source=source)

    def delete(self, user: User, password: Secret, source: str) -> None:
        """End the account: nothing of it is left, and its name is free again.

        Killed half-way, the account stays closed, and the next sign-in or sign-up under the name
        finishes the deletion.
        """
        self._confirm(user, password, source)
        self._users.begin_deletion(user.username)
        log_event("account_deleted", user=user.username, source=source)
        self._users.remove(user.username, usernames.skeleton(user.username))

    def _confirm(self, user: User, password: Secret, source: str) -> None:
        now = int(self._clock())
        self._throttling.attempt_sign_in(user.username, source, now)
        if not verify_password(password.reveal(), user.password):
            log_event("password_wrong", level="warning", user=user.username, source=source)
            raise Problem("wrong_password", "The current password is wrong.")
        self._throttling.succeeded(user.username, source, now)

    def _require_invite(self, given: Secret | None) -> None:
        expected = self._invite_code
        if expected is None or given is None or not same(given.reveal(), expected.reveal()):
            raise Problem(
                "invite_required", "Sign-up needs a valid invite code.", field="invite_code"
            )


def _require_email(email: str) -> None:
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise Problem("invalid_field", "This is not an e-mail address.", field="email")


def _require_strength(password: Secret, username: str, field: str) -> None:
    reason = weakness(password.reveal(), username)
    if reason is not None:
        raise Problem("invalid_field", reason, field=field)
