"""Codes of authenticator apps: TOTP with SHA-1, 6 digits and 30 seconds (RFC 6238).

A code is accepted one time step early or late. Source of the URI:
https://github.com/google/google-authenticator/wiki/Key-Uri-Format.
"""

from __future__ import annotations

import io

from api.secret import Secret
from api.services.accounts.passwords import constant_time_equal

STEP_SECONDS = 30
WINDOW_STEPS = 1
# How far off a device's clock may be for the set-up to recognise it: 20 minutes.
_SEARCHED_STEPS = 40
_ISSUER = "API Dashboard"


def new_totp_secret() -> Secret:
    """Return a random secret of 160 bits in base32."""
    import pyotp

    return Secret(pyotp.random_base32(32))


def provisioning_uri(secret: Secret, username: str) -> str:
    """Return the URI that authenticator apps read."""
    import pyotp

    return pyotp.TOTP(secret.reveal()).provisioning_uri(name=username, issuer_name=_ISSUER)


def qr_svg(uri: str) -> str:
    """Return a QR code as an SVG document: black on white, with its quiet zone."""
    import segno

    image = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(
        image, kind="svg", xmldecl=False, scale=4, light="white", svgclass=None, lineclass=None
    )
    return image.getvalue().decode().strip()


def matching_step(secret: Secret, code: str, now: float) -> int | None:
    """Return the time step whose code this is, at most one step from now, or None."""
    return _step(secret, code, now, range(-WINDOW_STEPS, WINDOW_STEPS + 1))


def clock_offset(secret: Secret, code: str, now: float) -> int | None:
    """Return by how many seconds the clock of the device that shows this code is ahead of ours.

    Negative if it is behind, None if the code belongs to no time near now.
    """
    step = _step(secret, code, now, range(-_SEARCHED_STEPS, _SEARCHED_STEPS + 1))
    return None if step is None else (step - int(now) // STEP_SECONDS) * STEP_SECONDS


def _step(secret: Secret, code: str, now: float, offsets: range) -> int | None:
    import pyotp

    totp = pyotp.TOTP(secret.reveal())
    current = int(now) // STEP_SECONDS
    # Every step is compared, so that the time does not depend on the code.
    steps = [
        current + offset
        for offset in offsets
        if constant_time_equal(totp.generate_otp(max(current + offset, 0)), code)
    ]
    # The nearest, as codes of different steps can be equal.
    return min(steps, key=lambda step: abs(step - current), default=None)
