"""Accounts: sign-up, the profile, the password and deletion. Sign-in is in sign_in.py."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from api import processor_work
from api.errors import Problem
from api.logs import log_event
from api.schemas.fields import SignUp
from api.secret import Secret
from api.services.accounts import usernames
from api.services.accounts.password_strength import weakness
from api.services.accounts.passwords import (
    constant_time_equal,
    hash_password,
    verify_password,
)
from api.services.accounts.throttling import Throttling
from api.services.audit.trail import AuditTrail
from api.services.notifications.security_notices import SecurityNotices
from api.storage.sessions import Sessions
from api.storage.table import ConditionFailed
from api.storage.users import NameTaken, User, Users

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f.]+(?:\.[^@\s\x00-\x1f\x7f.]+)+")


class AccountService:
    """The rules of accounts. `sign_up` is open, invite or closed. `clock` returns epoch seconds."""

    def __init__(
        self,
        users: Users,
        session_storage: Sessions,
        throttling: Throttling,
        clock: Callable[[], float],
        sign_up: SignUp,
        invite_code: Secret | None,
        notices: SecurityNotices,
    ) -> None:
        self._users = users
        self._session_storage = session_storage
        self._throttling = throttling
        self._clock = clock
        self.sign_up = sign_up
        self._invite_code = invite_code
        self._notices = notices

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

    def set_email(self, user: User, email: str) -> User:
        """Change the email address. Raises Problem: invalid_field or conflict."""
        _require_email(email)
        try:
            self._users.set_email(user.username, email)
        except ConditionFailed as error:
            raise Problem("conflict", "The account was deleted by another request.") from error
        return msgspec.structs.replace(user, email=email)

    def set_password(
        self, user: User, current: Secret, new: Secret, session_id: str, source: str
    ) -> None:
        """Change the password and end every session at once, including the current one.

        `session_id` is the session of the request, `source` the client's address.

        Raises Problem: wrong_password, invalid_field, conflict or too_many_attempts.
        """
        self.require_password(user, current, session_id, source)
        _require_strength(new, user.username, user.email, "new_password")
        try:
            self._users.set_password(user, hash_password(new.reveal()))
        except ConditionFailed as error:
            raise Problem(
                "conflict", "The password was changed by another request. Sign in with the new one."
            ) from error
        self._session_storage.delete_all(user.username)
        log_event("password_changed", user=user.username, source=source)
        self._notices.password_changed(user.username, source)

    def delete(self, user: User, password: Secret, session_id: str, source: str) -> None:
        """Delete the account with all its items and free its username.

        If the process is interrupted, the account stays closed, and the next sign-in or sign-up
        with its username completes the deletion.

        Raises Problem: wrong_password or too_many_attempts.
        """
        self.require_password(user, password, session_id, source)
        self._users.begin_deletion(user.username)
        log_event("account_deleted", user=user.username, source=source)
        self._users.remove(user.username, usernames.skeleton(user.username))

    def require_password(self, user: User, password: Secret, session_id: str, source: str) -> None:
        """Check the password of a signed-in user.

        Raises Problem: wrong_password, too_many_attempts or server_busy.
        """
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
