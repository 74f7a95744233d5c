"""Request and response models of passkeys, authenticator apps, recovery codes and step-up.

The JSON of passkeys is what browsers read and write (WebAuthn Level 3, 5.1 and 5.4).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.schemas.fields import CreatedAt, Password, RequestModel, ResponseModel, pattern

_Binary = Annotated[
    str,
    pattern(r"^[A-Za-z0-9_-]*={0,2}$(?!\n)", "The value must be bytes in base64url."),
    Meta(
        max_length=16_384,
        description="Bytes in base64url.",
        examples=["AAAA"],
    ),
]
_EXAMPLE_CLIENT_DATA = "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0"
_PENDING = "WyJzaWduX2luIl0.c2lnbmF0dXJl"
_CREATED: dict[str, Any] = {
    "id": "Y3JlZGVudGlhbA",
    "rawId": "Y3JlZGVudGlhbA",
    "type": "public-key",
    "response": {"clientDataJSON": _EXAMPLE_CLIENT_DATA, "attestationObject": "o2NmbXQ"},
}
_ASSERTED: dict[str, Any] = {
    "id": "Y3JlZGVudGlhbA",
    "rawId": "Y3JlZGVudGlhbA",
    "type": "public-key",
    "response": {
        "clientDataJSON": _EXAMPLE_CLIENT_DATA,
        "authenticatorData": "SZYN5YgO",
        "signature": "MEUCIQ",
        "userHandle": "aGFuZGxl",
    },
}

Pending = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=8192,
        description="The `pending` text of the request before, valid for 5 minutes and used once.",
    ),
]
PasskeyName = Annotated[
    str, Meta(min_length=1, max_length=100, description="A name for people.", examples=["Phone"])
]
Code = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="The 6 digits that an authenticator app shows, or a recovery code. Spaces and "
        "hyphens do not matter.",
        examples=["123456"],
    ),
]
RecoveryCodes = Annotated[
    list[str], Meta(description="Ten recovery codes. Each works once. They are shown only here.")
]
Methods = Annotated[
    list[Literal["password", "passkey", "totp", "recovery_code"]],
    Meta(description="What the user can confirm with."),
]
_OptionsJson = Annotated[
    dict[str, Any],
    Meta(description="The options for the browser, for `parseCreationOptionsFromJSON` or "
         "`parseRequestOptionsFromJSON` of `PublicKeyCredential`."),
]  # fmt: skip


class AttestationResponse(msgspec.Struct, frozen=True):
    """What an authenticator answers to the creation of a passkey."""

    client_data: _Binary = msgspec.field(name="clientDataJSON")
    attestation_object: _Binary = msgspec.field(name="attestationObject")
    transports: (
        Annotated[
            list[Annotated[str, Meta(max_length=40)]],
            Meta(max_length=16, description="How the browser reaches the authenticator."),
        ]
        | UnsetType
    ) = UNSET


class CreatedPasskey(msgspec.Struct, frozen=True):
    """RegistrationResponseJSON: `toJSON()` of what `navigator.credentials.create()` returns."""

    id: _Binary
    raw_id: _Binary = msgspec.field(name="rawId")
    type: Annotated[Literal["public-key"], Meta(description="The kind of credential.")]
    response: Annotated[AttestationResponse, Meta(description="The authenticator's answer.")]


class AssertionResponse(msgspec.Struct, frozen=True):
    """What an authenticator answers to a challenge."""

    client_data: _Binary = msgspec.field(name="clientDataJSON")
    authenticator_data: _Binary = msgspec.field(name="authenticatorData")
    signature: _Binary
    user_handle: _Binary | UnsetType | None = msgspec.field(name="userHandle", default=UNSET)


class UsedPasskey(msgspec.Struct, frozen=True):
    """AuthenticationResponseJSON: `toJSON()` of what `navigator.credentials.get()` returns."""

    id: _Binary
    raw_id: _Binary = msgspec.field(name="rawId")
    type: Annotated[Literal["public-key"], Meta(description="The kind of credential.")]
    response: Annotated[AssertionResponse, Meta(description="The authenticator's answer.")]


_USED = Meta(description="What `navigator.credentials.get()` returned, as JSON.")


class SecondFactorSignIn(RequestModel, frozen=True, kw_only=True):
    """The second step of a sign-in: a code or a passkey."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"pending": _PENDING, "code": "123456"}

    pending: Pending
    code: Code | None = None
    passkey: Annotated[UsedPasskey | None, _USED] = None


class PasskeyOptions(ResponseModel, frozen=True, kw_only=True):
    """Options for the browser. `pending` completes the step."""

    pending: Pending
    options: _OptionsJson


class PasskeySignIn(RequestModel, frozen=True, kw_only=True):
    """A sign-in by passkey alone."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"pending": _PENDING, "credential": _ASSERTED}

    pending: Pending
    credential: Annotated[UsedPasskey, _USED]
    session: Annotated[
        Literal["token", "cookie"],
        Meta(
            description="`token` returns the refresh token in the response. `cookie` sets it as a "
            "cookie instead."
        ),
    ] = "token"


class PasskeyView(ResponseModel, frozen=True, kw_only=True):
    """A passkey."""

    passkey_id: Annotated[str, Meta(description="The passkey's identifier.")]
    name: PasskeyName
    created_at: CreatedAt
    last_used_at: Annotated[
        int | None, Meta(description="The last use, in epoch seconds. Null if there was none.")
    ]
    synced: Annotated[bool, Meta(description="Whether the user's devices share the passkey.")]
    flagged_at: Annotated[
        int | None,
        Meta(
            description="When its counter did not grow, in epoch seconds, which means that there "
            "is a copy of it. Such a passkey is refused. Null for others."
        ),
    ]


class TotpView(ResponseModel, frozen=True, kw_only=True):
    """An authenticator app."""

    created_at: CreatedAt
    last_used_at: Annotated[
        int | None, Meta(description="The last use, in epoch seconds. Null if there was none.")
    ]


class FactorsView(ResponseModel, frozen=True, kw_only=True):
    """The second factors of the account."""

    passkeys: Annotated[list[PasskeyView], Meta(description="The passkeys, oldest first.")]
    totp: Annotated[TotpView | None, Meta(description="The authenticator app, null without one.")]
    recovery_codes_left: Annotated[
        int, Meta(description="How many recovery codes were not used yet.")
    ]
    required: Annotated[
        bool, Meta(description="Whether this server requires a second factor from everybody.")
    ]


class AddPasskey(RequestModel, frozen=True, kw_only=True):
    """A passkey that the browser created."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "pending": _PENDING,
        "credential": _CREATED,
        "name": "Phone",
    }

    pending: Pending
    credential: Annotated[
        CreatedPasskey,
        Meta(description="What `navigator.credentials.create()` returned, as JSON."),
    ]
    name: PasskeyName


class AddedPasskey(ResponseModel, frozen=True, kw_only=True):
    """A new passkey, with recovery codes if it is the first second factor."""

    passkey: Annotated[PasskeyView, Meta(description="The passkey.")]
    recovery_codes: RecoveryCodes | None


class RenamePasskey(RequestModel, frozen=True, kw_only=True):
    """A new name for a passkey."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"name": "Phone"}

    name: PasskeyName


class NewTotp(ResponseModel, frozen=True, kw_only=True):
    """What an authenticator app needs. It works after the first code is confirmed."""

    pending: Pending
    secret: Annotated[str, Meta(description="The secret in base32, to type into the app.")]
    uri: Annotated[str, Meta(description="The same as an `otpauth://` URI.")]
    qr_svg: Annotated[str, Meta(description="The URI as a QR code: an SVG document.")]


class ConfirmTotp(RequestModel, frozen=True, kw_only=True):
    """The first code that the authenticator app shows."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"pending": _PENDING, "code": "123456"}

    pending: Pending
    code: Annotated[
        str,
        Meta(min_length=1, max_length=64, description="The 6 digits.", examples=["123456"]),
    ]


class TotpConfirmed(ResponseModel, frozen=True, kw_only=True):
    """The authenticator app works."""

    recovery_codes: RecoveryCodes | None


class NewRecoveryCodes(ResponseModel, frozen=True, kw_only=True):
    """New recovery codes. The earlier ones no longer work."""

    recovery_codes: RecoveryCodes


class StepUpOptions(ResponseModel, frozen=True, kw_only=True):
    """How the user can confirm. `pending` and `passkey` are there for accounts that have them."""

    methods: Methods
    pending: Pending | UnsetType = UNSET
    passkey: _OptionsJson | UnsetType = UNSET


class StepUp(RequestModel, frozen=True, kw_only=True):
    """One of: the password (without a second factor), a code, or `pending` with a passkey."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"code": "123456"}

    password: Password | None = None
    code: Code | None = None
    pending: Pending | None = None
    passkey: Annotated[UsedPasskey | None, _USED] = None


class SteppedUp(ResponseModel, frozen=True, kw_only=True):
    """The session is verified."""

    verified_until: Annotated[
        int, Meta(description="Until when no further step-up is needed, in epoch seconds.")
    ]
