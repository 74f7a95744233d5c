"""Sign-in: by password, with a second factor, or by passkey alone. Each way ends in `_open`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from api import processor_work
from api.errors import Problem
from api.logs import log_event
from api.secret import Secret
from api.services.accounts import usernames
from api.services.accounts.caller import Caller, Place
from api.services.accounts.devices import Devices
from api.services.accounts.passwords import verify_password
from api.services.accounts.sessions import IssuedSession, SessionService
from api.services.accounts.throttling import Throttling, network
from api.services.audit.trail import AuditTrail
from api.services.notifications.security_notices import SecurityNotices
from api.services.second_factor.challenges import Challenges, challenge_expired
from api.services.second_factor.passkey_protocol import request_options
from api.services.second_factor.verification import FactorVerifier, Verified
from api.storage.known_sources import KnownSources
from api.storage.passkeys import Passkeys
from api.storage.users import User, Users

# Not a valid username.
_NOBODY = "-"


class SignedIn(msgspec.Struct, frozen=True):
    """A new session. `codes_left` is how many recovery codes are left, if one was used."""

    session: IssuedSession
    codes_left: int | None = None


class SignInService:
    """Opens sessions. `clock` returns epoch seconds."""

    def __init__(
        self,
        users: Users,
        passkeys: Passkeys,
        sessions: SessionService,
        known_sources: KnownSources,
        throttling: Throttling,
        devices: Devices,
        verifier: FactorVerifier,
        challenges: Challenges,
        notices: SecurityNotices,
        clock: Callable[[], float],
    ) -> None:
        self._users = users
        self._passkeys = passkeys
        self._sessions = sessions
        self._known_sources = known_sources
        self._throttling = throttling
        self._devices = devices
        self._verifier = verifier
        self._challenges = challenges
        self._notices = notices
        self._clock = clock

    def with_password(
        self,
        username: str,
        password: Secret,
        code: Secret | None,
        kind: str,
        caller: Caller,
        audit: AuditTrail,
    ) -> SignedIn:
        """Sign in by password, and `code` if the user has a second factor. `kind` is token or
        cookie.

        An unknown username and a wrong password raise the same Problem(invalid_credentials) after
        the same work. Only after the right password, Problem(second_factor_required) tells that a
        factor is missing. The audit log has each attempt with a name that exists, and sums the
        throttled ones. Raises Problem: too_many_attempts, server_busy, invalid_second_factor.
        """
        processor_work.require_free()
        now = int(self._clock())
        name = usernames.canonical(username)
        account = name or username[:256].casefold()
        # An invalid name is looked up too, under a name that nobody has, so that it takes as long.
        address = network(caller.source)
        user, known = self._known_sources.with_user(name or _NOBODY, address, now)
        place = self._place(account, known, caller)
        device = place.device
        existing_name = user.username if user is not None and not user.deleting else None
        try:
            self._throttling.attempt_sign_in(account, caller.source, now, known, device)
        except Problem as problem:
            audit.refuse(existing_name, problem.code)
            raise
        correct = verify_password(password.reveal(), user.password if user else None)
        if user is None or not correct:
            # An unknown username is not logged: it can be a password in the wrong field.
            log_event("sign_in_failed", level="warning", user=existing_name, source=caller.source)
            wrong = _invalid_credentials()
            audit.refuse(existing_name, wrong.code)
            raise wrong
        if user.deleting:
            self._users.remove(user.username, usernames.skeleton(user.username))
            raise _invalid_credentials()
        audit.begin(user.username)
        self._throttling.sign_in_succeeded(account, caller.source, now, known, device)
        if not user.second_factor:
            return self._open(user, kind, caller, audit, Verified("password"), place)
        if code is None:
            raise self._second_factor_required(user, kind, caller)
        verified = self._verifier.verify(user, None, code, None, caller, place)
        return self._open(user, kind, caller, audit, verified, place)

    def with_second_factor(
        self,
        pending: str,
        code: Secret | None,
        credential: dict[str, Any] | None,
        caller: Caller,
        audit: AuditTrail,
    ) -> SignedIn:
        """Complete a sign-in by password. `pending` is from Problem(second_factor_required).

        Raises Problem: challenge_expired, invalid_second_factor, too_many_attempts, invalid_field
        or passkeys_unavailable.
        """
        challenge = self._challenges.read(pending, "sign_in")
        now, name = int(self._clock()), challenge.username
        user, known = self._known_sources.with_user(name, network(caller.source), now)
        if user is None or user.deleting or user.auth_version != challenge.auth_version:
            raise challenge_expired()
        audit.begin(name)
        place = self._place(name, known, caller)
        verified = self._verifier.verify(user, challenge, code, credential, caller, place)
        return self._open(user, challenge.kind, caller, audit, verified, place)

    def passkey_options(self, caller: Caller) -> tuple[str, dict[str, Any]]:
        """Return the `pending` text and the options for a sign-in by passkey alone.

        Raises Problem(passkeys_unavailable).
        """
        challenge = self._challenges.new("passkey_sign_in")
        options = request_options(caller.relying_party(), challenge.nonce)
        return self._challenges.sign(challenge), options

    def with_passkey(
        self,
        pending: str,
        credential: dict[str, Any],
        kind: str,
        caller: Caller,
        audit: AuditTrail,
    ) -> SignedIn:
        """Sign in by a passkey alone, which verifies the user itself.

        An unknown user handle is refused like a wrong signature. Raises Problem: invalid_passkey,
        challenge_expired, too_many_attempts or passkeys_unavailable.
        """
        challenge = self._challenges.read(pending, "passkey_sign_in")
        handle = credential["response"].get("userHandle") or ""
        user, known = self._user_of(handle, caller)
        if user is not None:
            audit.begin(user.username)
        else:
            # As many trips for an unknown handle.
            audit.refuse(None, "invalid_passkey")
        if not self._verifier.verify_passkey(user, challenge, credential, caller) or user is None:
            log_event(
                "sign_in_failed",
                level="warning",
                user=user.username if user is not None else None,
                source=caller.source,
            )
            raise Problem(
                "invalid_passkey",
                "This passkey was not accepted. Sign in with your password or another passkey.",
            )
        place = self._place(user.username, known, caller)
        return self._open(user, kind, caller, audit, Verified("passkey"), place)

    def _open(
        self,
        user: User,
        kind: str,
        caller: Caller,
        audit: AuditTrail,
        verified: Verified,
        place: Place,
    ) -> SignedIn:
        """Open a session for a user who has proved who they are. The only way to do so."""
        log_event(
            "signed_in",
            user=user.username,
            source=caller.source,
            kind=kind,
            method=verified.method,
            new_place=place.is_new,
        )
        issued = self._sessions.open(user, kind, caller.source, caller.user_agent)
        audit.details(method=verified.method)
        audit.opened(issued.session_id)
        if place.is_new:
            self._notices.signed_in(user.username, caller.source, caller.user_agent)
        return SignedIn(issued, verified.codes_left)

    def _user_of(self, handle: str, caller: Caller) -> tuple[User | None, bool]:
        """Return the user of a handle who can sign in, and whether the network is known.

        An unknown handle takes as many trips.
        """
        username = self._passkeys.username(handle[:100] or _NOBODY) or _NOBODY
        now = int(self._clock())
        user, known = self._known_sources.with_user(username, network(caller.source), now)
        if user is None or user.deleting or user.passkey_handle != handle:
            return None, False
        return user, known

    def _place(self, account: str, known: bool, caller: Caller) -> Place:
        return Place(known, self._devices.device(account, caller.device_cookie(account)))

    def _second_factor_required(self, user: User, kind: str, caller: Caller) -> Problem:
        challenge = self._challenges.new(
            "sign_in", username=user.username, auth_version=user.auth_version, kind=kind
        )
        offer = self._verifier.offer(challenge, caller)
        extra: dict[str, Any] = {} if offer.passkey is None else {"passkey": offer.passkey}
        return Problem(
            "second_factor_required",
            f"Enter your second factor. {offer.note}".rstrip(),
            methods=offer.methods,
            pending=offer.pending,
            **extra,
        )


def _invalid_credentials() -> Problem:
    return Problem(
        "invalid_credentials", "The username or the password is wrong. Check both and try again."
    )
