"""Checks second factors, at sign-in and at step-up (S50).

A factor is stored as used before the caller goes on, under a condition that only one of several
simultaneous requests meets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from api.errors import Problem
from api.logs import log_event
from api.secret import Secret
from api.services.accounts.caller import Caller, Place
from api.services.keys.cipher import Cipher, SecretUnreadable
from api.services.notifications.security_notices import SecurityNotices
from api.services.second_factor import passkey_protocol as protocol
from api.services.second_factor.challenges import Challenge, Challenges, challenge_expired
from api.services.second_factor.recovery_codes import (
    is_recovery_code,
    normalised_code,
    recovery_code_hash,
)
from api.services.second_factor.throttling import FactorThrottling
from api.services.second_factor.totp_codes import matching_step
from api.storage.passkeys import ChallengeUsed, Passkey, PasskeyCloned, PasskeyGone, Passkeys
from api.storage.second_factors import SecondFactors, Totp
from api.storage.users import User


class Offer(msgspec.Struct, frozen=True):
    """How a user can prove who they are. `passkey` are the options for the browser."""

    methods: list[str]
    pending: str
    passkey: dict[str, Any] | None
    note: str


class Verified(msgspec.Struct, frozen=True):
    """A factor that was right. `codes_left` is how many recovery codes are left, after one."""

    method: str
    codes_left: int | None = None


class FactorVerifier:
    """Offers and checks factors. `clock` returns epoch seconds."""

    def __init__(
        self,
        factors: SecondFactors,
        passkeys: Passkeys,
        challenges: Challenges,
        throttling: FactorThrottling,
        cipher: Cipher,
        notices: SecurityNotices,
        clock: Callable[[], float],
    ) -> None:
        self._factors = factors
        self._passkeys = passkeys
        self._challenges = challenges
        self._throttling = throttling
        self._cipher = cipher
        self._notices = notices
        self._clock = clock

    def offer(self, challenge: Challenge, caller: Caller) -> Offer:
        """Return what the user of a challenge can use, in one trip."""
        factors = self._factors.read(challenge.username)
        usable = [passkey for passkey in factors.passkeys if passkey.flagged_at is None]
        options, note = None, ""
        if usable:
            try:
                options = protocol.request_options(caller.relying_party(), challenge.nonce, usable)
            except Problem as unavailable:
                note = unavailable.detail
        methods = {
            "passkey": options is not None,
            "totp": factors.totp is not None,
            "recovery_code": factors.recovery_codes_left > 0,
        }
        return Offer(
            [method for method, offered in methods.items() if offered],
            self._challenges.sign(challenge),
            options,
            note,
        )

    def verify(
        self,
        user: User,
        challenge: Challenge | None,
        code: Secret | None,
        credential: dict[str, Any] | None,
        caller: Caller,
        place: Place,
    ) -> Verified:
        """Check a code or a passkey of a user, and use up the challenge with it.

        A passkey needs a challenge. Raises Problem: invalid_second_factor, challenge_expired,
        too_many_attempts, invalid_field or passkeys_unavailable.
        """
        if (code is None) == (credential is None):
            raise Problem("invalid_field", "Send a code or a passkey.", field="code")
        if credential is not None:
            if challenge is None:
                detail = "A passkey needs the `pending` text of its options."
                raise Problem("invalid_field", detail, field="pending")
            if not self.verify_passkey(user, challenge, credential, caller):
                raise self._wrong(user, caller, "passkey")
            return Verified("passkey")
        assert code is not None
        text = normalised_code(code.reveal())
        if text.isascii() and text.isdigit() and len(text) == 6:
            if not self._verify_totp(user, challenge, text, caller, place):
                raise self._wrong(user, caller, "totp")
            return Verified("totp")
        left = None
        if is_recovery_code(text):
            left = self._verify_recovery(user, challenge, text, caller)
        if left is None:
            raise self._wrong(user, caller, "recovery_code")
        return Verified("recovery_code", left)

    def verify_passkey(
        self, user: User | None, challenge: Challenge, credential: dict[str, Any], caller: Caller
    ) -> bool:
        """Check a passkey. False if it is wrong, not one of the user's, or a copy.

        An unknown user costs the same trips. Raises Problem: challenge_expired, too_many_attempts
        or passkeys_unavailable.
        """
        now = int(self._clock())
        party = caller.relying_party()
        counted = self._throttling.attempt_passkey(caller.source, now)
        passkey_id = protocol.passkey_id(credential["id"])
        _, passkey = self._passkeys.with_user(user.username if user else "-", passkey_id)
        handle = credential["response"].get("userHandle")
        if user is None or passkey is None or handle not in (None, "", user.passkey_handle):
            return False
        use = protocol.verify_assertion(party, challenge.nonce, passkey, credential)
        if use is None:
            return False
        try:
            mark = self._challenges.used_op(challenge)
            self._passkeys.use(user.username, passkey, use, now, mark)
        except ChallengeUsed:
            raise challenge_expired() from None
        except PasskeyGone:
            return False
        except PasskeyCloned:
            self._flag(user, passkey, use.sign_count, caller, now)
            return False
        self._throttling.succeeded(counted, now)
        return True

    def _verify_totp(
        self, user: User, challenge: Challenge | None, code: str, caller: Caller, place: Place
    ) -> bool:
        now = int(self._clock())
        counted = self._throttling.attempt_totp(user.username, caller.source, now, place)
        totp = self._factors.read(user.username).totp
        if totp is None:
            return False
        step = matching_step(self.totp_secret(user.username, totp), code, now)
        mark = None if challenge is None else self._challenges.used_op(challenge)
        if step is None or not self._factors.use_totp(user.username, totp, step, now, mark):
            return False
        self._throttling.succeeded(counted, now)
        return True

    def _verify_recovery(
        self, user: User, challenge: Challenge | None, code: str, caller: Caller
    ) -> int | None:
        now = int(self._clock())
        counted = self._throttling.attempt_recovery(caller.source, now)
        hashed = recovery_code_hash(user.username, code)
        mark = None if challenge is None else self._challenges.used_op(challenge)
        left = self._factors.use_recovery_code(user.username, hashed, mark)
        if left is not None:
            log_event("recovery_code_used", "warning", user=user.username, left=left)
            self._throttling.succeeded(counted, now)
            self._notices.recovery_code_used(user.username, left, caller.source)
        return left

    def totp_secret(self, username: str, totp: Totp) -> Secret:
        """Decrypt the secret of an authenticator app. Raises Problem(secret_unreadable)."""
        try:
            return self._cipher.decrypt(username, totp.factor_id, totp.secret).secret
        except SecretUnreadable as error:
            log_event("secret_unreadable", "error", user=username, setting="FERNET_KEYS")
            raise Problem(
                "secret_unreadable",
                "No key in FERNET_KEYS decrypts the secret of your authenticator app. Use a "
                "recovery code or a passkey, and set the app up again.",
            ) from error

    def _flag(self, user: User, passkey: Passkey, count: int, caller: Caller, now: int) -> None:
        """Refuse a passkey for good if its counter did not grow: there is a copy of it."""
        log_event(
            "passkey_cloned",
            "warning",
            user=user.username,
            passkey=passkey.passkey_id,
            stored=passkey.sign_count,
            sent=count,
        )
        self._passkeys.flag(user.username, passkey.passkey_id, now)
        if passkey.flagged_at is None:
            self._notices.passkey_cloned(user.username, passkey.name, caller.source)

    def _wrong(self, user: User, caller: Caller, method: str) -> Problem:
        log_event(
            "second_factor_failed",
            "warning",
            user=user.username,
            source=caller.source,
            method=method,
        )
        return invalid_second_factor()


def invalid_second_factor() -> Problem:
    """Return the problem for a code or passkey that is wrong, or was used before."""
    return Problem(
        "invalid_second_factor",
        "The code or the passkey is wrong, or was used before. Wait for the next code, or use "
        "another factor.",
    )
