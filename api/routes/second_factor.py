"""The endpoints of a user's second factors, and step-up (S50)."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from api.endpoint import EndpointGroup, RequestContext, always
from api.routes.sign_in import caller_of
from api.schemas.second_factor import (
    AddedPasskey,
    AddPasskey,
    ConfirmTotp,
    FactorsView,
    NewRecoveryCodes,
    NewTotp,
    PasskeyOptions,
    PasskeyView,
    RenamePasskey,
    SteppedUp,
    StepUp,
    StepUpOptions,
    TotpConfirmed,
    TotpView,
)
from api.secret import Secret
from api.storage.passkeys import Passkey

group = EndpointGroup("Second factor")


@group.endpoint(
    "GET", "/api/me/factors", "List the second factors", response=FactorsView, in_set_up=True
)
def list_factors(context: RequestContext) -> FactorsView:
    """Return the passkeys, the authenticator app and how many recovery codes are left."""
    factors = context.services.second_factors.read(context.username)
    totp = factors.totp
    return FactorsView(
        passkeys=[_passkey_view(passkey) for passkey in factors.passkeys],
        totp=None
        if totp is None
        else TotpView(created_at=totp.created_at, last_used_at=totp.last_used_at),
        recovery_codes_left=factors.recovery_codes_left,
        required=context.services.second_factors.is_required,
    )


@group.endpoint(
    "POST", "/api/me/passkeys/options", "Start adding a passkey", response=PasskeyOptions,
    problems=("passkeys_unavailable", "too_many_passkeys"), step_up=always, in_set_up=True,
)  # fmt: skip
def start_passkey(context: RequestContext) -> PasskeyOptions:
    """Return the options for `navigator.credentials.create()`."""
    pending, options = context.services.second_factors.passkey_options(
        context.current_user, context.current_session, caller_of(context)
    )
    return PasskeyOptions(pending=pending, options=options)


@group.endpoint(
    "POST", "/api/me/passkeys", "Add a passkey", body=AddPasskey, status=201,
    response=AddedPasskey,
    problems=("invalid_passkey", "challenge_expired", "passkeys_unavailable", "conflict",
              "too_many_passkeys"),
    step_up=always, in_set_up=True, audit="passkey.create",
)  # fmt: skip
def add_passkey(context: RequestContext, body: AddPasskey) -> AddedPasskey:
    """Store a passkey. The first second factor comes with ten recovery codes."""
    passkey, codes = context.services.second_factors.add_passkey(
        context.current_user,
        context.current_session,
        caller_of(context),
        body.pending,
        msgspec.to_builtins(body.credential),
        body.name,
    )
    context.audit.subject(passkey.passkey_id, passkey.name)
    return AddedPasskey(passkey=_passkey_view(passkey), recovery_codes=codes)


@group.endpoint(
    "PATCH", "/api/me/passkeys/{passkey_id}", "Rename a passkey", body=RenamePasskey,
    response=PasskeyView, problems=("passkey_not_found",), audit="passkey.update",
)  # fmt: skip
def rename_passkey(context: RequestContext, passkey_id: str, body: RenamePasskey) -> PasskeyView:
    """Change the name of a passkey."""
    return _passkey_view(
        context.services.second_factors.rename_passkey(context.username, passkey_id, body.name)
    )


@group.endpoint(
    "DELETE", "/api/me/passkeys/{passkey_id}", "Remove a passkey", status=204,
    problems=("passkey_not_found", "conflict", "second_factor_required_by_server"),
    step_up=always, audit="passkey.delete",
)  # fmt: skip
def remove_passkey(context: RequestContext, passkey_id: str) -> None:
    """Remove a passkey. With the last factor, the recovery codes end."""
    name = context.services.second_factors.remove_passkey(
        context.current_user, passkey_id, context.raw_request.source
    )
    context.audit.subject(passkey_id, name)


@group.endpoint(
    "POST", "/api/me/totp", "Start setting up an authenticator app", response=NewTotp,
    step_up=always, in_set_up=True,
)  # fmt: skip
def start_totp(context: RequestContext) -> NewTotp:
    """Return a new secret. It replaces an earlier app when its first code is confirmed."""
    made = context.services.second_factors.set_up_totp(
        context.current_user, context.current_session
    )
    return NewTotp(pending=made.pending, secret=made.secret.reveal(), uri=made.uri, qr_svg=made.svg)


@group.endpoint(
    "POST", "/api/me/totp/confirm", "Confirm an authenticator app", body=ConfirmTotp,
    response=TotpConfirmed,
    problems=("challenge_expired", "conflict", "secret_unreadable"),
    step_up=always, in_set_up=True, audit="totp.create",
)  # fmt: skip
def confirm_totp(context: RequestContext, body: ConfirmTotp) -> TotpConfirmed:
    """Store the app. The first second factor comes with ten recovery codes."""
    codes = context.services.second_factors.confirm_totp(
        context.current_user, context.current_session, body.pending, body.code
    )
    return TotpConfirmed(recovery_codes=codes)


@group.endpoint(
    "DELETE", "/api/me/totp", "Remove the authenticator app", status=204,
    problems=("totp_not_found", "conflict", "second_factor_required_by_server"),
    step_up=always, audit="totp.delete",
)  # fmt: skip
def remove_totp(context: RequestContext) -> None:
    """Remove the authenticator app. With the last factor, the recovery codes end."""
    context.services.second_factors.remove_totp(context.current_user, context.raw_request.source)


@group.endpoint(
    "POST", "/api/me/recovery-codes", "Replace the recovery codes", response=NewRecoveryCodes,
    problems=("conflict", "second_factor_missing"), step_up=always, audit="recovery_codes.create",
)  # fmt: skip
def replace_recovery_codes(context: RequestContext) -> NewRecoveryCodes:
    """Return ten new recovery codes. The earlier ones no longer work."""
    codes = context.services.second_factors.replace_recovery_codes(context.current_user)
    return NewRecoveryCodes(recovery_codes=codes)


@group.endpoint(
    "POST", "/api/auth/step-up/options", "Start a step-up",
    response=StepUpOptions, in_set_up=True,
)  # fmt: skip
def start_step_up(context: RequestContext) -> StepUpOptions:
    """Return what the user can confirm with, and a challenge for passkeys."""
    offer = context.services.step_up.offer(
        context.current_user, context.current_session, caller_of(context)
    )
    return StepUpOptions(
        methods=offer.methods,  # type: ignore[arg-type]
        pending=offer.pending or UNSET,
        passkey=offer.passkey if offer.passkey is not None else UNSET,
    )


@group.endpoint(
    "POST", "/api/auth/step-up", "Step up", body=StepUp, response=SteppedUp,
    problems=("wrong_password", "invalid_second_factor", "challenge_expired",
              "passkeys_unavailable", "secret_unreadable", "too_many_attempts"),
    in_set_up=True, audit="session.step_up",
)  # fmt: skip
def step_up(context: RequestContext, body: StepUp) -> SteppedUp:
    """Prove who you are. For 5 minutes, the session needs no further step-up."""
    until = context.services.step_up.confirm(
        context.current_user,
        context.current_session,
        caller_of(context),
        password=Secret(body.password) if body.password is not None else None,
        code=Secret(body.code) if body.code is not None else None,
        pending=body.pending,
        credential=msgspec.to_builtins(body.passkey),
        audit=context.audit,
    )
    return SteppedUp(verified_until=until)


def _passkey_view(passkey: Passkey) -> PasskeyView:
    return PasskeyView(
        passkey_id=passkey.passkey_id,
        name=passkey.name,
        created_at=passkey.created_at,
        last_used_at=passkey.last_used_at,
        synced=passkey.synced,
        flagged_at=passkey.flagged_at,
    )
