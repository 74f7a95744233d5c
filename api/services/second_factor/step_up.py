"""Step-up: prove again who you are before something that an attacker with the session must not do.

A sign-in counts, and so does each factor that is entered later; both last five minutes (S50).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.errors import Problem
from api.logs import log_event
from api.secret import Secret
from api.services.accounts.caller import Caller, Place
from api.services.accounts.service import AccountService
from api.services.accounts.sessions import authentication_required
from api.services.audit.trail import AuditTrail
from api.services.second_factor.challenges import Challenges, challenge_expired
from api.services.second_factor.verification import FactorVerifier, Offer
from api.storage.second_factors import SecondFactors
from api.storage.sessions import Session, Sessions
from api.storage.users import User

STEP_UP_SECONDS = 300


class StepUpService:
    """Demands and checks step-up. `clock` returns epoch seconds."""

    def __init__(
        self,
        accounts: AccountService,
        sessions: Sessions,
        factors: SecondFactors,
        verifier: FactorVerifier,
        challenges: Challenges,
        clock: Callable[[], float],
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._factors = factors
        self._verifier = verifier
        self._challenges = challenges
        self._clock = clock

    def require(self, user: User, session: Session) -> None:
        """Raise Problem(step_up_required) if the session was not verified in the last minutes."""
        if (session.verified_at or 0) + STEP_UP_SECONDS > self._clock():
            return
        raise Problem(
            "step_up_required",
            "Confirm that it is you: enter your "
            + ("second factor" if user.second_factor else "password")
            + " (POST /api/auth/step-up), then repeat the request.",
            methods=self._methods(user),
        )

    def offer(self, user: User, session: Session, caller: Caller) -> Offer:
        """Return how the user can confirm."""
        if not user.second_factor:
            return Offer(["password"], "", None, "")
        challenge = self._challenges.new(
            "step_up",
            username=user.username,
            auth_version=user.auth_version,
            session_id=session.session_id,
        )
        return self._verifier.offer(challenge, caller)

    def confirm(
        self,
        user: User,
        session: Session,
        caller: Caller,
        *,
        password: Secret | None,
        code: Secret | None,
        pending: str | None,
        credential: dict[str, Any] | None,
        audit: AuditTrail,
    ) -> int:
        """Check a factor and return until when the session is verified, in epoch seconds.

        The password is enough only without a second factor. Raises Problem: wrong_password,
        step_up_required, invalid_field, and those of `FactorVerifier.verify`.
        """
        if not user.second_factor:
            if password is None:
                raise Problem("invalid_field", "Enter your password.", field="password")
            self._accounts.require_password(user, password, session.session_id, caller.source)
            method = "password"
        else:
            if password is not None:
                raise Problem(
                    "invalid_field",
                    "The account has a second factor. Send a code or a passkey.",
                    field="password",
                )
            challenge = None
            if pending is not None:
                challenge = self._challenges.read(pending, "step_up")
                if challenge.session_id != session.session_id:
                    raise challenge_expired()
            method = self._verifier.verify(
                user,
                challenge,
                code,
                credential,
                caller,
                Place(True, f"session {session.session_id}"),
            ).method
        audit.details(method=method)
        now = int(self._clock())
        if not self._sessions.set_verified(user.username, session.session_id, now):
            raise authentication_required()
        log_event("step_up", user=user.username, source=caller.source, method=method)
        return now + STEP_UP_SECONDS

    def _methods(self, user: User) -> list[str]:
        if not user.second_factor:
            return ["password"]
        factors = self._factors.read(user.username)
        offered = {
            "passkey": any(passkey.flagged_at is None for passkey in factors.passkeys),
            "totp": factors.totp is not None,
            "recovery_code": factors.recovery_codes_left > 0,
        }
        return [method for method, is_there in offered.items() if is_there]
