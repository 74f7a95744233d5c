"""Challenges: signed texts that carry a sign-in or a change of factors to its next request.

Nothing is stored until a challenge is used, and then only that it was (S50).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Literal

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from api.aws.json_client import Operation
from api.errors import Problem
from api.secret import Secret
from api.storage.throttles import Throttles

CHALLENGE_SECONDS = 300

Purpose = Literal["sign_in", "passkey_sign_in", "step_up", "add_passkey", "add_totp"]


class Challenge(msgspec.Struct, frozen=True, array_like=True):
    """What a challenge is for. `nonce` has 256 random bits in base64url; passkeys sign it.

    `username` is empty for a sign-in by passkey alone. `session_id` is that of a signed-in user,
    `kind` that of the session to open. `handle` is for a new passkey, `factor_id` and `secret`
    (encrypted) are for a new authenticator app.
    """

    purpose: Purpose
    nonce: str
    issued_at: int
    username: str = ""
    auth_version: int = 0
    session_id: str = ""
    kind: str = ""
    handle: str = ""
    factor_id: str = ""
    secret: str = ""


class Challenges:
    """Issues and checks challenges. `clock` returns epoch seconds."""

    def __init__(self, secret: Secret, throttles: Throttles, clock: Callable[[], float]) -> None:
        self._serializer = URLSafeSerializer(
            secret.reveal(),
            salt="api-dashboard challenge",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )
        self._throttles = throttles
        self._clock = clock

    def new(self, purpose: Purpose, **members: str | int) -> Challenge:
        """Return a new challenge."""
        challenge = Challenge(purpose, secrets.token_urlsafe(32), int(self._clock()))
        return msgspec.structs.replace(challenge, **members)

    def sign(self, challenge: Challenge) -> str:
        """Return the signed text of a challenge."""
        return str(self._serializer.dumps(msgspec.to_builtins(challenge)))

    def read(self, text: str, purpose: Purpose) -> Challenge:
        """Return the challenge of a text. Raises Problem(challenge_expired)."""
        try:
            challenge = msgspec.convert(self._serializer.loads(text), Challenge)
        except (BadData, msgspec.ValidationError, RecursionError):
            raise challenge_expired() from None
        age = self._clock() - challenge.issued_at
        if challenge.purpose != purpose or not -1 < age < CHALLENGE_SECONDS:
            raise challenge_expired()
        return challenge

    def used_op(self, challenge: Challenge) -> Operation:
        """Mark the challenge as used. The condition fails if it was used before."""
        return self._throttles.use_once_op(challenge.nonce, challenge.issued_at, CHALLENGE_SECONDS)


def challenge_expired() -> Problem:
    """Return the problem for a challenge that is expired, used, or of another request."""
    return Problem(
        "challenge_expired", "This step has expired, or it was completed before. Start it again."
    )
