"""WebAuthn: options for browsers, and checks of what authenticators answer (S50).

Everything cryptographic is in the package `webauthn`, which is imported at the first use: it takes
115 ms, and an old C library on Lambda may not load what it needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from api.errors import Problem
from api.services.second_factor.challenges import CHALLENGE_SECONDS
from api.services.second_factor.relying_party import RelyingParty
from api.storage.passkeys import Passkey, PasskeyUse

_PRODUCT = "API Dashboard"


class NewCredential(msgspec.Struct, frozen=True):
    """A credential that an authenticator created. Binary values are in base64url."""

    credential_id: str
    public_key: str
    sign_count: int
    synced: bool


def creation_options(
    party: RelyingParty, username: str, handle: str, nonce: str, passkeys: Sequence[Passkey]
) -> dict[str, Any]:
    """Return PublicKeyCredentialCreationOptionsJSON. `passkeys` are those that the user has.

    Raises Problem(passkeys_unavailable).
    """
    webauthn = _webauthn()
    from webauthn.helpers import options_to_json_dict, structs

    options = webauthn.generate_registration_options(
        rp_id=party.rp_id,
        rp_name=_PRODUCT,
        user_name=username,
        user_id=webauthn.base64url_to_bytes(handle),
        challenge=webauthn.base64url_to_bytes(nonce),
        timeout=CHALLENGE_SECONDS * 1000,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(passkeys),
    )
    return options_to_json_dict(options)


def request_options(
    party: RelyingParty, nonce: str, passkeys: Sequence[Passkey] = ()
) -> dict[str, Any]:
    """Return PublicKeyCredentialRequestOptionsJSON. Without `passkeys`, the user chooses one.

    Raises Problem(passkeys_unavailable).
    """
    webauthn = _webauthn()
    from webauthn.helpers import options_to_json_dict, structs

    options = webauthn.generate_authentication_options(
        rp_id=party.rp_id,
        challenge=webauthn.base64url_to_bytes(nonce),
        timeout=CHALLENGE_SECONDS * 1000,
        allow_credentials=_descriptors(passkeys),
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def verify_creation(
    party: RelyingParty, nonce: str, credential: dict[str, Any]
) -> NewCredential | None:
    """Return the credential that an authenticator created for a challenge, None if it is invalid.

    Raises Problem(passkeys_unavailable).
    """
    webauthn = _webauthn()
    try:
        verified = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=webauthn.base64url_to_bytes(nonce),
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except Exception:  # The package's parsers of CBOR and DER raise many kinds.
        return None
    return NewCredential(
        _base64url(verified.credential_id),
        _base64url(verified.credential_public_key),
        verified.sign_count,
        verified.credential_backed_up,
    )


def verify_assertion(
    party: RelyingParty, nonce: str, passkey: Passkey, credential: dict[str, Any]
) -> PasskeyUse | None:
    """Return what an authenticator reported when it signed a challenge, None if it is invalid.

    The counter is compared when the use is stored. Raises Problem(passkeys_unavailable).
    """
    webauthn = _webauthn()
    try:
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=webauthn.base64url_to_bytes(nonce),
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            credential_public_key=webauthn.base64url_to_bytes(passkey.public_key),
            # The package compares before it checks the signature, and without a lock.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:  # As above.
        return None
    return PasskeyUse(verified.new_sign_count, verified.credential_backed_up)


def passkey_id(credential_id: str) -> str:
    """Return the id of the passkey with a credential id, which can be too long for a key."""
    return hashlib.sha256(credential_id.encode()).hexdigest()[:32]


def _descriptors(passkeys: Sequence[Passkey]) -> list[Any]:
    from webauthn import base64url_to_bytes
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    known = {transport.value for transport in AuthenticatorTransport}
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(passkey.credential_id),
            transports=[AuthenticatorTransport(t) for t in passkey.transports if t in known],
        )
        for passkey in passkeys
    ]


def _webauthn() -> Any:
    try:
        import webauthn
    except (ImportError, OSError) as error:
        raise Problem(
            "passkeys_unavailable",
            "This server cannot check passkeys: it has no package webauthn, or its system cannot "
            "load it. Use an authenticator app, or ask the operator to install the server with its "
            "extra, pipx install 'api_dashboard-….whl[passkeys]'.",
        ) from error
    return webauthn


def _base64url(data: bytes) -> str:
    from webauthn.helpers import bytes_to_base64url

    return bytes_to_base64url(data)
