"""Header fields with further secrets of a key, such as Datadog's `DD-APPLICATION-KEY`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from api.credentials import (
    AuthScheme,
    InvalidAuth,
    check_extra_headers,
    check_extra_secret,
    folded_name,
)
from api.errors import Problem
from api.secret import Credential, Secret, hint
from api.storage.keys import ExtraHeader

FIELD = "extra_headers"


class NewExtraHeader(msgspec.Struct, frozen=True):
    """A header field as the user entered it. Without `secret`, the stored one stays."""

    name: str
    secret: Secret | None


def merge_extra_headers(
    given: Sequence[NewExtraHeader], stored: Credential | None, auth: AuthScheme
) -> tuple[tuple[str, Secret], ...]:
    """Return the header fields of a key: those `given`, with stored secrets where none is given.

    `stored` is None if the stored secrets must not be used. Raises Problem(invalid_field), and
    Problem(secret_required) for a header without a secret.
    """
    try:
        check_extra_headers([header.name for header in given], auth)
    except InvalidAuth as error:
        field = f"{FIELD}[{error.field}].name" if error.field else FIELD
        raise Problem("invalid_field", error.reason, field=field) from error
    known = {folded_name(name): secret for name, secret in stored.extra_headers} if stored else {}
    merged = []
    for position, header in enumerate(given):
        field = f"{FIELD}[{position}].secret"
        secret = header.secret or known.get(folded_name(header.name))
        if secret is None:
            raise Problem("secret_required", f"Enter the secret of {header.name}.", field=field)
        try:
            check_extra_secret(secret.reveal())
        except InvalidAuth as error:
            raise Problem("invalid_field", error.reason, field=field) from error
        merged.append((header.name, secret))
    return tuple(merged)


def keep_extra_headers(stored: Sequence[ExtraHeader]) -> tuple[NewExtraHeader, ...]:
    """Return the change that leaves the stored header fields as they are."""
    return tuple(NewExtraHeader(header.name, None) for header in stored)


def describe_extra_headers(headers: Sequence[tuple[str, Secret]]) -> tuple[ExtraHeader, ...]:
    """Return the names and hints to store."""
    return tuple(ExtraHeader(name, hint(secret.reveal())) for name, secret in headers)
