"""The second factors of a user: list, add, rename and remove them (S50)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import msgspec

from api.errors import Problem
from api.logs import log_event
from api.secret import Credential, Secret
from api.services.accounts.caller import Caller
from api.services.keys.cipher import Cipher
from api.services.notifications.security_notices import SecurityNotices
from api.services.second_factor import passkey_protocol as protocol
from api.services.second_factor.challenges import Challenge, Challenges, challenge_expired
from api.services.second_factor.recovery_codes import (
    new_recovery_codes,
    normalised_code,
    recovery_code_hash,
)
from api.services.second_factor.totp_codes import (
    clock_offset,
    matching_step,
    new_totp_secret,
    provisioning_uri,
    qr_svg,
)
from api.services.second_factor.verification import FactorVerifier
from api.storage.passkeys import Passkey, Passkeys
from api.storage.second_factors import (
    FactorMissing,
    Factors,
    FactorsChanged,
    SecondFactors,
    Totp,
)
from api.storage.sessions import Session
from api.storage.users import User, Users

MAX_PASSKEYS = 20
_ATTEMPTS = 4


class TotpSetUp(msgspec.Struct, frozen=True):
    """What an authenticator app needs. `pending` confirms it with a first code."""

    pending: str
    secret: Secret
    uri: str
    svg: str


class SecondFactorService:
    """The rules of a user's factors. `is_required` is whether everybody must have one."""

    def __init__(
        self,
        users: Users,
        factors: SecondFactors,
        passkeys: Passkeys,
        verifier: FactorVerifier,
        challenges: Challenges,
        cipher: Cipher,
        notices: SecurityNotices,
        clock: Callable[[], float],
        is_required: bool,
    ) -> None:
        self._users = users
        self._factors = factors
        self._passkeys = passkeys
        self._verifier = verifier
        self._challenges = challenges
        self._cipher = cipher
        self._notices = notices
        self._clock = clock
        self.is_required = is_required

    def read(self, username: str) -> Factors:
        """Return the factors of a user."""
        return self._factors.read(username)

    def passkey_options(
        self, user: User, session: Session, caller: Caller
    ) -> tuple[str, dict[str, Any]]:
        """Return the `pending` text and the options for a new passkey.

        Raises Problem: passkeys_unavailable or too_many_passkeys.
        """
        passkeys = self._factors.read(user.username).passkeys
        if len(passkeys) >= MAX_PASSKEYS:
            raise _too_many_passkeys()
        challenge = self._challenges.new(
            "add_passkey",
            username=user.username,
            auth_version=user.auth_version,
            session_id=session.session_id,
            # Says nothing about the user to whoever holds the authenticator (WebAuthn 14.6.1).
            handle=user.passkey_handle or secrets.token_urlsafe(32),
        )
        options = protocol.creation_options(
            caller.relying_party(), user.username, challenge.handle, challenge.nonce, passkeys
        )
        return self._challenges.sign(challenge), options

    def add_passkey(
        self,
        user: User,
        session: Session,
        caller: Caller,
        pending: str,
        credential: dict[str, Any],
        name: str,
    ) -> tuple[Passkey, list[str] | None]:
        """Store a passkey. Return it, and recovery codes if it is the user's first factor.

        Raises Problem: challenge_expired, invalid_passkey, too_many_passkeys, conflict or
        passkeys_unavailable.
        """
        challenge = self._challenge(pending, "add_passkey", user, session)
        if user.passkeys >= MAX_PASSKEYS:
            raise _too_many_passkeys()
        made = protocol.verify_creation(caller.relying_party(), challenge.nonce, credential)
        if made is None:
            raise Problem(
                "invalid_passkey", "The passkey was not created for this step. Try it again."
            )
        passkey = Passkey(
            passkey_id=protocol.passkey_id(made.credential_id),
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=name,
            created_at=int(self._clock()),
            transports=tuple(credential["response"].get("transports", ()))[:8],
            synced=made.synced,
        )

        def add(current: User, hashes: list[str]) -> None:
            if current.passkey_handle not in ("", challenge.handle):
                raise challenge_expired()  # Another request added the first passkey.
            mark = self._challenges.used_op(challenge)
            self._factors.add_passkey(current, passkey, challenge.handle, hashes, mark)

        codes = self._add(user, add)
        log_event("passkey_added", user=user.username, source=caller.source)
        return passkey, codes

    def rename_passkey(self, username: str, passkey_id: str, name: str) -> Passkey:
        """Change the name of a passkey. Raises Problem(passkey_not_found)."""
        if self._passkeys.rename(username, passkey_id, name):
            _, passkey = self._passkeys.with_user(username, passkey_id)
            if passkey is not None:
                return passkey
        raise _passkey_not_found()

    def remove_passkey(self, user: User, passkey_id: str, source: str) -> str:
        """Delete a passkey and return its name; with the last factor, the recovery codes end.

        `source` is the client's address.

        Raises Problem: passkey_not_found, conflict or second_factor_required_by_server.
        """

        def remove(current: User) -> None:
            self._require_another(current.passkeys - 1, current.totp)
            self._factors.remove_passkey(current, passkey_id)

        _, passkey = self._passkeys.with_user(user.username, passkey_id)
        try:
            self._retry(user, remove)
        except FactorMissing:
            raise _passkey_not_found() from None
        log_event("passkey_removed", user=user.username)
        name = passkey.name if passkey is not None else ""
        self._notices.factor_removed(user.username, "passkey", name, source)
        return name

    def set_up_totp(self, user: User, session: Session) -> TotpSetUp:
        """Return a new secret for an authenticator app. `confirm_totp` stores it."""
        secret, factor_id = new_totp_secret(), f"totp-{secrets.token_hex(8)}"
        challenge = self._challenges.new(
            "add_totp",
            username=user.username,
            auth_version=user.auth_version,
            session_id=session.session_id,
            factor_id=factor_id,
            secret=self._cipher.encrypt(user.username, factor_id, Credential(secret)),
        )
        uri = provisioning_uri(secret, user.username)
        return TotpSetUp(self._challenges.sign(challenge), secret, uri, qr_svg(uri))

    def confirm_totp(
        self, user: User, session: Session, pending: str, code: str
    ) -> list[str] | None:
        """Store the authenticator app, in place of an earlier one, if `code` is right.

        Returns recovery codes if it is the user's first factor. Raises Problem: challenge_expired,
        invalid_field (which says how far a clock is off) or conflict.
        """
        challenge = self._challenge(pending, "add_totp", user, session)
        now = int(self._clock())
        totp = Totp(challenge.factor_id, challenge.secret, now, 0)
        secret = self._verifier.totp_secret(user.username, totp)
        text = normalised_code(code)
        step = matching_step(secret, text, now)
        if step is None:
            raise _wrong_code(clock_offset(secret, text, now))
        totp = Totp(
            challenge.factor_id,
            # A key that was added meanwhile is used.
            self._cipher.encrypt(user.username, challenge.factor_id, Credential(secret)),
            now,
            last_step=step,
        )

        def add(current: User, hashes: list[str]) -> None:
            mark = self._challenges.used_op(challenge)
            self._factors.add_totp(current, totp, hashes, mark)

        codes = self._add(user, add)
        log_event("totp_added", user=user.username)
        return codes

    def remove_totp(self, user: User, source: str) -> None:
        """Delete the authenticator app; with the last factor, the recovery codes end.

        `source` is the client's address.

        Raises Problem: totp_not_found, conflict or second_factor_required_by_server.
        """

        def remove(current: User) -> None:
            self._require_another(current.passkeys, False)
            self._factors.remove_totp(current)

        if not user.totp:
            raise _totp_not_found()
        try:
            self._retry(user, remove)
        except FactorMissing:
            raise _totp_not_found() from None
        log_event("totp_removed", user=user.username)
        self._notices.factor_removed(user.username, "authenticator app", "", source)

    def replace_recovery_codes(self, user: User) -> list[str]:
        """Return ten new recovery codes, which replace the earlier ones.

        Raises Problem: second_factor_missing or conflict.
        """
        codes = new_recovery_codes()
        hashes = [recovery_code_hash(user.username, code) for code in codes]

        def replace(current: User) -> None:
            if not current.second_factor:
                raise Problem(
                    "second_factor_missing",
                    "The account has no second factor. Add a passkey or an authenticator app.",
                )
            self._factors.replace_recovery_codes(current, hashes)

        self._retry(user, replace)
        log_event("recovery_codes_replaced", user=user.username)
        return codes

    def _challenge(self, pending: str, purpose: Any, user: User, session: Session) -> Challenge:
        challenge = self._challenges.read(pending, purpose)
        if (challenge.username, challenge.session_id) != (user.username, session.session_id):
            raise challenge_expired()
        return challenge

    def _add(self, user: User, add: Callable[[User, list[str]], None]) -> list[str] | None:
        """Add a factor. Return recovery codes if it is the first, None if not."""
        made: list[str] | None = None

        def attempt(current: User) -> None:
            nonlocal made
            made = None if current.second_factor else new_recovery_codes()
            add(current, [recovery_code_hash(user.username, code) for code in made or ()])

        try:
            self._retry(user, attempt)
        except FactorMissing:
            raise challenge_expired() from None
        return made

    def _retry(self, user: User, change: Callable[[User], None]) -> None:
        """Repeat a change that another one came before. Raises Problem(conflict)."""
        current: User | None = user
        for _ in range(_ATTEMPTS):
            if current is None or current.deleting or current.auth_version != user.auth_version:
                break
            try:
                change(current)
            except FactorsChanged:
                current = self._users.get(user.username)
            else:
                return
        raise Problem(
            "conflict", "The account was changed by another request. Read its factors again."
        )

    def _require_another(self, passkeys: int, totp: bool) -> None:
        if self.is_required and passkeys < 1 and not totp:
            raise Problem(
                "second_factor_required_by_server",
                "This dashboard requires a second factor. Add another one before you remove the "
                "last.",
            )


def _wrong_code(offset: int | None) -> Problem:
    if offset is None:
        return Problem(
            "invalid_field",
            "The code is wrong. Enter the code that the app shows now.",
            field="code",
        )
    minutes, seconds = divmod(abs(offset), 60)
    time = " ".join(
        f"{number} {unit}{'s' * (number != 1)}"
        for number, unit in ((minutes, "minute"), (seconds, "second"))
        if number
    )
    return Problem(
        "invalid_field",
        f"The clock of the device with the app is about {time} "
        f"{'ahead of' if offset > 0 else 'behind'} the server's clock. Set the clock of the device "
        "to automatic, and enter the next code.",
        field="code",
        clock_offset=offset,
    )


def _too_many_passkeys() -> Problem:
    return Problem(
        "too_many_passkeys",
        f"An account has at most {MAX_PASSKEYS} passkeys. Remove one that you no longer use.",
    )


def _passkey_not_found() -> Problem:
    return Problem("passkey_not_found", "There is no passkey with this id.")


def _totp_not_found() -> Problem:
    return Problem("totp_not_found", "The account has no authenticator app.")
