"""The cookies that no script can read and no other site can use (S34): the refresh token, and one
for each account that tells a browser in which it has signed in before (S22).
"""

from __future__ import annotations

from werkzeug.http import dump_cookie, parse_cookie

from api.errors import Problem
from api.raw_request import RawRequest
from api.secret import Secret
from api.services.accounts.claims import REFRESH_SECONDS
from api.services.accounts.devices import DEVICE_SECONDS, cookie_suffix
from api.services.accounts.usernames import canonical

_NAME = "api_dashboard_refresh"
_DEVICE_NAME = "api_dashboard_device_"
_PATH = "/api/auth"


def set_cookie(raw_request: RawRequest, token: Secret) -> tuple[str, str]:
    """Return the Set-Cookie field that stores a refresh token for its lifetime."""
    return _set_cookie_field(raw_request, _NAME, token.reveal(), REFRESH_SECONDS)


def clear_cookie(raw_request: RawRequest) -> tuple[str, str]:
    """Return the Set-Cookie field that removes the refresh token."""
    return _set_cookie_field(raw_request, _NAME, "", 0)


def set_device_cookie(raw_request: RawRequest, username: str, value: Secret) -> tuple[str, str]:
    """Return the Set-Cookie field for a browser in which the user has signed in."""
    name = _DEVICE_NAME + cookie_suffix(username)
    return _set_cookie_field(raw_request, name, value.reveal(), DEVICE_SECONDS)


def clear_device_cookie(raw_request: RawRequest, username: str) -> tuple[str, str]:
    """Return the Set-Cookie field that removes the device cookie of a user."""
    return _set_cookie_field(raw_request, _DEVICE_NAME + cookie_suffix(username), "", 0)


def device_value(raw_request: RawRequest, username: str) -> str | None:
    """Return the device cookie of a user, or None. `username` is as the user wrote it."""
    name = canonical(username)
    return None if name is None else _read_cookie(raw_request, _DEVICE_NAME + cookie_suffix(name))


def cookie_token(raw_request: RawRequest, public_url: str | None) -> str:
    """Return the refresh token in the request's cookie.

    Only the dashboard's own pages may use the cookie. Browsers name the calling page's site in
    Sec-Fetch-Site and Origin, which a script of another site cannot change.

    Raises Problem(invalid_refresh_token) without a cookie, and Problem(cross_origin_refused) if the
    request does not come from those pages.
    """
    token = _read_cookie(raw_request, _NAME)
    if token is None:
        raise Problem(
            "invalid_refresh_token",
            "The request has no refresh token. Send one in the body or in the session cookie.",
            field="refresh_token",
        )
    if not _is_same_origin(raw_request, public_url):
        raise Problem(
            "cross_origin_refused",
            "The request does not come from the dashboard's own pages. From elsewhere, send the "
            "refresh token in the body.",
        )
    return token


def _is_same_origin(raw_request: RawRequest, public_url: str | None) -> bool:
    site = raw_request.header("sec-fetch-site")
    origin = raw_request.header("origin")
    if site is None and origin is None:
        return False
    own_origins = (f"{raw_request.scheme}://{raw_request.host}", public_url)
    return site in ("same-origin", None) and (origin is None or origin in own_origins)


def _read_cookie(raw_request: RawRequest, name: str) -> str | None:
    # WSGI joins several Cookie fields with commas, which hides the cookies behind the first.
    fields = [value for field, value in raw_request.headers if field.lower() == "cookie"]
    values = parse_cookie("; ".join(fields)).getlist(name)
    return next((value for value in values if value), None)


def _set_cookie_field(
    raw_request: RawRequest, name: str, value: str, seconds: int
) -> tuple[str, str]:
    cookie = dump_cookie(
        name,
        value,
        max_age=seconds,
        path=_PATH,
        secure=raw_request.scheme == "https",
        httponly=True,
        samesite="Strict",
        sync_expires=False,
    )
    return "Set-Cookie", cookie
