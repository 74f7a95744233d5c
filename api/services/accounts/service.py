"""Accounts: sign-up, sign-in, the profile, the password and deletion."""

from __future__ import annotations

import re
from collections.abc import Callable

from api import processor_work
from api.errors import Problem
from api.logs import log_event
from api.schemas.fields import SignUp
from api.secret import Secret
from api.services.accounts import usernames
from api.services.accounts.devices import Devices
from api.services.accounts.password_strength import weakness
from api.services.accounts.passwords import (
    constant_time_equal,
    hash_password,
    verify_password,
)
from api.services.accounts.sessions import IssuedSession, SessionService
from api.services.accounts.throttling import Throttling, network
from api.services.audit.trail import AuditTrail
from api.storage.known_sources import KnownSources
from api.storage.sessions import Sessions
from api.storage.table import ConditionFailed
from api.storage.users import NameTaken, User, Users

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f.]+(?:\.[^@\s\x00-\x1f\x7f.]+)+")

# Not a valid username.
_NOBODY = "-"


class AccountService:
    """The rules of accounts. `sign_up` is open, invite or closed. `clock` returns epoch seconds."""

    def __init__(
        self,
        users: Users,
        session_storage: Sessions,
        sessions: SessionService,
        known_sources: KnownSources,
        throttling: Throttling,
        devices: Devices,
        clock: Callable[[], float],
        sign_up: SignUp,
        invite_code: Secret | None,
    ) -> None:
        self._users = users
        self._session_storage = session_storage
        self._sessions = sessions
        self._known_sources = known_sources
        self._throttling = throttling
        self._devices = devices
        self._clock = clock
        self.sign_up = sign_up
        self._invite_code = invite_code

    def register(
        self,
        username: str,
        email: str,
        password: Secret,
        invite_code: Secret | None,
        source: str,
        audit: AuditTrail,
    ) -> User:
        """Create an account. `source` is the client's address.

        Exactly one of several simultaneous sign-ups for one username, or for look-alikes, succeeds.

        Raises Problem: sign_up_closed, invite_required, username_taken, invalid_field,
        too_many_attempts or too_many_accounts.
        """
        now = int(self._clock())
        if self.sign_up == "closed":
            raise Problem(
                "sign_up_closed",
                "This dashboard does not accept new accounts. Ask its operator for one.",
            )
        name = usernames.canonical(username)
        if name is None:
            raise Problem("invalid_field", usernames.RULE, field="username")
        _require_email(email)
        _require_strength(password, name, email, "password")
        processor_work.require_free()
        self._throttling.attempt_sign_up(source, now)
        if self.sign_up == "invite":
            self._throttling.attempt_invite(source, now)
            self._require_invite(invite_code)
            self._throttling.invite_succeeded(source, now)
        self._throttling.reserve_account(source, now)
        user = User(name, hash_password(password.reveal()), email, now)
        for _ in range(2):
            try:
                self._users.create(user, usernames.skeleton(name), audit.item_of(name))
            except NameTaken as error:
                if error.deleting is None:
                    break
                self._users.remove(name, usernames.skeleton(name))
            else:
                log_event("signed_up", user=name, source=source)
                return user
        self._throttling.account_failed(source, now)
        raise Problem(
            "username_taken",
            "This username, or one that looks like it, is taken. Choose another one.",
            field="username",
        )

    def sign_in(
        self,
        username: str,
        password: Secret,
        kind: str,
        source: str,
        user_agent: str,
        audit: AuditTrail,
        device_cookie: str | None = None,
    ) -> IssuedSession:
        """Open a session. `kind` is token or cookie. `device_cookie` is from `Devices`.

        The audit log has each attempt with a name that exists, and sums the throttled ones.

        An unknown username and a wrong password raise the same Problem(invalid_credentials) after
        the same work. Raises Problem(too_many_attempts) and Problem(server_busy).
        """
        processor_work.require_free()
        now = int(self._clock())
        name = usernames.canonical(username)
        account = name or username[:256].casefold()
        # An invalid name is looked up too, under a name that nobody has, so that it takes as long.
        address = network(source)
        user, known = self._known_sources.with_user(name or _NOBODY, address, now)
        device = self._devices.device(account, device_cookie)
        existing_name = user.username if user is not None and not user.deleting else None
        try:
            self._throttling.attempt_sign_in(account, source, now, known, device)
        except Problem as problem:
            audit.refuse(existing_name, problem.code)
            raise
        correct = verify_password(password.reveal(), user.password if user else None)
        if user is None or not correct:
            # An unknown username is not logged: it can be a password in the wrong field.
            log_event("sign_in_failed", level="warning", user=existing_name, source=source)
            wrong = _invalid_credentials()
            audit.refuse(existing_name, wrong.code)
            raise wrong
        if user.deleting:
            self._users.remove(user.username, usernames.skeleton(user.username))
            raise _invalid_credentials()
        audit.begin(user.username)
        self._throttling.sign_in_succeeded(account, source, now, known, device)
        log_event("signed_in", user=user.username, source=source, kind=kind)
        issued = self._sessions.open(user, kind, source, user_agent)
        audit.opened(issued.session_id)
        return issued

    def set_email(self, user: User, email: str) -> User:
        """Change the email address. Raises Problem: invalid_field or conflict."""
        _require_email(email)
        try:
            self._users.set_email(user.username, email)
        except ConditionFailed as error:
            raise Problem("conflict", "The account was deleted by another request.") from error
        return User(user.username, user.password, email, user.created_at, user.auth_version)

    def set_password(
        self, user: User, current: Secret, new: Secret, session_id: str, source: str
    ) -> None:
        """Change the password and end every session at once, including the current one.

        `session_id` is the session of the request, `source` the client's address.

        Raises Problem: wrong_password, invalid_field, conflict or too_many_attempts.
        """
        self._require_password(user, current, session_id, source)
        _require_strength(new, user.username, user.email, "new_password")
        try:
            self._users.set_password(user, hash_password(new.reveal()))
        except ConditionFailed as error:
            raise Problem(
                "conflict", "The password was changed by another request. Sign in with the new one."
            ) from error
        self._session_storage.delete_all(user.username)
        log_event("password_changed", user=user.username, source=source)

    def delete(self, user: User, password: Secret, session_id: str, source: str) -> None:
        """Delete the account with all its items and free its username.

        If the process is interrupted, the account stays closed, and the next sign-in or sign-up
        with its username completes the deletion.

        Raises Problem: wrong_password or too_many_attempts.
        """
        self._require_password(user, password, session_id, source)
        self._users.begin_deletion(user.username)
        log_event("account_deleted", user=user.username, source=source)
        self._users.remove(user.username, usernames.skeleton(user.username))

    def _require_password(self, user: User, password: Secret, session_id: str, source: str) -> None:
        processor_work.require_free()
        now = int(self._clock())
        self._throttling.attempt_confirmation(user.username, session_id, now)
        if not verify_password(password.reveal(), user.password):
            log_event("password_wrong", level="warning", user=user.username, source=source)
            raise Problem("wrong_password", "The current password is wrong. Enter it again.")
        self._throttling.confirmed(user.username, session_id, now)

    def _require_invite(self, given: Secret | None) -> None:
        expected = self._invite_code
        if (
            expected is None
            or given is None
            or not constant_time_equal(given.reveal(), expected.reveal())
        ):
            raise Problem(
                "invite_required",
                "Sign-up needs a valid invite code. Ask the operator for one.",
                field="invite_code",
            )


def _invalid_credentials() -> Problem:
    return Problem(
        "invalid_credentials", "The username or the password is wrong. Check both and try again."
    )


def _require_email(email: str) -> None:
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise Problem(
            "invalid_field",
            "This is not an email address. Enter one such as ada@example.com.",
            field="email",
        )


def _require_strength(password: Secret, username: str, email: str, field: str) -> None:
    reason = weakness(password.reveal(), username, email)
    if reason is not None:
        raise Problem("invalid_field", reason, field=field)
