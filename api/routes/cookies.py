"""The refresh token as a cookie that scripts cannot read and other sites cannot use (S34)."""

from __future__ import annotations

from api.errors import Problem
from api.raw_request import RawRequest
from api.secret import Secret

_NAME = "api_dashboard_refresh"
_PATH = "/api/auth"


def set_cookie(wire: RawRequest, token: Secret, seconds: int) -> tuple[str, str]:
    """The Set-Cookie field that stores the token."""
    return "Set-Cookie", f"{_NAME}={token.reveal()}; Max-Age={seconds}{_attributes(wire)}"


def clear_cookie(wire: RawRequest) -> tuple[str, str]:
    """The Set-Cookie field that removes it."""
    return "Set-Cookie", f"{_NAME}=; Max-Age=0{_attributes(wire)}"


def cookie_token(wire: RawRequest, public_url: str | None) -> str:
    """The token in the request's cookie.

    Only accepted from our own pages: browsers say so in Sec-Fetch-Site or Origin, which no script
    of another site can forge. Raises Problem.
    """
    token = _read(wire)
    if token is None:
        raise Problem("invalid_refresh_token", "Send a refresh token.", field="refresh_token")
    site = wire.header("sec-fetch-site")
    origin = wire.header("origin")
    own = {f"{wire.scheme}://{wire.host}", public_url, None}
    if (site is None and origin is None) or site not in ("same-origin", None) or origin not in own:
        raise Problem(
            "cross_origin_refused", "The session cookie is only accepted from our own pages."
        )
    return token


def _read(wire: RawRequest) -> str | None:
    for name, value in wire.headers:
        if name.lower() != "cookie":
            continue
        # RFC 6265 5.4: pairs between semicolons. Other people's odd cookies must not hide ours.
        for pair in value.split(";"):
            cookie, _, text = pair.strip().partition("=")
            if cookie == _NAME and text:
                return text
    return None


def _attributes(wire: RawRequest) -> str:
    secure = "; Secure" if wire.scheme == "https" else ""
    return f"; Path={_PATH}; HttpOnly; SameSite=Strict{secure}"
